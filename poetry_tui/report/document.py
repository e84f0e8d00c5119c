"""A report as blocks, whatever it is written in: headings, paragraphs, tables, figures, poems, predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    """`marked`: the numbers of the rows to be pointed out."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing that is kept as `file_name` too."""

    file_name: str
    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Poem:
    caption: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model would have said over what stands there, and how likely it held each of those characters."""

    caption: str
    prediction: str
    target: str
    probability: Sequence[float]


Block: TypeAlias = Heading | Paragraph | Code | Table | Figure | Poem | Prediction
