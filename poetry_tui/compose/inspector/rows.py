"""The rows of the inspector: segments, and the target of a click. No widget import."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from poetry_tui.widgets.heat_strip import Palettes

# Separates blanks from Han characters in an exported SVG, which misplaces a run of both.
GAP = Style(meta={"gap": True})


class InspectorStyles(NamedTuple):
    """The styles that rows are drawn with."""

    plain: Style
    faint: Style
    strong: Style
    bar: Style
    allowed: Style
    forbidden: Style
    picked: Style
    palettes: Palettes


@dataclass(frozen=True, slots=True)
class Row:
    """`alternative`, `layer`: index of the target of a click. `strip`: first column and number of cells of a strip of units."""

    segments: Sequence[Segment] = ()
    alternative: int | None = None
    layer: int | None = None
    strip: tuple[int, int] | None = None


def piece(text: str, style: Style, width: int | None = None) -> Segment:
    """A segment, cut or padded to `width` cells."""
    return Segment(text if width is None else set_cell_size(text, width), style)


def cells(segments: Iterable[Segment]) -> int:
    return sum(cell_len(segment.text) for segment in segments)


def decimals(value: float) -> str:
    """A number in at most four cells: .31, −.04, 1.0, −12."""
    text = f"{abs(value):.2f}"
    text = text[1:] if text.startswith("0") else f"{abs(value):.1f}" if abs(value) < 10 else f"{abs(value):.0f}"
    return f"−{text}" if value < 0 and float(text) else text


def percent(share: float) -> str:
    """A share in five cells: 31.0%, <0.1%, 100%."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return f"{share:5.1%}" if share < 0.9995 else " 100%"
