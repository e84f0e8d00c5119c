"""The blocks that a report consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `marked`: the indices of the rows to highlight."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG drawing, also written as `file_name`."""

    file_name: str
    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Poem:
    caption: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A teacher-forced preview: the predicted characters, the target's, and the probability of each of the target's."""

    caption: str
    prediction: str
    target: str
    probability: Sequence[float]

    @property
    def columns(self) -> list[tuple[str, str, float]]:
        """Predicted character, target character and its probability; shorter ones are padded to the longest of the three."""
        columns = zip_longest(self.prediction, self.target, map(float, self.probability), fillvalue="")
        return [(str(predicted), str(target), float(share or 0)) for predicted, target, share in columns]


Block: TypeAlias = Heading | Paragraph | Code | Table | Figure | Poem | Prediction
