"""Values as a strip of colours, a unit or two a cell; as blocks of different height where there is no colour. Knows no widget."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

# More steps than an eye tells apart, and few enough to be remembered.
N_STEPS = 33
_HEIGHTS = "▁▂▃▄▅▆▇█"
# How much of the ink the strongest value gets: the strips shall not shout louder than the verse.
_STRONGEST = 0.85


@dataclass(frozen=True, slots=True)
class Palette:
    """`colours` from `low` to `high`; none for a terminal that has none."""

    low: float
    high: float
    colours: tuple[Color, ...]

    def share_of(self, value: float) -> float:
        """Where a value stands between low and high, from 0 to 1; values beyond stand at the ends."""
        if math.isnan(value):
            return 0.0
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def colour_of(self, value: float) -> Color:
        return self.colours[round(self.share_of(value) * (len(self.colours) - 1))]


@dataclass(frozen=True, slots=True)
class Palettes:
    """`gate` goes from the paper to ink, 0 to 1; `signed` from cool by way of the paper to warm, −1 to 1."""

    gate: Palette
    signed: Palette

    @property
    def has_colour(self) -> bool:
        return bool(self.gate.colours)


def palettes_of(theme: Mapping[str, str], has_colour: bool) -> Palettes:
    """The palettes of a theme, of whose variables `background`, `foreground`, `secondary` and `accent` count."""
    if not has_colour:
        return Palettes(Palette(0.0, 1.0, ()), Palette(-1.0, 1.0, ()))
    return _blended(*(theme[name] for name in ("background", "foreground", "secondary", "accent")))


@functools.lru_cache(8)
def _blended(background: str, foreground: str, secondary: str, accent: str) -> Palettes:
    paper = Color.parse(background)
    steps = [step / (N_STEPS - 1) for step in range(N_STEPS)]
    gate = tuple(paper.blend(Color.parse(foreground), _STRONGEST * share) for share in steps)
    cool, warm = Color.parse(secondary), Color.parse(accent)
    signed = tuple(paper.blend(cool if share < 0.5 else warm, abs(2 * share - 1)) for share in steps)
    return Palettes(Palette(0.0, 1.0, gate), Palette(-1.0, 1.0, signed))


def in_as_many(values: Sequence[float], n: int) -> list[int]:
    """The places of `n` values, evenly spaced from the first to the last; of all where there are no more."""
    if len(values) <= n:
        return list(range(len(values)))
    return [0] if n == 1 else [round(step * (len(values) - 1) / (n - 1)) for step in range(n)]


def units_in(n_values: int, width: int, palette: Palette) -> list[list[int]]:
    """Which values stand in each cell of a strip of at most `width` cells: one a cell, or two where they need the room."""
    per_cell = 1 if n_values <= width or not palette.colours else 2
    places = in_as_many(range(n_values), width * per_cell)
    return [places[start : start + per_cell] for start in range(0, len(places), per_cell)]


def strip_of(
    values: Sequence[float], width: int, palette: Palette, plain: Style, marked: int | None = None, **meta: Any
) -> list[Segment]:
    """A strip of exactly `width` cells.

    Args:
        plain: the style of what lies behind.
        marked: the place of a value to point out.
        meta: what a click on the strip shall find beside `unit`, the place of the value under it.
    """
    segments = []
    cells = units_in(len(values), width, palette)
    for places in cells:
        first, last = values[places[0]], values[places[-1]]
        if not palette.colours:
            text, style = _HEIGHTS[round(palette.share_of(first) * (len(_HEIGHTS) - 1))], plain
        elif marked in places:
            text, style = "┃", plain + Style(bgcolor=palette.colour_of(values[marked or 0]).rich_color, bold=True)
        else:
            colours = palette.colour_of(first).rich_color, palette.colour_of(last).rich_color
            text, style = "▌", Style(color=colours[0], bgcolor=colours[1])
        if marked in places and not palette.colours:
            style += Style(reverse=True)
        segments.append(Segment(text, style + Style(meta={"unit": places[0], **meta})))
    return [*segments, Segment(" " * (width - len(cells)), plain)]
