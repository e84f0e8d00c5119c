"""A figure over the steps of a run: every point is kept, smoothed, and aggregated for any number of columns.

Plain arrays and no numpy, whose import alone would take a quarter of the studio's start. Points are aggregated in blocks,
so that drawing 100,000 points reads a few thousand numbers. Smoothing and aggregation are lazy: a long run that is read
at once comes in chunks of hundreds of points.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

from engine.runs.smoothing import WINDOW_STEPS, extend_means, mean_of_last_steps

# Larger values count as infinite: sums over them could overflow.
MAX_VALUE = 1e30
# Points in a block: about the square root of the points in a column of a long run, so that a column reads about as many
# blocks as single points.
BLOCK = 32


class Column(NamedTuple):
    """The points in one column of a chart: their range, their mean, and the smoothed value at the last of them."""

    low: float
    mean: float
    high: float
    smooth: float


class Curve:
    """Points (step, value) in the order of their steps, smoothed as `engine.runs.smoothing` says.

    NaN and infinity are counted in `n_not_finite` and kept out of everything else.
    """

    def __init__(self) -> None:
        self.steps: array[int] = array("q")
        # Number of steps that each point averages: those since the previous point, finite or not.
        self.n_steps: array[int] = array("q")
        self._last_step_added = 0
        self.values: array[float] = array("d")
        self._smooth: array[float] = array("d")
        # The smoothed values for other windows, by window in steps.
        self._smoothed: dict[int, array[float]] = {}
        self.n_not_finite = 0
        self.not_finite_steps: array[int] = array("q")
        # Minimum, sum and maximum of each whole block of values.
        self._lows: array[float] = array("d")
        self._sums: array[float] = array("d")
        self._highs: array[float] = array("d")

    def __len__(self) -> int:
        return len(self.values)

    def append(self, step: int, value: float) -> None:
        """Add a point; a step not after the last one first truncates the curve before that step."""
        steps = self.steps
        if steps and step <= steps[-1]:
            self.truncate(step - 1)
        n_steps, self._last_step_added = max(step - self._last_step_added, 1), step
        if not -MAX_VALUE < value < MAX_VALUE:
            self.n_not_finite += 1
            self.not_finite_steps.append(step)
            return
        steps.append(step)
        self.n_steps.append(n_steps)
        self.values.append(value)

    def _catch_up(self) -> None:
        """Smooth and aggregate the points added since the last call."""
        values = self.values
        if len(self._smooth) == len(values):
            return
        extend_means(self._smooth, self.steps, self.n_steps, values, len(values))
        for start in range(len(self._sums) * BLOCK, len(values) - BLOCK + 1, BLOCK):
            block = values[start : start + BLOCK]
            self._lows.append(min(block))
            self._sums.append(sum(block))
            self._highs.append(max(block))

    @property
    def smooth(self) -> "array[float]":
        """The smoothed value at each point."""
        self._catch_up()
        return self._smooth

    def smoothed(self, window: int) -> "array[float]":
        """The mean over the last `window` steps, at each point."""
        if window == WINDOW_STEPS:
            return self.smooth
        means = self._smoothed.setdefault(window, array("d"))
        extend_means(means, self.steps, self.n_steps, self.values, len(self.values), window)
        return means

    def against(self, positions: Sequence[float], smoothing: int = WINDOW_STEPS) -> "Curve":
        """The same points over another axis. `positions`: one non-decreasing number for each point; `smoothing`: window in steps."""
        other = Curve()
        # The arrays are shared, not copied: the result is read-only, and valid until a point is added here.
        other.steps = cast("array[int]", positions)
        self._catch_up()
        other.values, other._smooth = self.values, self.smoothed(smoothing)
        other._lows, other._sums, other._highs = self._lows, self._sums, self._highs
        return other

    def truncate(self, last_step: int) -> None:
        """Remove the points after `last_step`, from which a resumed run goes on."""
        del self.not_finite_steps[bisect_right(self.not_finite_steps, last_step) :]
        n_kept = bisect_right(self.steps, last_step)
        del self.steps[n_kept:], self.n_steps[n_kept:], self.values[n_kept:], self._smooth[n_kept:]
        self._smoothed.clear()
        self._last_step_added = min(self._last_step_added, max(last_step, 0))
        n_blocks = n_kept // BLOCK
        del self._lows[n_blocks:], self._sums[n_blocks:], self._highs[n_blocks:]

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None

    @property
    def last_smooth(self) -> float | None:
        """The smoothed value at the last point; bit-identical when computed from the end of the curve alone."""
        return mean_of_last_steps(self.steps, self.n_steps, self.values)

    def scale(self, n_points: int, factor: float) -> None:
        """Convert the first `n_points` values to another unit by a factor."""
        self.values[:n_points] = array("d", [value * factor for value in self.values[:n_points]])
        self._smoothed.clear()
        del self._smooth[:], self._lows[:], self._sums[:], self._highs[:]

    def columns(self, first_step: float, last_step: float, n_columns: int) -> list[Column | None]:
        """Divide the steps from `first_step` to `last_step` into equal columns; None for a column without points."""
        self._catch_up()
        width = max(last_step - first_step, 1e-9) / max(n_columns, 1)
        columns: list[Column | None] = []
        start = bisect_left(self.steps, first_step)
        for index in range(n_columns):
            is_last = index == n_columns - 1
            edge = last_step if is_last else first_step + (index + 1) * width
            end = (bisect_right if is_last else bisect_left)(self.steps, edge, start)
            columns.append(self._column(start, end) if end > start else None)
            start = end
        return columns

    def _column(self, start: int, end: int) -> Column:
        """Aggregate the points `start:end` (at least one): whole blocks, and the single points at either edge."""
        first, last = -(-start // BLOCK), end // BLOCK
        if first >= last:
            part = self.values[start:end]
            low, total, high = min(part), sum(part), max(part)
        else:
            edges = self.values[start : first * BLOCK] + self.values[last * BLOCK : end]
            low = min(min(self._lows[first:last]), min(edges, default=MAX_VALUE))
            high = max(max(self._highs[first:last]), max(edges, default=-MAX_VALUE))
            total = sum(self._sums[first:last]) + sum(edges)
        return Column(low, total / (end - start), high, self._smooth[end - 1])

    def means(self, n_columns: int) -> list[float]:
        """Means over `n_columns` groups (at most) of equally many points, oldest first, for a sparkline."""
        self._catch_up()
        n_points = len(self.values)
        n_parts = min(n_columns, n_points)
        cuts = [n_points * index // n_parts for index in range(n_parts + 1)] if n_parts else []
        return [self._column(start, end).mean for start, end in pairwise(cuts)]
