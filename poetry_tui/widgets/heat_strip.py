"""Values as a strip of coloured cells, one for each value; without colour as blocks of different height. Knows no widget."""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color

from poetry_tui.preferences.chart_glyphs import is_ascii, shade

# Colour steps of a palette: finer than the eye can distinguish, and few enough to cache.
N_STEPS = 33
# Share of the foreground colour for the largest value, so that the strips stay weaker than the verse.
_STRONGEST = 0.85


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour scale: `colours` from `low` to `high`; empty for a terminal without colours."""

    low: float
    high: float
    colours: tuple[Color, ...]

    def share_of(self, value: float) -> float:
        """Position of a value between `low` and `high`, clamped to 0 … 1; 0 for NaN."""
        if math.isnan(value):
            return 0.0
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def colour_of(self, value: float) -> Color:
        return self.colours[round(self.share_of(value) * (len(self.colours) - 1))]


@dataclass(frozen=True, slots=True)
class Palettes:
    """`gate`: from background to foreground, for 0 to 1; `signed`: from cool through background to warm, for −1 to 1."""

    gate: Palette
    signed: Palette

    @property
    def has_colour(self) -> bool:
        return bool(self.gate.colours)


def palettes_of(theme: Mapping[str, str], has_colour: bool) -> Palettes:
    """The palettes of a theme, from its variables `background`, `foreground`, `secondary` and `accent`."""
    if not has_colour:
        return Palettes(Palette(0.0, 1.0, ()), Palette(-1.0, 1.0, ()))
    return _blended(*(theme[name] for name in ("background", "foreground", "secondary", "accent")))


def palettes_of_app(app: App[Any]) -> Palettes:
    """The palettes of an app's theme; without colours if its terminal has at most 16."""
    has_colour = not app.no_color and (app.is_headless or app.console.color_system not in (None, "standard"))
    return palettes_of(app.theme_variables, has_colour)


@functools.lru_cache(8)
def _blended(background: str, foreground: str, secondary: str, accent: str) -> Palettes:
    paper = Color.parse(background)
    steps = [step / (N_STEPS - 1) for step in range(N_STEPS)]
    gate = tuple(paper.blend(Color.parse(foreground), _STRONGEST * share) for share in steps)
    cool, warm = Color.parse(secondary), Color.parse(accent)
    signed = tuple(paper.blend(cool if share < 0.5 else warm, abs(2 * share - 1)) for share in steps)
    return Palettes(Palette(0.0, 1.0, gate), Palette(-1.0, 1.0, signed))


def spread(n_values: int, width: int) -> list[int]:
    """The indices of the values shown in `width` cells: all, or evenly spaced ones from the first to the last."""
    if n_values <= width:
        return list(range(n_values))
    return [0] if width == 1 else [round(cell * (n_values - 1) / (width - 1)) for cell in range(width)]


def strip_of(
    values: Sequence[float], width: int, palette: Palette, plain: Style, marked: int | None = None
) -> list[Segment]:
    """A strip of exactly `width` cells, one for each value. `marked`: index of a value to mark."""
    units = spread(len(values), width)
    # If the marked value has no cell, it is shown in the cell of its nearest neighbour.
    at = None if marked is None else min(units, key=lambda unit: abs(unit - marked))
    mark = "|" if is_ascii() else "│"
    cells = [
        cell_of(values[unit if unit != at else marked or 0], palette, plain, mark if unit == at else "")
        for unit in units
    ]
    return [*cells, Segment(" " * (width - len(cells)), plain)]


def cell_of(value: float, palette: Palette, plain: Style, mark: str = "", n_cells: int = 1) -> Segment:
    """A value in `n_cells` cells. `mark`: text of the same width over the colour, "" for none."""
    if not palette.colours:
        return Segment(shade(palette.share_of(value)) * n_cells, plain + Style(reverse=bool(mark)))
    behind = palette.colour_of(value)
    style = Style(color=readable_on(behind), bgcolor=behind.rich_color, meta=plain.meta or None)
    return Segment(mark or " " * n_cells, style)


def readable_on(behind: Color) -> RichColor:
    """Black or white, whichever is readable on this colour."""
    return (behind + behind.get_contrast_text(0.87)).rich_color
