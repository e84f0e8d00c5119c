"""Smoothing of a training's figures: the mean over its last steps, each event weighted by its number of steps.

Console, list, table and chart show the loss smoothed like this. A mean over events would depend on the speed of the machine, since
events are written by the clock.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence

# The mean looks back over so many steps; over an eighth of what is there until that is longer, so that it follows the steep start.
WINDOW_STEPS = 100
STARTING_SHARE = 8
# A sum that something this many times larger has just left is made anew: little of it would be true.
TOO_LARGE = 1e6


def first_step_before(step: float, window: int = WINDOW_STEPS) -> float:
    """The mean at a step is over the steps after this one."""
    return step - min(window, max(1.0, step / STARTING_SHARE))


def mean_of_last_steps(steps: Sequence[int], n_steps: Sequence[int], values: Sequence[float]) -> float | None:
    """Mean at the last of some events, given by step, number of steps and value of each; None without events.

    Events before the window may be missing: the result is the same to the last digit.
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
    """Append the mean at each event that `means` lacks, up to `n_points` of them. `window`: how many steps it looks back over."""
    start = len(means)
    first = bisect_right(steps, first_step_before(steps[start - 1], window), 0, start) if start else 0
    weight = sum(n_steps[first:start])
    total = sum(n * value for n, value in zip(n_steps[first:start], values[first:start], strict=True))
    starting = window * STARTING_SHARE
    for index in range(start, n_points):
        step, n = steps[index], n_steps[index]
        weight += n
        total += n * values[index]
        # A run of a hundred thousand events is smoothed at once when somebody opens it: no call for each.
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
