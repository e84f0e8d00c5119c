"""Replies of the composing service: made by the engine, read by the studio.

A reply has the `id` of its request, and its kind in `reply`. The last reply to every request except `cancel` and `shutdown` is one
of `LAST_REPLIES`:

    {"id": 0, "reply": "hello", "protocol": 2, "pid": 123}          sent once, before torch is loaded
    {"id": 1, "reply": "loaded", "model": "studio-lstm", "device": "cpu", …}
    {"id": 2, "reply": "token", "index": 0, "character": "日", …}
    {"id": 3, "reply": "progress", "n_done": 9, "n_segments": 36}
    {"id": 2, "reply": "cancelled"}
    {"id": 0, "reply": "error", "message": {"text": …, "template": …, "parameters": …}, "hint": …}   id 0 if none could be read

Imports neither torch nor a screen.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from engine.composing.requests import Request, StateKind
from engine.prosody.text import FREE_VERSE
from engine.system.errors import Message, StudioError
from engine.system.names import printable

Finish = Literal["end", "limit"]


class Reply(Struct, frozen=True, tag_field="reply"):
    """An answer of the service."""


class Hello(Reply, frozen=True, tag="hello"):
    """The first reply of the service, sent unasked."""

    protocol: int
    pid: int


class LoadedModel(Reply, frozen=True, tag="loaded"):
    """A model in memory. `device`: the type of a torch device, such as cpu."""

    name: str = field(name="model")
    device: str
    cell: str
    n_params: int
    vocab_size: int


class Alternative(NamedTuple):
    """A possible character at a position, its probability by the model and its probability under the constraints (0: forbidden)."""

    character: str
    probability: float
    allowed_probability: float

    @property
    def is_forbidden(self) -> bool:
        return self.allowed_probability == 0.0


class Token(Reply, frozen=True, tag="token"):
    """One character of a poem, with the model's probability at temperature 1 and without constraints.

    `surprisal_nats`: −ln p. `is_forced`: given by the request, not sampled. `alternatives`: the likeliest characters.
    `allowed_probability`: the probability under the constraints. `line` and `position` count from 1; punctuation has position 0.
    `finish`, of the last token only: "end" (`character` is empty; this token is not sent) or "limit" (the poem has `max_chars`).
    """

    index: int
    character: str
    probability: float
    surprisal_nats: float
    is_forced: bool
    alternatives: tuple[Alternative, ...]
    allowed_probability: float = 0.0
    line: int = 0
    position: int = 0
    finish: Finish | None = None

    @property
    def is_known(self) -> bool:
        """Whether the model's probability is known; a poem received whole has no probabilities."""
        return self.probability > 0


class Poem(Reply, frozen=True, tag="poem"):
    """A finished poem. `finish`: "end", or "limit" if the poem reached its maximum length.

    `logprob`: sum of ln p over all characters and the end, in nats. `score`: mean ln p of the Han characters, less
    penalties. `sense`: the mark that the model's ranker predicts, by which candidates are ranked; without a ranker `score` ranks
    them. `tone_pattern`: its name (aBbA), `order` on the wire, `rhyme`: the rhyme group. `seed` and `n_particles` reproduce the poem.
    """

    begin: str
    text: str
    seed: int
    model: str
    logprob: float
    finish: str
    score: float | None = None
    rhyme: str | None = None
    n_particles: int = 0
    lines: tuple[str, ...] = ()
    form: str = FREE_VERSE
    tone_pattern: str | None = field(default=None, name="order")
    parallelism: float | None = None
    verdicts: dict[str, bool | None] = {}
    sense: float | None = None


class Candidate(Poem, frozen=True, tag="candidate"):
    """One of several poems for the same request. `rank` counts from 1, the best."""

    rank: int = 1


class Progress(Reply, frozen=True, tag="progress"):
    """Progress of a pool of `n_poems` candidates: `n_done` of `n_segments` are composed; the candidates are ranked after the last.

    For free verse both numbers count tokens, and `n_segments` is the maximum.
    """

    n_done: int
    n_segments: Annotated[int, Meta(ge=1)]
    n_poems: Annotated[int, Meta(ge=1)]

    @property
    def share(self) -> float:
        return self.n_done / self.n_segments


class CandidatesDone(Reply, frozen=True, tag="done"):
    """All `n` candidates were sent."""

    n: int


