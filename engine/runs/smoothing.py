"""Smoothing of a training's figures: the mean over the last steps, each event weighted by its number of steps.

Console, list, table and chart show this smoothed loss. An unweighted mean over events would depend on the speed of the machine,
because events are written by the clock.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence

# Window of the mean in steps.
WINDOW_STEPS = 100
# At the beginning the window is step / STARTING_SHARE, if that is smaller, so that the mean follows the steep start.
STARTING_SHARE = 8
# The sum is computed anew after subtracting a value this many times larger, because of cancellation.
TOO_LARGE = 1e6


def first_step_before(step: float, window: int = WINDOW_STEPS) -> float:
    """The last step before the window of the mean at a step."""
    return step - min(window, max(1.0, step / STARTING_SHARE))


def mean_of_last_steps(steps: Sequence[int], n_steps: Sequence[int], values: Sequence[float]) -> float | None:
    """The mean at the last of the given events; None without events. The sequences are step, number of steps and value of each.

    Events before the window may be left out: the result is bit-identical.
    """
    if not steps:
        return None
    first = bisect_right(steps, first_step_before(steps[-1]))
    total = sum(n * value for n, value in zip(n_steps[first:], values[first:], strict=True))
    return total / sum(n_steps[first:])


def extend_means(
    means: "array[float]",
    steps: "array[int]",
    n_steps: "array[int]",
    values: "array[float]",
    n_points: int,
    window: int = WINDOW_STEPS,
) -> None:
    """Append the mean at each event that `means` lacks, up to `n_points` in total. `window`: window in steps."""
    start = len(means)
    first = bisect_right(steps, first_step_before(steps[start - 1], window), 0, start) if start else 0
    weight = sum(n_steps[first:start])
    total = sum(n * value for n, value in zip(n_steps[first:start], values[first:start], strict=True))
    starting = window * STARTING_SHARE
    for index in range(start, n_points):
        step, n = steps[index], n_steps[index]
        weight += n
        total += n * values[index]
        # Inlined: a run of 100,000 events is smoothed at once when it is opened.
        before = step - window if step >= starting else first_step_before(step, window)
        while steps[first] <= before:
            n = n_steps[first]
            left = n * values[first]
            total -= left
            weight -= n
            first += 1
            if abs(left) > TOO_LARGE * abs(total):
                part = slice(first, index + 1)
                total = sum(n * value for n, value in zip(n_steps[part], values[part], strict=True))
        means.append(total / weight)
