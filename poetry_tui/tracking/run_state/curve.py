"""A figure over the steps of a run: every point is kept, smoothed as it comes, and summed up for any width of screen.

Plain arrays and no numpy, whose import alone would cost the studio a quarter of its start. Blocks of points are summed up
once, so that a picture of 100,000 points looks at a few thousand numbers. Points are smoothed and summed up when somebody
looks: a long run that is read at once comes in hundreds.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

from engine.runs.smoothing import WINDOW_STEPS, extend_means, mean_of_last_steps

# Beyond this a figure is as good as infinite, and sums over it may be.
MAX_VALUE = 1e30
# About the square root of what falls into a column of a long run's picture: as many blocks as points beside them.
BLOCK = 32


class Column(NamedTuple):
    """The points that fall into one column of a chart: their range, their mean, and the smoothed line where it leaves."""

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
        # How many steps each point tells of: those since the point before it, finite or not.
        self.n_steps: array[int] = array("q")
        self._told_until = 0
        self.values: array[float] = array("d")
        self._smooth: array[float] = array("d")
        # The same over other numbers of steps, for those that somebody looked at.
        self._smoothed: dict[int, array[float]] = {}
        self.n_not_finite = 0
        self.not_finite_steps: array[int] = array("q")
        # Least, sum and largest of each whole block of values.
        self._lows: array[float] = array("d")
        self._sums: array[float] = array("d")
        self._highs: array[float] = array("d")

    def __len__(self) -> int:
        return len(self.values)

    def append(self, step: int, value: float) -> None:
        """Add a point; a step that does not come after the last one replaces what stands from there on."""
        steps = self.steps
        if steps and step <= steps[-1]:
            self.truncate(step - 1)
        n_steps, self._told_until = max(step - self._told_until, 1), step
        if not -MAX_VALUE < value < MAX_VALUE:
            self.n_not_finite += 1
            self.not_finite_steps.append(step)
            return
        steps.append(step)
        self.n_steps.append(n_steps)
        self.values.append(value)

    def _catch_up(self) -> None:
        """Smooth the points and sum up the blocks that came since somebody last looked."""
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
        """The mean at each point."""
        self._catch_up()
        return self._smooth

    def smoothed(self, window: int) -> "array[float]":
        """The mean at each point over the last `window` steps."""
        if window == WINDOW_STEPS:
            return self.smooth
        means = self._smoothed.setdefault(window, array("d"))
        extend_means(means, self.steps, self.n_steps, self.values, len(self.values), window)
        return means

    def against(self, positions: Sequence[float], smoothing: int = WINDOW_STEPS) -> "Curve":
        """The same points over another axis, smoothed over so many steps: `positions` has a number for each point, never falling."""
        other = Curve()
        # Shared, not copied: it is for looking at, and for as long as nothing is added to either.
        other.steps = cast("array[int]", positions)
        self._catch_up()
        other.values, other._smooth = self.values, self.smoothed(smoothing)
        other._lows, other._sums, other._highs = self._lows, self._sums, self._highs
        return other

    def truncate(self, last_step: int) -> None:
        """Forget the points after `last_step`: a resumed run goes on from there."""
        del self.not_finite_steps[bisect_right(self.not_finite_steps, last_step) :]
        n_kept = bisect_right(self.steps, last_step)
        del self.steps[n_kept:], self.n_steps[n_kept:], self.values[n_kept:], self._smooth[n_kept:]
        self._smoothed.clear()
        self._told_until = min(self._told_until, max(last_step, 0))
        n_blocks = n_kept // BLOCK
        del self._lows[n_blocks:], self._sums[n_blocks:], self._highs[n_blocks:]

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None

    @property
    def last_smooth(self) -> float | None:
        """The mean at the last point: the same to the last digit for whoever knows no more than the end of the curve."""
        return mean_of_last_steps(self.steps, self.n_steps, self.values)

    def scale(self, n_points: int, factor: float) -> None:
        """Multiply the first points: they were in another unit."""
        self.values[:n_points] = array("d", [value * factor for value in self.values[:n_points]])
        self._smoothed.clear()
        del self._smooth[:], self._lows[:], self._sums[:], self._highs[:]

    def columns(self, first_step: float, last_step: float, n_columns: int) -> list[Column | None]:
        """Cut the steps from `first_step` to `last_step` into equal columns; None where a column has no point."""
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
        """The points from `start` to before `end`, of which there is one at least: whole blocks, and what juts out."""
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
        """The curve as at most `n_columns` means over equally many points, oldest first: what a sparkline shows."""
        self._catch_up()
        n_points = len(self.values)
        n_parts = min(n_columns, n_points)
        cuts = [n_points * index // n_parts for index in range(n_parts + 1)] if n_parts else []
        return [self._column(start, end).mean for start, end in pairwise(cuts)]
