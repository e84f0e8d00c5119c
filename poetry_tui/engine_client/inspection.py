"""What the engine says of one place of a poem, as plain data; `engine.composing.inspection` says what each value is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

N_ALTERNATIVES = 10
N_UNITS = 48


@dataclass(frozen=True, slots=True)
class Alternative:
    """A character that might have stood there: the model's probability, and that after the constraint (0: forbidden)."""

    character: str
    probability: float
    allowed_probability: float

    @property
    def is_forbidden(self) -> bool:
        return self.allowed_probability == 0.0


@dataclass(frozen=True, slots=True)
class Layer:
    """The values of some units of a layer, and means over all of its units (of states: mean magnitudes)."""

    gates: Mapping[str, tuple[float, ...]]
    states: Mapping[str, tuple[float, ...]]
    means: Mapping[str, float]

    def values(self, name: str) -> tuple[float, ...]:
        """Those of a gate or a state; KeyError where the cell has no such thing."""
        return self.gates[name] if name in self.gates else self.states[name]


@dataclass(frozen=True, slots=True)
class Inspection:
    """One place: the character (empty for the poem's end), its chances, what the rhyme book says, and the layers.

    `tone` is 平, 仄, both or unknown. `units`: the numbers of the units whose values the layers hold, of `n_hidden`.
    """

    index: int
    character: str
    probability: float
    allowed_probability: float
    surprise_nats: float
    tone: str
    rhyme_groups: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    cell: str
    n_hidden: int
    units: tuple[int, ...]
    layers: tuple[Layer, ...]


def to_inspection(reply: Mapping[str, Any]) -> Inspection:
    """KeyError, TypeError or ValueError for a reply that is no inspection."""
    return Inspection(
        index=int(reply["index"]),
        character=str(reply["character"]),
        probability=float(reply["probability"]),
        allowed_probability=float(reply["allowed_probability"]),
        surprise_nats=float(reply["surprise_nats"]),
        tone=str(reply["tone"]),
        rhyme_groups=tuple(map(str, reply["rhyme_groups"])),
        alternatives=to_alternatives(reply["alternatives"]),
        cell=str(reply["cell"]),
        n_hidden=int(reply["n_hidden"]),
        units=tuple(map(int, reply["units"])),
        layers=tuple(map(_to_layer, reply["layers"])),
    )


def to_alternatives(said: Iterable[Iterable[Any]]) -> tuple[Alternative, ...]:
    """TypeError or ValueError for what is no list of [character, probability, allowed probability]."""
    return tuple(Alternative(str(character), float(share), float(allowed)) for character, share, allowed in said)


def _to_layer(reply: Mapping[str, Any]) -> Layer:
    states = {name: values for name, values in reply.items() if name not in ("gates", "means")}
    return Layer(
        gates={str(name): tuple(map(float, values)) for name, values in reply["gates"].items()},
        states={str(name): tuple(map(float, values)) for name, values in states.items()},
        means={str(name): float(value) for name, value in reply["means"].items()},
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a poem that can be looked at: `index` counts the characters of `text`, marks too.

    `config`: fields of the ComposeConfig that the poem was composed with.
    """

    text: str
    index: int
    config: Mapping[str, Any]
    model: str | None = None

    def to_request(self) -> dict[str, Any]:
        """The fields of an `inspect` request."""
        fields = {"model": self.model, "config": dict(self.config), "text": self.text, "index": self.index}
        return {**fields, "n_alternatives": N_ALTERNATIVES, "n_units": N_UNITS}
