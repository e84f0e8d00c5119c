"""Mean and spread over seeds, and the difference of two means with a confidence interval. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided 95 % quantiles of Student's t for 1 to 10 degrees of freedom.
_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_NORMAL_QUANTILE = 1.96


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and sample standard deviation of a measure over n seeds; the deviation of a single seed is NaN."""

    n: int
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(len(values), statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else math.nan)

    def text(self, decimals: int = 3) -> str:
        """`5.210 ± 0.012`; the mean alone for a single seed."""
        spread = "" if math.isnan(self.deviation) else f" ± {self.deviation:.{decimals}f}"
        return f"{self.mean:.{decimals}f}{spread}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two means and the half-width of its 95 % confidence interval (Welch), NaN if a side has one seed."""

    value: float
    half_width: float

    @property
    def is_separated(self) -> bool:
        """Whether the interval excludes 0."""
        return abs(self.value) > self.half_width

    def text(self, decimals: int = 3) -> str:
        """`+0.034 (+0.014 … +0.054)`; the value alone without an interval."""
        if math.isnan(self.half_width):
            return f"{self.value:+.{decimals}f}"
        low, high = self.value - self.half_width, self.value + self.half_width
        return f"{self.value:+.{decimals}f} ({low:+.{decimals}f} … {high:+.{decimals}f})"


def difference(one: Spread, other: Spread) -> Difference:
    """The mean of `one` less that of `other`, with Welch's interval; its degrees of freedom are rounded down."""
    value = one.mean - other.mean
    if one.n < 2 or other.n < 2:
        return Difference(value, math.nan)
    errors = [spread.deviation**2 / spread.n for spread in (one, other)]
    variance = sum(errors)
    if variance == 0:
        return Difference(value, 0.0)
    freedom = variance**2 / sum(error**2 / (spread.n - 1) for error, spread in zip(errors, (one, other), strict=True))
    return Difference(value, _quantile(max(1, int(freedom + 1e-9))) * math.sqrt(variance))


def _quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t; beyond the table by the Cornish–Fisher expansion."""
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    z = _NORMAL_QUANTILE
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
