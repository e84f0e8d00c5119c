"""Drawing for many rows at once gives what sorting each row would give; rows are resampled by their weights."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing.constraints.plan import Ints
from engine.composing.decoding.particles import are_degenerate, resample
from engine.composing.decoding.sampling import ROWS_AT_ONCE, Uniforms, log_allowed_mass, sample_top_p

# One row goes a way of its own.
EACH_WAY = pytest.mark.parametrize("n_rows", [1, 50])


def draws(
    probabilities: Sequence[float],
    temperature: float,
    top_p: float,
    *,
    n_rows: int,
    n: int = 50,
    allowed: Sequence[bool] = (),
) -> Ints:
    """`n` indices, drawn so many rows at a time."""
    with np.errstate(divide="ignore"):
        log_probs = np.repeat(np.log(np.array([probabilities], np.float32)), n_rows, axis=0)
    mask = np.array([allowed or [True] * len(probabilities)])
    rng = np.random.default_rng(0)
    drawn = [
        sample_top_p(log_probs, mask, temperature, top_p, lambda rows: rng.random(len(rows)))
        for _ in range(n // n_rows)
    ]
    return np.concatenate(drawn)


@EACH_WAY
def test_characters_come_as_often_as_they_are_likely(n_rows: int) -> None:
    drawn = draws([0.6, 0.0, 0.3, 0.1], 1.0, 1.0, n_rows=n_rows, n=6000)
    assert np.bincount(drawn, minlength=4) / len(drawn) == pytest.approx([0.6, 0, 0.3, 0.1], abs=0.03)


@EACH_WAY
@pytest.mark.parametrize(
    ("top_p", "expected"), [(0.01, [1, 0, 0, 0]), (0.7, [2 / 3, 0, 1 / 3, 0]), (0.95, [0.6, 0, 0.3, 0.1])]
)
def test_only_the_likeliest_that_hold_top_p_are_drawn(top_p: float, expected: list[float], n_rows: int) -> None:
    drawn = draws([0.6, 0.0, 0.3, 0.1], 1.0, top_p, n_rows=n_rows, n=6000)
    assert np.bincount(drawn, minlength=4) / len(drawn) == pytest.approx(expected, abs=0.03)


@EACH_WAY
def test_what_is_forbidden_takes_no_part_in_what_holds_top_p(n_rows: int) -> None:
    drawn = draws([0.4, 0.3, 0.2, 0.1], 1.0, 0.6, n_rows=n_rows, n=2000, allowed=[False, True, True, True])
    assert np.bincount(drawn, minlength=4) / len(drawn) == pytest.approx([0, 0.6, 0.4, 0], abs=0.05)


@EACH_WAY
def test_equally_likely_characters_stay_or_go_together(n_rows: int) -> None:
    probabilities = [0.4, 0.2, 0.2, 0.2]
    assert set(draws(probabilities, 1.0, 0.5, n_rows=n_rows, n=500).tolist()) == {0, 1, 2, 3}
    assert set(draws(probabilities, 1.0, 0.3, n_rows=n_rows, n=500).tolist()) == {0}


@EACH_WAY
def test_a_small_top_p_among_many_equals_is_sorted_in_the_end(n_rows: int) -> None:
    assert set(draws([0.02, *[0.98 / 999] * 999], 1.0, 0.01, n_rows=n_rows, n=500).tolist()) == {0}


@EACH_WAY
@pytest.mark.parametrize("temperature", [0.0, 5e-324, 1e-300, 1e-6])
def test_at_temperature_0_and_next_to_it_the_likeliest_that_is_allowed_is_drawn(
    temperature: float, n_rows: int
) -> None:
    drawn = draws([0.4, 0.1, 0.3, 0.2], temperature, 1.0, n_rows=n_rows, allowed=[False, True, True, True])
    assert set(drawn.tolist()) == {2}


@EACH_WAY
def test_drawing_leaves_the_probabilities_alone(n_rows: int) -> None:
    log_probs = np.log(np.full((n_rows, 4), 0.25, np.float32))
    allowed = np.array([[True, False, True, True]])
    before = log_probs.copy()
    sample_top_p(log_probs, allowed, 0.7, 0.9, lambda rows: np.full(len(rows), 0.5))
    assert np.array_equal(log_probs, before)
    assert allowed.tolist() == [[True, False, True, True]]


@given(
    st.lists(st.tuples(st.one_of(st.just(0.0), st.floats(1e-6, 1.0)), st.booleans()), min_size=1, max_size=20).filter(
        lambda pairs: any(weight and is_allowed for weight, is_allowed in pairs)
    ),
    st.floats(0.01, 1.0),
    st.floats(0.05, 5.0),
    st.sampled_from([1, 3]),
)
@settings(max_examples=200, deadline=None)
def test_what_is_not_allowed_or_impossible_is_never_drawn(
    pairs: list[tuple[float, bool]], top_p: float, temperature: float, n_rows: int
) -> None:
    weights, allowed = zip(*pairs, strict=True)
    tempered = [weight ** (1 / temperature) * may_stand for weight, may_stand in pairs]
    for chosen in draws(weights, temperature, top_p, n_rows=n_rows, n=3, allowed=allowed):
        assert weights[chosen] > 0
        assert allowed[chosen]
        likelier = sum(weight for weight in tempered if weight > tempered[chosen] * (1 + 1e-4))
        assert likelier <= top_p * sum(tempered) * (1 + 1e-4)


def test_a_row_draws_the_same_beside_any_others() -> None:
    rng = np.random.default_rng(1)
    log_probs = np.log(rng.dirichlet(np.ones(50), size=8).astype(np.float32))
    allowed = rng.random((8, 50)) < 0.7
    numbers = [np.random.default_rng(row) for row in range(8)]
    together = sample_top_p(
        log_probs, allowed, 0.8, 0.9, lambda rows: np.array([numbers[row].random() for row in rows])
    )
    for row in range(8):
        own = np.random.default_rng(row)
        alone = sample_top_p(log_probs[[row]], allowed[[row]], 0.8, 0.9, lambda _, own=own: np.array([own.random()]))  # type: ignore[misc]
        assert alone[0] == together[row]


def test_rows_are_resampled_as_often_as_their_weights_say() -> None:
    chosen = resample(np.log(np.array([0.5, 0.25, 0.125, 0.125]) * 7), np.random.default_rng(0))
    assert sorted(chosen.tolist())[:2] == [0, 0]
    lost = resample(np.array([-np.inf, 0.0, -np.inf]), np.random.default_rng(0))
    assert lost.tolist() == [1, 1, 1]


def test_weights_are_uneven_when_few_rows_hold_most() -> None:
    assert not are_degenerate(np.zeros(8)[None])[0]
    assert are_degenerate(np.array([[0.0, *[-9.0] * 7]]))[0]
    assert not are_degenerate(np.full(4, -np.inf)[None])[0]


@pytest.mark.parametrize("temperature", [0.3, 0.8])
def test_rows_of_several_chunks_and_of_tiny_probability_draw_as_each_does_alone(temperature: float) -> None:
    rng = np.random.default_rng(2)
    n_rows = 2 * ROWS_AT_ONCE + 3
    log_probs = np.log(rng.dirichlet(np.ones(200), size=n_rows).astype(np.float32))
    allowed = rng.random((n_rows, 200)) < 0.5
    # What is allowed of these rows has so little of the probability that its weights leave float32.
    log_probs[::5] = np.where(allowed[::5], log_probs[::5] - 90, log_probs[::5])
    together = sample_top_p(log_probs, allowed, temperature, 0.9, generators(n_rows))
    for row in range(n_rows):
        alone = sample_top_p(log_probs[[row]], allowed[[row]], temperature, 0.9, generators(1, first=row))
        assert alone[0] == together[row]
        assert allowed[row, alone[0]]


def generators(n_rows: int, first: int = 0) -> Uniforms:
    """A generator for each row, seeded by its number from `first` on."""
    rngs = [np.random.default_rng(first + row) for row in range(n_rows)]
    return lambda rows: np.array([rngs[row].random() for row in rows])


def test_the_allowed_mass_is_the_sum_of_the_allowed_probabilities() -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.ones(30), size=2 * ROWS_AT_ONCE + 1)
    allowed = rng.random(probabilities.shape) < 0.5
    masses = log_allowed_mass(np.log(probabilities.astype(np.float32)), allowed)
    assert np.exp(masses) == pytest.approx((probabilities * allowed).sum(1), rel=1e-5)
