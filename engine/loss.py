"""Linear layer and cross-entropy in one, in chunks of rows: the logits of a whole batch never exist at once.

For a vocabulary of 8,000 and a batch of 6,000 characters plain logits are 200 MB, written and read half a dozen
times. The gradient is made in the forward pass, while the chunk's probabilities are at hand (softmax − one-hot), so that
nothing is computed twice.

Where products are made in 16 bits they are so quick that half of the time would go into the softmax between them. There a chunk
is 16 bits wide, and its softmax is made in 32, a few rows at a time that stay in the cache.

Shapes: N characters, F features, V vocabulary, V′ the next multiple of `ALIGNED_FLOATS` from V on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

SMALLEST_PROBABILITY = torch.finfo(torch.float32).tiny
# Two cache lines of 64 bytes, or one in 16 bits. Rows of logits that begin on one are written by the product, and read by the
# next ones, a third faster than rows that begin anywhere.
ALIGNED_FLOATS = 32
# Columns that stand beside the features: the first is used, the others fill what products take at a time.
N_BESIDE = 16
# Of logits in 32 bits, so that they stay in the cache of two cores.
CACHE_BYTES = 2 * 2**20


def linear_cross_entropy(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
    """Mean of −ln softmax(features · weightᵀ + bias)[target], in nats a character.

    Args:
        features: (N, F), the weight's type or one of 16 bits; the products are made in it, what is summed up over chunks in float32.
        weight: (V, F) and bias: (V,), the output layer.
        targets: (N,) indices.
        chunk_rows: most rows whose logits exist at one time; it changes speed and memory, and the value by rounding only.
    """
    loss: Tensor = _LinearCrossEntropy.apply(features, weight, bias, targets, chunk_rows)  # type: ignore[no-untyped-call]
    return loss


@torch.no_grad()
def target_nats(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
    """−ln p of each target: (N,) float32, no gradient."""
    features, nats = features.to(weight.dtype), torch.empty(len(targets), dtype=torch.float32, device=features.device)
    for rows, logits in _logits(features, weight, bias, chunk_rows):
        log_p = torch.log_softmax(logits, dim=1, out=logits)
        nats[rows] = -log_p.gather(1, targets[rows, None]).squeeze(1)
    return nats


def _logits(features: Tensor, weight: Tensor, bias: Tensor, chunk_rows: int) -> Iterator[tuple[slice, Tensor]]:
    """Chunk by chunk: which rows, and their logits (rows, V′), −∞ beyond V, in a buffer that the next chunk overwrites."""
    chunks = _chunks(len(features), chunk_rows)
    buffer = _buffer(chunks, weight, torch.float32)
    for rows in chunks:
        logits = buffer[: rows.stop - rows.start]
        torch.addmm(bias, features[rows], weight.T, out=logits[:, : len(weight)])  # (rows, F) @ (F, V) -> (rows, V)
        logits[:, len(weight) :] = -torch.inf
        yield rows, logits


def _chunks(n_rows: int, most_rows: int) -> list[slice]:
    """Chunks of nearly one size: a small one at the end would use the machine badly."""
    n_chunks = max(1, -(-n_rows // most_rows))
    return [slice(*bounds) for bounds in pairwise(n_rows * chunk // n_chunks for chunk in range(n_chunks + 1))]


def _buffer(chunks: list[slice], weight: Tensor, dtype: torch.dtype) -> Tensor:
    """Room for the largest chunk's numbers for every character (rows, V′)."""
    n_rows, width = max(rows.stop - rows.start for rows in chunks), -(-len(weight) // ALIGNED_FLOATS) * ALIGNED_FLOATS
    return torch.empty(n_rows, width, dtype=dtype, device=weight.device)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over all rows: nats (), and the gradients of features (N, F), weight (V, F) and bias (V,)."""

    nats: Tensor
    features: Tensor
    weight: Tensor
    bias: Tensor


def _sums_in_32_bits(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> _Sums:
    grad_features, grad_weight, grad_bias = torch.empty_like(features), torch.zeros_like(weight), torch.zeros_like(bias)
    nats = bias.new_zeros(())
    ones = bias.new_ones(len(features))
    for rows, logits in _logits(features, weight, bias, chunk_rows):
        grad_logits = _become_gradient(logits, targets[rows, None], nats)[:, : len(weight)]  # beyond, all is 0
        grad_bias.addmv_(grad_logits.T, ones[rows])  # their sum; twice as fast as asking for it
        torch.mm(grad_logits, weight, out=grad_features[rows])  # (rows, V) @ (V, F) -> (rows, F)
        grad_weight.addmm_(grad_logits.T, features[rows])  # (V, rows) @ (rows, F) -> (V, F)
    return _Sums(nats, grad_features, grad_weight, grad_bias)


def _sums_in_16_bits(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> _Sums:
    """Products, and what goes into them, in the features' type; logits, softmax, and sums over chunks in 32 bits."""
    n_features = features.shape[1]
    narrow_weight, grad_features = weight.to(features.dtype), torch.empty_like(features)
    # Beside the features stands a 1, so that the product for the weights' gradient makes that of the bias too.
    with_ones = nn.functional.pad(features, (0, N_BESIDE))
    with_ones[:, n_features] = 1
    grad_both, nats = weight.new_zeros(len(weight), with_ones.shape[1]), bias.new_zeros(())
    chunks = _chunks(len(features), chunk_rows)
    room = _buffer(chunks, weight, features.dtype)
    wide = _buffer(_chunks(len(room), _rows_in_cache(room)), weight, torch.float32)
    for rows in chunks:
        chunk = room[: rows.stop - rows.start]
        known = chunk[:, : len(weight)]
        torch.mm(features[rows], narrow_weight.T, out=known)  # (rows, F) @ (F, V) -> (rows, V)
        for some in _chunks(len(chunk), len(wide)):
            logits = wide[: some.stop - some.start]
            logits[:, : len(weight)].copy_(known[some]).add_(bias)
            logits[:, len(weight) :] = -torch.inf
            # Zeros beyond V are copied too: 16-bit products read a little beyond it, and what is no number would spread.
            chunk[some] = _become_gradient(logits, targets[rows][some, None], nats)
        torch.mm(known, narrow_weight, out=grad_features[rows])  # (rows, V) @ (V, F) -> (rows, F)
        grad_both += known.T @ with_ones[rows]  # (V, rows) @ (rows, F + ones) -> (V, F + ones)
    return _Sums(nats, grad_features, grad_both[:, :n_features], grad_both[:, n_features])


def _rows_in_cache(room: Tensor) -> int:
    """How many rows the softmax is made of at a time: on a processor as many as its cache holds."""
    return max(1, CACHE_BYTES // (4 * room.shape[1])) if room.device.type == "cpu" else len(room)


def _become_gradient(logits: Tensor, target: Tensor, nats: Tensor) -> Tensor:
    """Turn logits (rows, V′) into softmax − one-hot of target (rows, 1), in place; `nats` grows by −ln p of the targets."""
    p = torch.softmax(logits, dim=1, out=logits)
    # Taking the loss from the probabilities saves a pass over the chunk; what is less likely than a float32 can
    # hold counts as 87 nats, and its gradient is exact all the same.
    nats -= p.gather(1, target).clamp_min_(SMALLEST_PROBABILITY).log_().sum()
    return p.scatter_add_(1, target, torch.full_like(target, -1, dtype=p.dtype))


class _LinearCrossEntropy(torch.autograd.Function):
    """Forward computes the loss and all three gradients; backward scales them by the incoming one."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
        sums_of = _sums_in_32_bits if features.dtype == weight.dtype else _sums_in_16_bits
        sums, n_rows = sums_of(features, weight, bias, targets, chunk_rows), len(features)
        ctx.save_for_backward(sums.features.div_(n_rows), sums.weight.div_(n_rows), sums.bias.div_(n_rows))
        return sums.nats / n_rows

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (scale,) = grad_outputs
        grad_features, grad_weight, grad_bias = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad_features * scale.to(grad_features.dtype), grad_weight * scale, grad_bias * scale, None, None
