"""The shapes of a page. Coordinates and sizes are pixels of the whole page; y points down."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A character or a word around the centre (x, y) of its em box. `weight`: the width of an added stroke, in em."""

    text: str
    x: float
    y: float
    size: float
    colour: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc; with `stroke` a ring of this width."""

    x: float
    y: float
    radius: float
    colour: str
    opacity: float = 1.0
    stroke: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    x: float
    y: float
    to_x: float
    to_y: float
    width: float
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Polygon:
    points: tuple[tuple[float, float], ...]
    colour: str
    opacity: float = 1.0


Shape = Text | Disc | Line | Polygon
