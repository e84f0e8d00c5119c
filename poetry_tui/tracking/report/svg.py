"""Charts as SVG, readable on paper and on a screen; their text can be searched."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from poetry_tui.tracking.axis import log_ticks, robust_limits, step_label, tick_label, ticks

WIDTH, HEIGHT = 720, 330
LEFT, RIGHT, TOP, BOTTOM = 58, 24, 16, 44
LEGEND_ROW = 18
# Distinct for colour-blind readers; `DASHES` distinguishes the curves in black-and-white print.
COLOURS = ("#b4432f", "#2f6f8f", "#5d7d3a", "#8a5a9e", "#b07d2b", "#4a4a4a")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "5 2", "1 2")
INK, GRID, PAPER = "#2b2824", "#ddd6c8", "#fbf8f1"
_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'


@dataclass(frozen=True, slots=True)
class Series:
    """A curve: points (x, y), a band (x, low, high) drawn behind it, and dots instead of a line for single measurements."""

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    is_dotted: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    left: float
    right: float
    low: float
    high: float
    is_log: bool = False

    def x(self, value: float) -> float:
        return LEFT + (value - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, at, high = self.low, min(max(value, self.low), self.high), self.high
        if self.is_log:
            low, at, high = math.log(low), math.log(at), math.log(high)
        share = (at - low) / (high - low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def chart(series: Sequence[Series], x_label: str, y_label: str, *, is_log: bool = False) -> str:
    """An SVG chart of some series. NaN and infinite values are left out; without any finite value the frame is empty.

    `is_log`: logarithmic y axis; values ≤ 0 are left out.

    Every coloured element also has a CSS class, so that a page around it may set other colours: `paper`, `rule`, `axis`, and for
    each series `line-0`, `fill-0` and so on, in the order of `COLOURS`.
    """
    frame = _frame(series, is_log)
    n_rows, legend = _legend(series)
    parts = [*_opened(HEIGHT + LEGEND_ROW * n_rows, y_label), *_axes(frame, x_label, y_label)]
    for number, one in enumerate(series):
        parts += _drawn(one, frame, number)
    parts += legend
    return "\n".join([*parts, "</svg>"]) + "\n"


def _opened(height: int, label: str) -> list[str]:
    """The opening tag of a drawing, and its background."""
    style = f'font-family="sans-serif" font-size="12" fill="{INK}"'
    return [
        f'<svg {_NAMESPACE} viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{_quoted(label)}" {style}>',
        f'<rect width="{WIDTH}" height="{height}" class="paper" fill="{PAPER}"/>',
    ]


def strip_plot(rows: Sequence[tuple[str, Sequence[float]]], x_label: str) -> str:
    """A row for each name: a dot for each finite value, and a bar over mean ± standard deviation."""
    kept = [(name, [value for value in values if math.isfinite(value)]) for name, values in rows]
    bars = [(statistics.fmean(values), statistics.stdev(values)) for _, values in kept if len(values) > 1]
    numbers = [value for _, values in kept for value in values] + [
        mean + side * by for mean, by in bars for side in (-1, 1)
    ]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    margin = (high - low) * 0.05 or abs(high) * 0.01 or 1.0
    frame = _Frame(low - margin, high + margin, 0.0, 1.0)
    left = min(240, 14 + max((_text_width(name) for name, _ in kept), default=0))
    height = 28 * len(kept) + 64

    def x(value: float) -> float:
        return left + (frame.x(value) - LEFT) * (WIDTH - RIGHT - left) / (WIDTH - RIGHT - LEFT)

    parts = _opened(height, x_label)
    for value in ticks(frame.left, frame.right, 6):
        parts.append(f'<path d="M{x(value):.1f} 8V{height - 48}" class="rule" stroke="{GRID}" fill="none"/>')
        parts.append(f'<text x="{x(value):.1f}" y="{height - 32}" text-anchor="middle">{value:.5g}</text>')
    parts.append(
        f'<text x="{(left + WIDTH - RIGHT) / 2}" y="{height - 10}" text-anchor="middle">{escape(x_label)}</text>'
    )
    for number, (name, values) in enumerate(kept):
        curve, y = number % len(COLOURS), 24 + 28 * number
        parts.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        if len(values) > 1:
            mean, spread = statistics.fmean(values), statistics.stdev(values)
            ends = f"M{x(mean - spread):.1f} {y}H{x(mean + spread):.1f}M{x(mean):.1f} {y - 8}v16"
            parts.append(
                f'<path d="{ends}" class="line-{curve}" stroke="{COLOURS[curve]}" stroke-width="2" fill="none"/>'
            )
        parts += [
            f'<circle cx="{x(value):.1f}" cy="{y}" r="4" class="fill-{curve}" fill="{COLOURS[curve]}" fill-opacity="0.6"/>'
            for value in values
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def scatter(points: Sequence[tuple[float, float, str]], label: str) -> str:
    """A scatter plot of texts at (x, y), without axes."""
    size = HEIGHT + 90
    farthest = max((abs(value) for x, y, _ in points for value in (x, y) if math.isfinite(value)), default=0.0) or 1.0
    parts = _opened(size, label)
    for x, y, text in points:
        if math.isfinite(x) and math.isfinite(y):
            left, top = WIDTH / 2 + x / farthest * (WIDTH / 2 - 20), size / 2 - y / farthest * (size / 2 - 20)
            parts.append(
                f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="middle" font-size="15">{escape(text)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frame(series: Sequence[Series], is_log: bool = False) -> _Frame:
    points = [point for one in series for point in one.points if all(map(math.isfinite, point))]
    if not points:
        return _Frame(0, 1, 0, 1)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right = min(xs), max(max(xs), min(xs) + 1e-9)
    positive = [y for y in ys if y > 0]
    if is_log and positive:
        return _Frame(left, right, min(positive) / 1.3, max(positive) * 1.3, is_log=True)
    return _Frame(left, right, *robust_limits(ys))


def _axes(frame: _Frame, x_label: str, y_label: str) -> list[str]:
    parts = []
    for value in log_ticks(frame.low, frame.high) if frame.is_log else ticks(frame.low, frame.high, 6):
        y = frame.y(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" class="rule" stroke="{GRID}" fill="none"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick_label(value)}</text>')
    for value in ticks(frame.left, frame.right, 7):
        x = frame.x(value)
        parts.append(f'<path d="M{x:.1f} {HEIGHT - BOTTOM}v5" class="axis" stroke="{INK}" fill="none"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{step_label(value)}</text>')
    parts.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" class="axis" stroke="{INK}" fill="none"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>')
    placement = f'x="14" y="{HEIGHT / 2 - 14}" transform="rotate(-90 14 {HEIGHT / 2 - 14})"'
    parts.append(f'<text {placement} text-anchor="middle">{escape(y_label)}</text>')
    return parts


def _drawn(one: Series, frame: _Frame, number: int) -> list[str]:
    curve = number % len(COLOURS)
    colour, dash = COLOURS[curve], DASHES[curve]
    kept = [(x, y) for x, y in one.points if math.isfinite(x) and math.isfinite(y) and (y > 0 or not frame.is_log)]
    points = [(frame.x(x), frame.y(y)) for x, y in kept]
    parts = []
    if one.band:
        edge = [(x, high) for x, _, high in one.band] + [(x, low) for x, low, _ in reversed(one.band)]
        outline = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in edge)
        parts.append(f'<polygon points="{outline}" class="fill-{curve}" fill="{colour}" fill-opacity="0.16"/>')
    if one.is_dotted:
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" class="fill-{curve}" fill="{colour}"/>' for x, y in points
        ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    style = f' stroke-dasharray="{dash}"' if dash else ""
    parts.append(
        f'<polyline points="{line}" class="line-{curve}" fill="none" stroke="{colour}" stroke-width="1.6"{style}/>'
    )
    return parts


def _legend(series: Sequence[Series]) -> tuple[int, list[str]]:
    """Number of rows, and elements, of the legend below the chart."""
    parts, row, x = [], 0, LEFT
    for number, one in enumerate(series):
        curve, width = number % len(COLOURS), 30 + _text_width(one.name)
        if x > LEFT and x + width > WIDTH - RIGHT:
            row, x = row + 1, LEFT
        y = HEIGHT + LEGEND_ROW * row + 8
        style = f' stroke-dasharray="{DASHES[curve]}"' if DASHES[curve] else ""
        line = f'class="line-{curve}" stroke="{COLOURS[curve]}" stroke-width="2"{style}'
        parts.append(f'<path d="M{x} {y - 4}h24" {line}/>')
        parts.append(f'<text x="{x + 30}" y="{y}">{escape(one.name)}</text>')
        x += width + 18
    return row + 1 if series else 0, parts


def _text_width(text: str) -> int:
    """Approximate width of a label in SVG units: 14 for a Han character, 7 for any other."""
    return sum(14 if ord(one) > 0x2E7F else 7 for one in text)


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})
