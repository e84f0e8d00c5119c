"""Dropout drops what it says, scales what stays, and lets the gradient through where the activation went."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.layers import dropout


@given(
    shape=st.lists(st.integers(0, 7), min_size=1, max_size=3),
    share=st.floats(0.01, 0.95),
    dtype=st.sampled_from((torch.float32, torch.bfloat16)),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_an_activation_is_dropped_or_scaled_and_its_gradient_with_it(
    shape: list[int], share: float, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    x = torch.full(shape, 3.0, dtype=dtype, requires_grad=True)
    y = dropout(x, share, training=True)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert y.shape == x.shape
    assert y.dtype == dtype
    scale = torch.tensor(1 / (1 - share))
    for value in gradient.float().flatten():
        assert value == 0 or value == pytest.approx(scale, rel=0.01)
    assert torch.equal(y, x * gradient)


@pytest.mark.parametrize("share", [0.05, 0.15, 0.5, 0.95])
def test_as_many_are_dropped_as_the_share_says_wherever_they_stand(share: float) -> None:
    torch.manual_seed(1)
    dropped = (dropout(torch.ones(1000, 64), share, training=True) == 0).double()
    bound = 5 * (share * (1 - share)) ** 0.5
    assert dropped.mean().item() == pytest.approx(share, abs=bound / 64_000**0.5)
    # In every column, the four that share a number too, and in no column as in the one beside it.
    assert (dropped.mean(0) - share).abs().max().item() < bound / 1000**0.5
    neighbours = torch.corrcoef(dropped.T).diagonal(1)
    assert neighbours.abs().max().item() < 0.2


def test_a_seed_gives_the_same_again_and_its_successor_another() -> None:
    x = torch.ones(30, 7)
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(dropout(x, 0.5, training=True))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_nothing_is_dropped_outside_training_or_where_the_share_is_nothing() -> None:
    x = torch.ones(8, 8)
    assert dropout(x, 0.5, training=False) is x
    assert dropout(x, 0.0, training=True) is x
