"""The fused loss gives the value and the gradients of a plain linear layer with cross-entropy."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.model.fused_loss import linear_cross_entropy, target_nats


def inputs(n: int, f: int, v: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    torch.manual_seed(seed)
    features, weight, bias = torch.randn(n, f), torch.randn(v, f) / f**0.5, torch.randn(v)
    for tensor in (features, weight, bias):
        tensor.requires_grad_()
    return features, weight, bias, torch.randint(0, v, (n,))


def plain(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    return nn.functional.cross_entropy(features @ weight.T + bias, targets)


of_any_size = given(
    n=st.integers(1, 80),
    f=st.integers(1, 40),
    v=st.integers(2, 300),
    chunk_rows=st.integers(1, 90),
    seed=st.integers(0, 99),
)


@of_any_size
@settings(max_examples=60, deadline=None)
def test_value_and_gradients_are_those_of_plain_cross_entropy(
    n: int, f: int, v: int, chunk_rows: int, seed: int
) -> None:
    features, weight, bias, targets = inputs(n, f, v, seed)
    expected = plain(features.double(), weight.double(), bias.double(), targets)
    expected_gradients = torch.autograd.grad(expected, (features, weight, bias))
    loss = linear_cross_entropy(features, weight, bias, targets, chunk_rows)
    assert torch.allclose(loss.double(), expected, atol=1e-5)
    for gradient, wanted in zip(torch.autograd.grad(loss, (features, weight, bias)), expected_gradients, strict=True):
        assert torch.allclose(gradient, wanted, atol=1e-5)


@of_any_size
@settings(max_examples=60, deadline=None)
def test_in_16_bits_value_and_gradients_lie_near_those_of_32(
    n: int, f: int, v: int, chunk_rows: int, seed: int
) -> None:
    features, weight, bias, targets = inputs(n, f, v, seed)
    exact = linear_cross_entropy(features, weight, bias, targets, chunk_rows)
    rounded = linear_cross_entropy(features.bfloat16(), weight, bias, targets, chunk_rows)
    assert rounded.dtype == torch.float32
    nats = target_nats(features.bfloat16(), weight, bias, targets, chunk_rows)
    for value in (rounded, nats.mean()):
        assert value.item() == pytest.approx(exact.item(), abs=0.15)
    # A gradient is a difference, softmax − one-hot: what it may be off is a share of both together, not of what is left.
    with torch.no_grad():
        both = torch.softmax(features @ weight.T + bias, dim=1) + nn.functional.one_hot(targets, v)
        sizes = (both @ weight.abs() / n, both.T @ features.abs() / n, both.sum(0) / n)
    gradients = (torch.autograd.grad(loss, (features, weight, bias)) for loss in (exact, rounded))
    for size, wanted, found in zip(sizes, *gradients, strict=True):
        assert ((found - wanted).abs() <= 0.1 * size + 1e-5).all()


def test_in_16_bits_a_nearly_certain_target_keeps_its_loss_and_gradient() -> None:
    # Its p is 1 in 16 bits, or differs from it by a whole step of 0.004.
    features, weight = torch.ones(40, 1), torch.tensor([[4.0], [-4.0]]).requires_grad_()
    bias, targets = torch.zeros(2, requires_grad=True), torch.zeros(40, dtype=torch.long)
    losses = [linear_cross_entropy(read, weight, bias, targets, 7) for read in (features, features.bfloat16())]
    assert losses[0].item() == pytest.approx(3.35e-4, rel=0.01)
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=0.01)
    exact, rounded = (torch.autograd.grad(loss, (weight, bias)) for loss in losses)
    for wanted, found in zip(exact, rounded, strict=True):
        assert torch.allclose(wanted, found, rtol=0.02, atol=0)


@pytest.mark.parametrize("chunk_rows", [1, 3, 8])
def test_gradients_are_the_slopes_of_the_loss(chunk_rows: int) -> None:
    features, weight, bias, targets = inputs(8, 3, 5, seed=2)
    exact = [tensor.detach().double().requires_grad_() for tensor in (features, weight, bias)]

    def loss(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return linear_cross_entropy(features, weight, bias, targets, chunk_rows)

    assert torch.autograd.gradcheck(loss, exact)


def test_an_incoming_gradient_scales_all_three() -> None:
    features, weight, bias, targets = inputs(10, 4, 6, seed=1)
    once = torch.autograd.grad(linear_cross_entropy(features, weight, bias, targets, 3), (features, weight, bias))
    thrice = torch.autograd.grad(3 * linear_cross_entropy(features, weight, bias, targets, 3), (features, weight, bias))
    for small, large in zip(once, thrice, strict=True):
        assert torch.allclose(3 * small, large, atol=1e-6)


def test_huge_logits_stay_finite() -> None:
    features, weight, bias, targets = inputs(6, 4, 5, seed=1)
    loss = linear_cross_entropy(features * 1e4, weight, bias, targets, 4)
    assert torch.isfinite(loss)
    assert all(torch.isfinite(part).all() for part in torch.autograd.grad(loss, (weight, bias)))


@pytest.mark.parametrize("chunk_rows", [1, 4, 7, 100])
def test_nats_of_each_target_are_those_of_plain_cross_entropy(chunk_rows: int) -> None:
    features, weight, bias, targets = inputs(13, 4, 6, seed=1)
    expected = nn.functional.cross_entropy(features @ weight.T + bias, targets, reduction="none")
    assert torch.allclose(target_nats(features, weight, bias, targets, chunk_rows), expected, atol=1e-5)


def test_bfloat16_features_lose_only_their_last_digits() -> None:
    features, weight, bias, targets = inputs(30, 8, 20, seed=1)
    loss = linear_cross_entropy(features.bfloat16(), weight, bias, targets, 7)
    expected = plain(features, weight, bias, targets)
    assert abs(loss.item() - expected.item()) < 0.02
    (gradient,) = torch.autograd.grad(loss, (weight,))
    (wanted,) = torch.autograd.grad(expected, (weight,))
    assert gradient.dtype == torch.float32
    assert torch.allclose(gradient, wanted, atol=0.01)
