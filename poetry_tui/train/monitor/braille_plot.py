"""A loss curve as characters: braille dots, two across and four down in each cell, or ASCII. Knows no Textual.

Every cell has the name of its part (`PARTS`), so that a screen can colour it; the plot is complete without colour.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from poetry_tui.preferences.chart_glyphs import stroke
from poetry_tui.tracking.axis import log_ticks, robust_limits, step_label, tick_label, ticks
from poetry_tui.tracking.run_state.curve import Column, Curve
from poetry_tui.train.followed_runs import OVERLAY_LETTERS

OVERLAYS = ("overlay1", "overlay2", "overlay3", "overlay4")
PARTS = ("blank", "range", "mean", "smooth", "validation", "best", "control", "selected", "axis", "label", *OVERLAYS)
# The bit of each braille dot, by its column and row in the cell.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
# The bits of the dots of a column from one row to another: _STROKES[column][first][last], and of all four.
_STROKES = tuple(tuple(tuple(sum(dots[first : last + 1]) for last in range(4)) for first in range(4)) for dots in _DOTS)
_FULL = tuple(sum(dots) for dots in _DOTS)
_BRAILLE = 0x2800
_LIT = re.compile(rb"[^\0]")
# The character of each part in ASCII; only the smoothed line is drawn with strokes.
_IN_ASCII = {"range": ":", "mean": ".", **dict(zip(OVERLAYS, OVERLAY_LETTERS, strict=True))}
# The limits of a logarithmic axis lie beyond the values by this factor.
LOG_ROOM = 1.05
# Above this ratio of its limits, a logarithmic axis has ticks at powers of ten.
POWERS_RATIO = 50
LABEL_WIDTH = 6
FOOT_ROWS = 2
# Tick and line of the value axis, the corner, tick and line of the step axis; first with braille, then in ASCII.
_AXIS = (tuple("┤│└┴─"), tuple("+|++-"))

Cell = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point (`value` in nats) or, where `value` is None, a letter on the step axis."""

    step: int
    part: str
    letter: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """The smoothed line of another run; a letter at its end identifies it without colour."""

    curve: Curve
    part: str
    letter: str


@cache
def _cells_of(part: str, is_ascii: bool) -> tuple[Cell, ...]:
    """The cell of a part for each value of its 8 dot bits. Cached, so that equal cells are the same object and compare fast."""
    if is_ascii:
        characters = [_IN_ASCII.get(part) or stroke(bits) if bits else " " for bits in range(256)]
    else:
        characters = [chr(_BRAILLE | bits) for bits in range(256)]
    return tuple((character, part) for character in characters)


@dataclass(slots=True)
class _Canvas:
    """Dots and letters on `width` by `height` cells, for steps and nats within the given limits."""

    width: int
    height: int
    first: float
    last: float
    low: float
    high: float
    is_log: bool = False
    is_ascii: bool = False
    # The dot bits of all cells in row-major order, by part.
    dots: dict[str, bytearray] = field(default_factory=dict)
    letters: dict[tuple[int, int], Cell] = field(default_factory=dict)
    # A dot row is `_top - value * _scale`, with the logarithm of the value on a log scale.
    _top: float = 0.0
    _scale: float = 1.0

    def __post_init__(self) -> None:
        high, low = (math.log(self.high), math.log(self.low)) if self.is_log else (self.high, self.low)
        self._scale = (self.height * 4 - 1) / (high - low)
        self._top = high * self._scale

    def row(self, value: float) -> int:
        """The dot row of a value, 0 at the top; a value outside the limits is clamped to the edge."""
        if self.is_log:
            value = math.log(max(value, self.low))
        row = round(self._top - value * self._scale)
        last = self.height * 4 - 1
        return 0 if row < 0 else last if row > last else row

    def column(self, step: float) -> int:
        share = (step - self.first) / max(self.last - self.first, 1e-9)
        return min(self.width - 1, int(share * self.width))

    def line(self, part: str, x: int, top: int, bottom: int) -> None:
        """Draw dots from one dot row to another in one dot column."""
        layer = self.dots.get(part)
        if layer is None:
            layer = self.dots[part] = bytearray(self.width * self.height)
        if top > bottom:
            top, bottom = bottom, top
        width, strokes = self.width, _STROKES[x % 2]
        first, last = x // 2 + top // 4 * width, x // 2 + bottom // 4 * width
        if first == last:
            layer[first] |= strokes[top % 4][bottom % 4]
            return
        layer[first] |= strokes[top % 4][3]
        layer[last] |= strokes[0][bottom % 4]
        for between in range(first + width, last, width):
            layer[between] |= _FULL[x % 2]

    def rows(self) -> list[list[Cell]]:
        """The cells, row by row. A cell shows the first that it has of: letter, smoothed line, overlay, mean with range."""
        cells: list[Cell] = [(" ", "blank")] * (self.width * self.height)
        around = self.dots.get("range", b"")
        for part in ("range", "mean", *reversed(OVERLAYS), "smooth"):
            drawn = _cells_of(part, self.is_ascii)
            layer = self.dots.get(part, b"")
            for index in _LIT.finditer(layer):
                at = index.start()
                bits = layer[at]
                cells[at] = drawn[bits | around[at] if part == "mean" else bits]
        for (x, y), letter in self.letters.items():
            cells[y * self.width + x] = letter
        return [cells[start : start + self.width] for start in range(0, len(cells), self.width)]


