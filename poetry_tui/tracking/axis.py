"""Axes of charts, on the screen and in reports: limits that outliers do not set, ticks, and their labels."""

import math
from collections.abc import Sequence

# The bulk of the values: those between the 5 % and the 95 % quantile.
BULK = 0.95
# Values farther from the bulk than its range extend the axis by this share of that range.
OUTLIER_ROOM = 0.3


def robust_limits(
    values: Sequence[float], points: Sequence[float] = (), latest: Sequence[float] = ()
) -> tuple[float, float]:
    """The limits of an axis for values and single points. Outliers of either, such as the losses of a run's first steps, do not
    set them: they are drawn at the edge until the user zooms in on them. `latest` is always within the limits."""
    limits = [_bulk(some) for some in (values, points) if some]
    if not limits:
        return 0.0, 1.0
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    low, high = min(low, *latest, high), max(high, *latest, low)
    margin = max((high - low) * 0.06, abs(high) * 1e-3, 1e-6)
    return low - margin, high + margin


def _bulk(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest value, without outliers."""
    ordered = sorted(values)
    low, high, last = ordered[0], ordered[-1], len(ordered) - 1
    n_apart = min(int((1 - BULK) * len(ordered)), last // 2)
    bulk_low, bulk_high = ordered[n_apart], ordered[last - n_apart]
    extent = bulk_high - bulk_low
    return (
        low if bulk_low - low <= extent else bulk_low - OUTLIER_ROOM * extent,
        high if high - bulk_high <= extent else bulk_high + OUTLIER_ROOM * extent,
    )


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round numbers from `low` to `high`, about `at_most` of them; empty if the limits are not finite or do not rise."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    rough = (high - low) / max(at_most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    gap = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= rough * 0.999)
    first = math.ceil(low / gap - 1e-9)
    return [index * gap for index in range(first, math.floor(high / gap + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two positive limits, and their multiples by 2 and 5 if the range spans at most four powers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if len(powers) > 4 else (1, 2, 5)
    return [value for power in powers for factor in factors if low <= (value := factor * 10.0**power) <= high]


def tick_label(value: float) -> str:
    """A value of the loss axis in at most six characters."""
    if 0 < abs(value) < 0.01:
        exact, rounded = (f"{value:.{digits}e}".replace(".0e", "e").replace("e-0", "e-") for digits in (1, 0))
        return exact if len(exact) <= 6 else rounded
    return next((text for text in (f"{value:.2f}", f"{value:.1f}", f"{value:.0f}") if len(text) <= 5), f"{value:.0e}")


def minute_label(milliminutes: float) -> str:
    """A time on the axis as 0.5m or 90m."""
    return f"{milliminutes / 1000:.4g}m"


def step_label(step: float) -> str:
    """A step as 950, 1.5k, 20k or 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if step >= size:
            return f"{step / size:.4g}{letter}"
    return f"{step:.4g}"
