"""Measuring side by side: contestants take turns, so that other load affects all of them alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Result:
    """The results of one contestant, one for each round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    def over(self, other: "Result") -> float:
        """The ratio to the other: the median over the rounds, in which both run under the same load."""
        return median(mine / theirs for mine, theirs in zip(self.values, other.values, strict=True))

    def line(self, name: str, unit: str) -> str:
        return f"  {name:<44} {self.median:>12,.4g} {unit}   (min {min(self.values):,.4g}, max {max(self.values):,.4g})"


def race(contestants: Mapping[str, Measure], n_rounds: int, n_warm_up: int = 1) -> dict[str, Result]:
    """Let each contestant measure itself once a round; warm-up rounds are not counted."""
    rounds = [{name: measure() for name, measure in contestants.items()} for _ in range(n_warm_up + n_rounds)]
    return {name: Result(tuple(values[name] for values in rounds[n_warm_up:])) for name in contestants}
