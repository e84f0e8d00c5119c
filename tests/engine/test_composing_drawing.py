"""Drawing for many rows at once gives what sorting each row would give; rows are resampled by their weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.composing.drawing import draw_rows
from engine.composing.particles import is_uneven, resample
from engine.composing.plan import Ints


def draws(scores: NDArray[np.float32], temperature: float, top_p: float, seed: int = 0) -> Ints:
    random = np.random.default_rng(seed)
    return draw_rows(scores, temperature, top_p, lambda rows: random.random(len(rows)))


def scores_of(*probabilities: float, n_rows: int) -> NDArray[np.float32]:
    with np.errstate(divide="ignore"):
        row = np.log(np.array(probabilities, np.float32))
    return np.repeat(row[None], n_rows, axis=0)


def test_characters_come_as_often_as_they_are_likely() -> None:
    drawn = draws(scores_of(0.6, 0.0, 0.3, 0.1, n_rows=6000), 1.0, 1.0)
    shares = np.bincount(drawn, minlength=4) / len(drawn)
    assert shares == pytest.approx([0.6, 0, 0.3, 0.1], abs=0.03)


@pytest.mark.parametrize(
    ("top_p", "expected"), [(0.5, [1, 0, 0, 0]), (0.7, [2 / 3, 0, 1 / 3, 0]), (0.95, [0.6, 0, 0.3, 0.1])]
)
def test_only_the_likeliest_that_hold_top_p_are_drawn(top_p: float, expected: list[float]) -> None:
    drawn = draws(scores_of(0.6, 0.0, 0.3, 0.1, n_rows=6000), 1.0, top_p)
    assert np.bincount(drawn, minlength=4) / len(drawn) == pytest.approx(expected, abs=0.03)


def test_a_small_top_p_among_many_equals_is_sorted_in_the_end() -> None:
    drawn = draws(scores_of(0.02, *[0.98 / 999] * 999, n_rows=500), 1.0, 0.01)
    assert set(drawn.tolist()) == {0}


@pytest.mark.parametrize("temperature", [0.0, 5e-324, 1e-300, 1e-6])
def test_at_temperature_0_and_next_to_it_the_likeliest_is_drawn(temperature: float) -> None:
    assert set(draws(scores_of(0.2, 0.5, 0.3, n_rows=50), temperature, 1.0).tolist()) == {1}


@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1.0)), min_size=1, max_size=20).filter(any),
    st.floats(0.01, 1.0),
    st.floats(0.05, 5.0),
    st.integers(0, 1000),
)
@settings(max_examples=150, deadline=None)
def test_what_is_not_allowed_is_never_drawn(weights: list[float], top_p: float, temperature: float, seed: int) -> None:
    for chosen in draws(scores_of(*weights, n_rows=3), temperature, top_p, seed):
        assert weights[chosen] > 0
        tempered = [weight ** (1 / temperature) for weight in weights]
        likelier = sum(weight for weight in tempered if weight > tempered[chosen] * (1 + 1e-4))
        assert likelier <= top_p * sum(tempered) * (1 + 1e-4)


def test_a_row_draws_the_same_beside_any_others() -> None:
    random = np.random.default_rng(1)
    scores = np.log(random.dirichlet(np.ones(50), size=8).astype(np.float32))
    numbers = [np.random.default_rng(row) for row in range(8)]
    together = draw_rows(scores, 0.8, 0.9, lambda rows: np.array([numbers[row].random() for row in rows]))
    for row in range(8):
        own = np.random.default_rng(row)
        alone = draw_rows(scores[row : row + 1], 0.8, 0.9, lambda _, own=own: np.array([own.random()]))  # type: ignore[misc]
        assert alone[0] == together[row]


def test_rows_are_resampled_as_often_as_their_weights_say() -> None:
    chosen = resample(np.log(np.array([0.5, 0.25, 0.125, 0.125]) * 7), np.random.default_rng(0))
    assert sorted(chosen.tolist())[:2] == [0, 0]
    lost = resample(np.array([-np.inf, 0.0, -np.inf]), np.random.default_rng(0))
    assert lost.tolist() == [1, 1, 1]


def test_weights_are_uneven_when_few_rows_hold_most() -> None:
    assert not is_uneven(np.zeros(8))
    assert is_uneven(np.array([0.0, *[-9.0] * 7]))
    assert not is_uneven(np.full(4, -np.inf))