class Layer(Struct, frozen=True):
    """Values of some units of a recurrent layer, and means over all of its units (of states: mean magnitudes).

    `gates`: lstm i f o, gru r z, rnn none. `states`: hidden, hidden_before; gru and lstm also candidate; lstm also memory and
    memory_before.
    """

    gates: dict[str, tuple[float, ...]]
    states: dict[str, tuple[float, ...]]
    means: dict[str, float]

    def values(self, name: str) -> tuple[float, ...]:
        """The values of a gate or a state. Raises KeyError if the cell has none of that name."""
        return self.gates[name] if name in self.gates else self.states[name]


class Inspection(Reply, frozen=True, tag="inspected"):
    """Gates, states and distribution of the network at one character (empty: END), and the character's reading in the rhyme book.

    `tone`: 平, 仄, both or unknown. `rhyme_groups`: groups, or parts for a tune. `units`: the indices, among `n_hidden`, of the units
    whose values are in `layers`.
    """

    index: int
    character: str
    probability: float
    allowed_probability: float
    surprisal_nats: float
    tone: str
    rhyme_groups: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    cell: str
    n_hidden: int
    units: tuple[int, ...]
    layers: tuple[Layer, ...]


class PoemStates(Reply, frozen=True, tag="states"):
    """The states of a layer over a poem. `values` (units, characters): a row for each of `units`, in descending order of variance.

    The state of a character is the one from which it was predicted, as in an `Inspection`.
    """

    cell: str
    n_layers: int
    n_hidden: int
    layer: int
    kind: StateKind
    units: tuple[int, ...]
    values: tuple[tuple[float, ...], ...]


class Novelty(Reply, frozen=True, tag="novelty"):
    """The overlap of a poem with the training text: the longest run of characters, and the number of whole lines.

    `is_exact`: the corpus was searched, and `line`, `title` and `author` name the place of the run; otherwise the model's Bloom filter
    was, whose figures may be too high.
    """

    longest_run: int
    run: str
    n_lines: int
    n_lines_copied: int
    is_exact: bool = field(name="exact")
    line: str | None = None
    title: str | None = None
    author: str | None = None


class Cancelled(Reply, frozen=True, tag="cancelled"):
    """The request was cancelled."""


class Failure(Reply, frozen=True, tag="error"):
    """The request failed: problem and remedy, as `Message.to_dict` returns them, each in one line without control characters."""

    message: Mapping[str, Any]
    hint: Mapping[str, Any]

    @classmethod
    def of(cls, error: StudioError) -> "Failure":
        return cls(_printable(error.message.to_dict()), _printable(error.hint.to_dict()))

    def error(self, kind: type[StudioError] = StudioError) -> StudioError:
        """The service's error, as an exception."""
        return kind(_message(self.message), _message(self.hint))


def _message(data: Mapping[str, Any]) -> Message:
    try:
        return Message.from_dict(data)
    except ValueError:  # a text with braces of its own
        return Message(data["text"])


def _printable(value: Any) -> Any:
    """A JSON value with every text printable."""
    if isinstance(value, dict):
        return {key: _printable(member) for key, member in value.items()}
    if isinstance(value, list):
        return list(map(_printable, value))
    return printable(value) if isinstance(value, str) else value


AnyReply = (
    Hello
    | LoadedModel
    | Token
    | Poem
    | Progress
    | Candidate
    | CandidatesDone
    | Inspection
    | PoemStates
    | Novelty
    | Cancelled
    | Failure
)
# Compared by exact type: a `Candidate` is a subclass of `Poem`, but not a last reply.
LAST_REPLIES: tuple[type[Reply], ...] = (
    *(LoadedModel, Poem, CandidatesDone, Inspection, PoemStates, Novelty, Cancelled, Failure),
)


class _Envelope(Struct, frozen=True):
    """The field that every line has besides its reply."""

    id: Annotated[int, Meta(ge=0)]


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_REPLIES: msgspec.json.Decoder[AnyReply] = msgspec.json.Decoder(AnyReply)


def to_line(id: int, message: Request | Reply) -> bytes:
    """Encode a request or a reply as a line, with its line end."""
    return msgspec.json.encode({"id": id, **msgspec.to_builtins(message)}) + b"\n"


def reply_of_line(line: bytes) -> tuple[int, AnyReply]:
    """Decode a line to the id and the reply. Raises ValueError (`msgspec.DecodeError`) for an invalid line."""
    return _ENVELOPES.decode(line).id, _REPLIES.decode(line)