def plot(
    curve: Curve,
    marks: Sequence[Mark],
    width: int,
    height: int,
    first: float | None = None,
    last: float | None = None,
    *,
    overlays: Sequence[Overlay] = (),
    is_log: bool = False,
    is_ascii: bool = False,
    position_label: Callable[[float], str] | None = None,
    value_of: Callable[[float], float] | None = None,
) -> list[list[Cell]]:
    """Draw a curve into `height` rows of `width` cells, axes included; returns no rows when there is too little room.

    `first`, `last`: limits of the step axis; None means the ends of the curve. The smoothed line does not depend on them.
    `overlays`: drawn behind the curve.
    `is_log`: logarithmic value axis.
    `is_ascii`: no braille and no box drawing.
    `position_label`: formats a position on an axis that does not count steps.
    `value_of`: an increasing function, applied to each value before it is drawn.
    """
    n_columns, n_rows = width - LABEL_WIDTH - 1, height - FOOT_ROWS
    if n_columns < 4 or n_rows < 2:
        return []
    first = float(curve.steps[0] if curve.steps else 0) if first is None else first
    last = float(curve.steps[-1] if curve.steps else 1) if last is None else last
    last = max(last, first + 1)
    columns, *overlaid = (
        _valued(one.columns(first, last, n_columns * 2), value_of)
        for one in (curve, *(other.curve for other in overlays))
    )
    seen = [mark for mark in marks if first <= mark.step <= last]
    if value_of is not None:
        seen = [mark if mark.value is None else replace(mark, value=value_of(mark.value)) for mark in seen]
    low, high = _log_limits((columns, *overlaid), seen) if is_log else _limits((columns, *overlaid), seen)
    canvas = _Canvas(n_columns, n_rows, first, last, low, high, is_log=is_log and low > 0, is_ascii=is_ascii)
    for other, other_columns in zip(overlays, overlaid, strict=True):
        _draw_other(canvas, other, other_columns)
    _draw_columns(canvas, columns)
    for mark in seen:
        if mark.value is not None and math.isfinite(mark.value):
            canvas.letters[canvas.column(mark.step), canvas.row(mark.value) // 4] = (mark.letter, mark.part)
    label = position_label or step_label
    return [*_rows(canvas), _axis(canvas, seen), _step_labels(canvas, label)]


def _valued(columns: list[Column | None], value_of: Callable[[float], float] | None) -> list[Column | None]:
    if value_of is None:
        return columns
    return [column and Column(*map(value_of, column)) for column in columns]


def _log_limits(curves: Sequence[Sequence[Column | None]], marks: Sequence[Mark]) -> tuple[float, float]:
    """The limits of a logarithmic axis, outliers included, as they compress the rest only slightly; those of `_limits` if a value
    is not above 0."""
    values = [value for columns in curves for column in columns if column for value in column]
    values += [mark.value for mark in marks if mark.value is not None and math.isfinite(mark.value)]
    if not values or min(values) <= 0:
        return _limits(curves, marks)
    return min(values) / LOG_ROOM, max(values) * LOG_ROOM


def _limits(curves: Sequence[Sequence[Column | None]], marks: Sequence[Mark]) -> tuple[float, float]:
    """The limits of the value axis: they hold nearly all points and means, and the end of each curve, but not a lone spike."""
    means = [value for columns in curves for column in columns if column for value in (column.mean, column.smooth)]
    latest = [next((column.smooth for column in reversed(columns) if column), None) for columns in curves]
    points = [mark.value for mark in marks if mark.value is not None and math.isfinite(mark.value)]
    return robust_limits(means, points, [value for value in latest if value is not None])


def _draw_columns(canvas: _Canvas, columns: Sequence[Column | None]) -> None:
    """Draw range, mean and smoothed line; the line is joined to the previous column."""
    before: tuple[int, int] | None = None
    for x, column in enumerate(columns):
        if column is None:
            continue
        canvas.line("range", x, canvas.row(column.high), canvas.row(column.low))
        mean, smooth = canvas.row(column.mean), canvas.row(column.smooth)
        canvas.line("mean", x, mean, mean)
        if before is None:
            canvas.line("smooth", x, smooth, smooth)
        else:
            start, previous = before
            gap, fall = x - start, smooth - previous
            for between in range(1, gap + 1):
                here = round(before[1] + fall * between / gap)
                # Stop one dot short of the previous row, so that the joined line has no doubled corners.
                canvas.line("smooth", start + between, here, previous + (here > previous) - (here < previous))
                previous = here
        before = (x, smooth)


def _draw_other(canvas: _Canvas, other: Overlay, columns: Sequence[Column | None]) -> None:
    """Draw the smoothed line of an overlay, and its letter at the end."""
    before: tuple[int, int] | None = None
    for x, column in enumerate(columns):
        if column is None:
            continue
        row = canvas.row(column.smooth)
        for between in range(before[0] + 1 if before else x, x + 1):
            share = (between - before[0]) / (x - before[0]) if before else 1.0
            here = round(before[1] + (row - before[1]) * share) if before else row
            canvas.line(other.part, between, here, here)
        before = (x, row)
    if before is not None:
        canvas.letters[before[0] // 2, before[1] // 4] = (other.letter, other.part)


def _rows(canvas: _Canvas) -> list[list[Cell]]:
    """The rows above the step axis, each after its part of the value axis."""
    axis = _AXIS[canvas.is_ascii]
    labels: dict[int, str] = {}
    is_wide = canvas.is_log and canvas.high / canvas.low > POWERS_RATIO
    for value in (
        log_ticks(canvas.low, canvas.high) if is_wide else ticks(canvas.low, canvas.high, max(3, canvas.height // 3))
    ):
        label = tick_label(value)
        # All ticks of a constant curve round to one label, which is shown once.
        if label not in labels.values():
            labels.setdefault(canvas.row(value) // 4, label)
    rows: list[list[Cell]] = []
    for y, cells in enumerate(canvas.rows()):
        label = labels.get(y, "")[:LABEL_WIDTH].rjust(LABEL_WIDTH)
        edge = axis[0] if y in labels else axis[1]
        row: list[Cell] = [(character, "label") for character in label]
        row.append((edge, "axis"))
        rows.append(row + cells)
    return rows


def _step_ticks(canvas: _Canvas) -> list[float]:
    return ticks(canvas.first, canvas.last, max(2, canvas.width // 14))


def _axis(canvas: _Canvas, marks: Sequence[Mark]) -> list[Cell]:
    """The step axis with its ticks, and the letters of the control events."""
    at = {canvas.column(step) for step in _step_ticks(canvas)}
    row: list[Cell] = [(" ", "label")] * LABEL_WIDTH
    _, _, corner, tick, line = _AXIS[canvas.is_ascii]
    row.append((corner, "axis"))
    row += [(tick if x in at else line, "axis") for x in range(canvas.width)]
    for mark in marks:
        if mark.value is None:
            row[LABEL_WIDTH + 1 + canvas.column(mark.step)] = (mark.letter, mark.part)
    return row


def _step_labels(canvas: _Canvas, format_step: Callable[[float], str]) -> list[Cell]:
    """The labels of the step axis, centred under their ticks; a label that does not fit is left out."""
    width = LABEL_WIDTH + 1 + canvas.width
    text = [" "] * width
    free_from = 0
    for step in _step_ticks(canvas):
        x, label = canvas.column(step), format_step(step)
        start = min(max(free_from, LABEL_WIDTH + 1 + x - len(label) // 2), width - len(label))
        if start < free_from:
            continue
        text[start : start + len(label)] = label
        free_from = start + len(label) + 1
    return [(character, "label") for character in text]
