"""Requests to the composing service, and the wire format of both directions: JSON lines, UTF-8, one object per line.

A request has a positive `id`, chosen by the client, and its kind in `op`:

    {"id": 1, "op": "load", "model": null}
    {"id": 2, "op": "compose", "model": null, "config": {"begin": "日", "form": "qijue"}, "n_alternatives": 10}
    {"id": 3, "op": "cancel", "target": 2}

Client and service share these declarations, and those of the replies (`engine.composing.replies`). Imports neither torch nor a screen.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from engine.system.files import parse_json

VERSION = 2
MAX_REQUEST_BYTES = 1 << 20

MAX_ALTERNATIVES = 1000
MAX_POEM_CANDIDATES = 64
MAX_INSPECTED_CHARS = 65_536
MAX_UNITS = 16_384
# A longer text would delay a composition by seconds and make a huge reply.
MAX_STATES_CHARS = 1000
MAX_STATES_UNITS = 64

AlternativesCount = Annotated[int, Meta(ge=0, le=MAX_ALTERNATIVES)]


class Request(Struct, frozen=True, tag_field="op"):
    """A request of the client. `model`: a name or a folder; None: the bundled model."""


class LoadModel(Request, frozen=True, tag="load"):
    """Load a model in advance, so that the first poem does not wait for it. Answered by `LoadedModel`."""

    model: str | None = None


class ComposePoem(Request, frozen=True, tag="compose"):
    """Compose one poem. Answered by one `Token` per character, then a `Poem`. `config`: fields of ComposeConfig."""

    config: Mapping[str, Any] = {}
    model: str | None = None
    n_alternatives: AlternativesCount = 0


class ComposeCandidates(Request, frozen=True, tag="candidates"):
    """Compose and rank several poems. Answered by `Progress` during composition, up to `n` `Candidate`s, best first, then
    `CandidatesDone`."""

    config: Mapping[str, Any] = {}
    n: Annotated[int, Meta(ge=1, le=MAX_POEM_CANDIDATES)] = 5
    model: str | None = None


class InspectCharacter(Request, frozen=True, tag="inspect"):
    """Inspect the network at one character of a poem. Answered by an `Inspection`.

    `index` counts the characters of `text`, punctuation included; the length of the text stands for END. `config`: fields of the
    ComposeConfig that the poem was composed with. `n_units`: number of units of each layer to return, evenly spaced.
    """

    text: str
    index: Annotated[int, Meta(ge=0, le=MAX_INSPECTED_CHARS)] = 0
    config: Mapping[str, Any] = {}
    model: str | None = None
    n_alternatives: AlternativesCount = 10
    n_units: Annotated[int, Meta(ge=1, le=MAX_UNITS)] = 48


StateKind = Literal["hidden", "memory"]


class InspectStates(Request, frozen=True, tag="states"):
    """Inspect the states of a layer over a whole poem. Answered by `PoemStates`.

    `layer` counts from 0, the lowest; None: the highest. `kind`: hidden (H), or memory (C) of an lstm. `config`: as in
    `InspectCharacter`. `n_units`: number of units to return, those of the largest variance.
    """

    text: Annotated[str, Meta(min_length=1, max_length=MAX_STATES_CHARS)]
    layer: Annotated[int, Meta(ge=0)] | None = None
    kind: StateKind = "hidden"
    config: Mapping[str, Any] = {}
    model: str | None = None
    n_units: Annotated[int, Meta(ge=1, le=MAX_STATES_UNITS)] = MAX_STATES_UNITS


class MeasureNovelty(Request, frozen=True, tag="novelty"):
    """Compare a poem with the training text of a model. Answered by a `Novelty`."""

    text: str
    model: str | None = None


class Cancel(Request, frozen=True, tag="cancel"):
    """Cancel the request with the id `target`; ignored if its last reply was sent already."""

    target: Annotated[int, Meta(ge=0)]


class Shutdown(Request, frozen=True, tag="shutdown"):
    """End the service."""


AnyRequest = (
    LoadModel | ComposePoem | ComposeCandidates | InspectCharacter | InspectStates | MeasureNovelty | Cancel | Shutdown
)


def request_of_line(line: bytes) -> tuple[int, AnyRequest]:
    """Decode a line to the id and the request.

    Raises:
        InvalidRequestError: for an invalid request; it has the id, 0 if that cannot be read.
    """
    try:
        # Not msgspec's decoder, which rejects a line with a lone surrogate as a whole: its id is needed for the reply.
        fields = parse_json(line)
    except ValueError as error:
        raise InvalidRequestError(0, str(error)) from error
    id = fields.get("id") if isinstance(fields, Mapping) else None
    if type(id) is not int or id < 1:
        raise InvalidRequestError(0, "it is no object with a positive whole number as its id")
    try:
        return id, msgspec.convert(fields, AnyRequest)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(id, str(error)) from error


class InvalidRequestError(ValueError):
    """A line is no valid request. `id`: the id of the request, 0 if it cannot be read."""

    def __init__(self, id: int, problem: str) -> None:
        super().__init__(problem)
        self.id = id
