"""Handlers of the service's requests, and the writer of its replies. Imports torch only when a request is handled."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from msgspec import convert

from engine.composing import replies
from engine.composing.replies import CandidatesDone, Progress, Reply, Token, to_line
from engine.composing.requests import (
    ComposeCandidates,
    ComposePoem,
    InspectCharacter,
    InspectStates,
    LoadModel,
    MeasureNovelty,
    Request,
)
from engine.config.schema import ComposeConfig
from engine.system.errors import Message, ModelError, UsageError

if TYPE_CHECKING:
    from engine.model.checkpoint import LoadedModel

# A longer text would delay a composition by seconds.
MAX_NOVELTY_CHARS = 2000


class CancelledError(Exception):
    """The client cancelled the request; the service replies `Cancelled` and continues."""


@dataclass(frozen=True, slots=True)
class Call:
    """The context of a request: `reply` sends a reply, `find` returns a model by name or folder; None is the bundled one."""

    reply: Callable[[Reply], None]
    is_cancelled: Callable[[], bool]
    find: Callable[[str | None], "LoadedModel"]

    def check_cancelled(self) -> None:
        """Raise CancelledError if the request was cancelled; long computations call this repeatedly."""
        if self.is_cancelled():
            raise CancelledError

    def load(self, model: str | None) -> "LoadedModel":
        """The model of a request. Raises CancelledError if the request was cancelled while it waited."""
        self.check_cancelled()
        return self.find(model)


def load(request: LoadModel, call: Call) -> None:
    loaded = call.load(request.model)
    call.reply(
        replies.LoadedModel(
            name=loaded.name,
            device=loaded.device.type,
            cell=loaded.model.config.cell,
            n_params=loaded.model.n_params(),
            vocab_size=len(loaded.vocabulary),
        )
    )


def compose(request: ComposePoem, call: Call) -> None:
    """Compose one poem; each character is sent as soon as it is final."""
    from engine.composing import composer

    config = ComposeConfig.from_dict(request.config)
    loaded = call.load(request.model)
    tokens: list[Token] = []
    for token in composer.compose(loaded, config, request.n_alternatives):
        call.check_cancelled()
        tokens.append(token)
        if token.character:
            call.reply(token)
    call.reply(convert(composer.finish(tokens, loaded, config).to_dict(), replies.Poem))


def candidates(request: ComposeCandidates, call: Call) -> None:
    """Compose a pool of poems in one batch, rank them, and send the best."""
    from engine.composing.composer import compose_many, pool_size_of

    config = ComposeConfig.from_dict(request.config)
    loaded = call.load(request.model)
    n_poems = pool_size_of(loaded, config, request.n)

    def on_progress(n_done: int, n_segments: int) -> None:
        call.check_cancelled()
        call.reply(Progress(n_done, n_segments, n_poems))

    poems = compose_many(loaded, config, request.n, pool_size=n_poems, on_progress=on_progress)
    for rank, poem in enumerate(poems, start=1):
        call.reply(convert({**poem.to_dict(), "rank": rank}, replies.Candidate))
    call.reply(CandidatesDone(len(poems)))


def inspect(request: InspectCharacter, call: Call) -> None:
    """Inspect the network at one character, and the character's reading in the rhyme book."""
    from engine.composing import inspection

    config = ComposeConfig.from_dict(request.config)
    loaded = call.load(request.model)
    call.reply(inspection.inspect(loaded, config, request.text, request.index, request.n_alternatives, request.n_units))


def states(request: InspectStates, call: Call) -> None:
    """Compute the states of a layer over a whole poem."""
    from engine.composing import inspection

    config = ComposeConfig.from_dict(request.config)
    loaded = call.load(request.model)
    call.reply(
        inspection.states_of_poem(
            loaded, config, request.text, request.layer, request.kind, request.n_units, call.check_cancelled
        )
    )


def novelty(request: MeasureNovelty, call: Call) -> None:
    """Measure the overlap of a text with the lines that the model was trained on."""
    from engine.corpus.novelty.novelty import corpus_of, novelty_of

    text = request.text
    if len(text) > MAX_NOVELTY_CHARS:
        raise UsageError(
            Message("A text of {number} characters is no poem.", number=f"{len(text):,}"),
            Message("Send at most {number}.", number=f"{MAX_NOVELTY_CHARS:,}"),
        )
    loaded = call.load(request.model)
    found = novelty_of(text, loaded.lines, corpus_of(loaded.metadata), call.check_cancelled)
    if found is None:
        raise ModelError(
            "The lines that {name} was trained on are not known.",
            "Install the corpus that it was trained on.",
            name=loaded.name,
        )
    call.reply(convert(found, replies.Novelty, from_attributes=True))


HANDLERS: Mapping[type[Request], Callable[[Any, Call], None]] = {
    LoadModel: load,
    ComposePoem: compose,
    ComposeCandidates: candidates,
    InspectCharacter: inspect,
    InspectStates: states,
    MeasureNovelty: novelty,
}


class ReplyWriter:
    """A thread-safe writer of replies."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, request_id: int, reply: Reply) -> None:
        """Send one reply as a line of JSON. Ends the process if the client is gone."""
        line = to_line(request_id, reply)
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except OSError:
                os._exit(0)
