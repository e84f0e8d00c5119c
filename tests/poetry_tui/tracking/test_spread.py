"""Means over seeds and whether they differ, held to figures of other programs and to what an interval promises."""

import math
import random

import pytest

from poetry_tui.tracking.spread import Spread, difference


def test_a_mean_with_its_deviation() -> None:
    spread = Spread.of([5.0, 5.2, 5.4])
    assert (spread.n, spread.text()) == (3, "5.200 ± 0.200")
    assert Spread.of([5.0]).text() == "5.000"


def test_the_interval_is_that_of_welch() -> None:
    # scipy.stats.ttest_ind([5.0, 5.1, 5.2], [5.3, 5.4, 5.5], equal_var=False): 4 degrees of freedom, −0.5267 to −0.0733.
    gap = difference(Spread.of([5.0, 5.1, 5.2]), Spread.of([5.3, 5.4, 5.5]))
    assert gap.value == pytest.approx(-0.3)
    assert gap.half_width == pytest.approx(0.2267, abs=1e-4)
    assert gap.is_separated
    assert not difference(Spread.of([5.0, 5.3, 5.6]), Spread.of([5.2, 5.4, 5.9])).is_separated


def test_one_seed_separates_nothing() -> None:
    gap = difference(Spread.of([1.0]), Spread.of([9.0, 9.1]))
    assert math.isnan(gap.half_width)
    assert not gap.is_separated
    assert gap.text() == "-8.050"


@pytest.mark.parametrize("n_seeds", [2, 3, 12, 30])
def test_equal_conditions_are_taken_for_different_ones_in_one_experiment_of_twenty(n_seeds: int) -> None:
    rng = random.Random(5)

    def spread() -> Spread:
        return Spread.of([rng.gauss(5, 0.1) for _ in range(n_seeds)])

    n_wrong = sum(difference(spread(), spread()).is_separated for _ in range(4000))
    # Rounded degrees of freedom make small experiments a little more careful than that.
    assert n_wrong / 4000 < 0.06
    assert n_wrong / 4000 > (0.035 if n_seeds > 3 else 0.005)
