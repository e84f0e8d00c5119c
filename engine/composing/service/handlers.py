"""How the service carries out each request. Free of torch until one is carried out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import convert

from engine.composing.service import replies
from engine.composing.service.replies import Alternative, CandidatesDone, Progress, Reply
from engine.composing.service.requests import (
    ComposeCandidates,
    ComposePoem,
    InspectCharacter,
    InspectStates,
    LoadModel,
    MeasureNovelty,
    Request,
)
from engine.config.schema import ComposeConfig
from engine.prosody.forms.definitions import form_called
from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook
from engine.prosody.tones import reading_of
from engine.system.errors import Message, ModelError, UsageError

if TYPE_CHECKING:
    from engine.composing.composer import Token
    from engine.composing.inspection import LayerValues
    from engine.model.checkpoint import LoadedModel

FREE = "free"
# A longer text would keep a composition waiting for seconds.
MAX_NOVELTY_CHARS = 2000


class CancelledError(Exception):
    """The client has cancelled the request; the service says so and goes on."""


@dataclass(frozen=True, slots=True)
class Call:
    """The means to carry out a request: `reply` sends, `load` gets a model by name, folder or None (the studio's own)."""

    reply: Callable[[Reply], None]
    is_cancelled: Callable[[], bool]
    load: Callable[[str | None], "LoadedModel"]

    def check_cancelled(self) -> None:
        """Raise CancelledError when the request was cancelled; long computations call this again and again."""
        if self.is_cancelled():
            raise CancelledError


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
    """One poem, each character sent as soon as it is certain."""
    from engine.composing import composer

    config = ComposeConfig.from_dict(request.config)
    call.check_cancelled()
    loaded = call.load(request.model)
    tokens: list[Token] = []
    for token in composer.compose(loaded, config, request.n_alternatives):
        call.check_cancelled()
        tokens.append(token)
        if token.character:
            call.reply(_token(token))
    call.reply(convert(composer.finish(tokens, loaded, config).to_dict(), replies.Poem))


def candidates(request: ComposeCandidates, call: Call) -> None:
    """The best of many poems, composed in one batch and ranked."""
    from engine.composing.composer import compose_many, pool_size_of

    config = ComposeConfig.from_dict(request.config)
    call.check_cancelled()
    loaded = call.load(request.model)
    n_poems = pool_size_of(loaded, config, request.n)

    def go_on(n_done: int, n_segments: int) -> None:
        call.check_cancelled()
        call.reply(Progress(n_done, n_segments, n_poems))

    poems = compose_many(loaded, config, request.n, pool_size=n_poems, go_on=go_on)
    for rank, poem in enumerate(poems, start=1):
        call.reply(convert({**poem.to_dict(), "rank": rank}, replies.Candidate))
    call.reply(CandidatesDone(len(poems)))


def inspect(request: InspectCharacter, call: Call) -> None:
    """What the network computed for one character, and its reading in the rhyme book."""
    from engine.composing import inspection

    config = ComposeConfig.from_dict(request.config)
    # The cursor may have moved on while another request was carried out.
    call.check_cancelled()
    found = inspection.inspect(
        call.load(request.model), config, request.text, request.index, request.n_alternatives, request.n_units
    )
    book = _book_of(config)
    call.reply(
        replies.Inspection(
            index=found.index,
            character=found.character,
            probability=_short(found.probability),
            allowed_probability=_short(found.allowed_probability),
            surprisal_nats=_short(found.surprisal_nats),
            tone=reading_of(found.character, book),
            rhyme_groups=_rhyme_groups(found.character, book),
            alternatives=_alternatives(found.alternatives),
            cell=found.cell,
            n_hidden=found.n_hidden,
            units=tuple(found.units),
            layers=tuple(map(_layer, found.layers)),
        )
    )


def states(request: InspectStates, call: Call) -> None:
    """The states of a layer over a whole poem."""
    from engine.composing import inspection

    config = ComposeConfig.from_dict(request.config)
    call.check_cancelled()
    loaded = call.load(request.model)
    layer = loaded.model.config.n_layers - 1 if request.layer is None else request.layer
    units, values = inspection.states_of_poem(
        loaded, config, request.text, layer, request.kind, request.n_units, call.check_cancelled
    )
    call.reply(
        replies.PoemStates(
            cell=loaded.model.config.cell,
            n_layers=loaded.model.config.n_layers,
            n_hidden=loaded.model.config.hidden_size,
            layer=layer,
            kind=request.kind,
            units=units,
            values=tuple(map(_rounded, values)),
        )
    )


def novelty(request: MeasureNovelty, call: Call) -> None:
    """What a text shares with the lines that the model was trained on."""
    from engine.corpus.novelty.novelty import corpus_of, novelty_of

    text = request.text
    if len(text) > MAX_NOVELTY_CHARS:
        raise UsageError(
            Message("A text of {number} characters is no poem.", number=f"{len(text):,}"),
            Message("Send at most {number}.", number=f"{MAX_NOVELTY_CHARS:,}"),
        )
    call.check_cancelled()
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


def _token(token: "Token") -> replies.Token:
    return replies.Token(
        index=token.index,
        character=token.character,
        probability=_short(token.probability),
        surprisal_nats=_short(token.surprisal_nats),
        is_forced=token.forced,
        alternatives=_alternatives(token.alternatives),
        allowed_probability=_short(token.allowed_probability),
        line=token.line,
        position=token.position,
    )


def _alternatives(found: Sequence[tuple[str, float, float]]) -> tuple[Alternative, ...]:
    return tuple(Alternative(character, _short(p), _short(allowed)) for character, p, allowed in found)


def _book_of(config: ComposeConfig) -> RhymeBook:
    """The rhyme book that a poem was composed by."""
    if config.form == FREE:
        return config.rhyme_book or "pingshui"
    return form_called(config.form).in_book(config.rhyme_book).rhyme_system


def _rhyme_groups(character: str, system: RhymeBook) -> tuple[str, ...]:
    """The groups of a character in a book, or its parts."""
    masks = masks_of(system)
    return masks.names_in(masks.level.get(character, 0) | masks.oblique.get(character, 0))


def _layer(layer: "LayerValues") -> replies.Layer:
    return replies.Layer(
        gates={name: _rounded(values) for name, values in layer.gates.items()},
        states={name: _rounded(values) for name, values in layer.states.items()},
        means={name: round(value, 4) for name, value in layer.means.items()},
    )


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in values)


def _short(value: float) -> float:
    """A number rounded to five significant digits."""
    return float(f"{value:.5g}")
