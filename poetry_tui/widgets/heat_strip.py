"""Values as a strip of colours, a value a cell; as blocks of different height where there is no colour. Knows no widget."""

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

# More steps than an eye tells apart, and few enough to be remembered.
N_STEPS = 33
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


def palettes_of_app(app: App[Any]) -> Palettes:
    """The palettes of the theme of an app; those without colours where its terminal has a few alone."""
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
    """Which of some values stand in `width` cells: all, or evenly spaced ones from the first to the last."""
    if n_values <= width:
        return list(range(n_values))
    return [0] if width == 1 else [round(cell * (n_values - 1) / (width - 1)) for cell in range(width)]


def strip_of(
    values: Sequence[float], width: int, palette: Palette, plain: Style, marked: int | None = None
) -> list[Segment]:
    """A strip of exactly `width` cells, a value a cell; `marked` is the place of one to point out."""
    units = spread(len(values), width)
    # The marked one may be none of those that there is room for: its neighbour stands for it.
    at = None if marked is None else min(units, key=lambda unit: abs(unit - marked))
    mark = "|" if is_ascii() else "│"
    cells = [
        cell_of(values[unit if unit != at else marked or 0], palette, plain, mark if unit == at else "")
        for unit in units
    ]
    return [*cells, Segment(" " * (width - len(cells)), plain)]


def cell_of(value: float, palette: Palette, plain: Style, mark: str = "", n_cells: int = 1) -> Segment:
    """A value in one or more cells, with a mark of the same width to point it out."""
    if not palette.colours:
        return Segment(shade(palette.share_of(value)) * n_cells, plain + Style(reverse=bool(mark)))
    behind = palette.colour_of(value)
    style = Style(color=readable_on(behind), bgcolor=behind.rich_color, meta=plain.meta or None)
    return Segment(mark or " " * n_cells, style)


def readable_on(behind: Color) -> RichColor:
    """Black or white, whichever can be read there."""
    return (behind + behind.get_contrast_text(0.87)).rich_color
