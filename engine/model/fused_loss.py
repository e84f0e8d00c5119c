"""Linear layer and cross-entropy in one, in chunks of rows: the logits of a whole batch never exist at once.

For a vocabulary of 8,000 and a batch of 6,000 characters the logits take 200 MB, which would be written and read about six
times. The gradient (softmax − one-hot) is computed in the forward pass, from the chunk's probabilities, so that
nothing is computed twice.

16-bit products are so fast that half of the time would go into the elementwise operations between them. There a chunk
is stored in 16 bits, and few passes are made over it.

Shapes: N characters, F features, V vocabulary, V′ the next multiple of `ALIGNED_FLOATS` from V on.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

SMALLEST_PROBABILITY = torch.finfo(torch.float32).tiny
# Two cache lines of 64 bytes in float32, one in 16 bits. Products write and read rows of logits that begin at a cache line
# a third faster than unaligned rows.
ALIGNED_FLOATS = 32
# Columns appended to the features: two are used, the others pad to the block size of the products.
N_BIAS_COLUMNS = 16
# The logit of the padding columns from V to V′.
PADDING_LOGIT = -1e4
# The number of rows of a 16-bit chunk is a multiple of it.
EVEN_ROWS = 32


def linear_cross_entropy(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
    """Mean of −ln softmax(features · weightᵀ + bias)[target], in nats a character.

    Args:
        features: (N, F), of the weight's type or a 16-bit type. Products use this type; sums over chunks are float32.
        weight: (V, F) and bias: (V,), the output layer.
        targets: (N,) indices.
        chunk_rows: approximate number of rows per chunk, doubled in 16 bits; it changes speed and memory, and the
            value by rounding only.
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
    """Yield for each chunk its rows, and their logits (rows, V′), −∞ beyond V, in a buffer that the next chunk overwrites."""
    chunks = _chunks(len(features), chunk_rows)
    n_most, width = max(rows.stop - rows.start for rows in chunks), -(-len(weight) // ALIGNED_FLOATS) * ALIGNED_FLOATS
    buffer = torch.empty(n_most, width, dtype=weight.dtype, device=weight.device)
    for rows in chunks:
        logits = buffer[: rows.stop - rows.start]
        torch.addmm(bias, features[rows], weight.T, out=logits[:, : len(weight)])  # (rows, F) @ (F, V) -> (rows, V)
        logits[:, len(weight) :] = -torch.inf
        yield rows, logits


def _chunks(n_rows: int, most_rows: int) -> list[slice]:
    """Chunks of nearly equal size: a small last chunk would be inefficient."""
    n_chunks = max(1, -(-n_rows // most_rows))
    return [slice(*bounds) for bounds in pairwise(n_rows * chunk // n_chunks for chunk in range(n_chunks + 1))]


class _Sums(NamedTuple):
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
        grad_logits = _softmax_minus_one_hot_(logits, targets[rows, None], nats)[:, : len(weight)]  # beyond, all is 0
        grad_bias.addmv_(grad_logits.T, ones[rows])  # the sum over rows; twice as fast as sum(0)
        torch.mm(grad_logits, weight, out=grad_features[rows])  # (rows, V) @ (V, F) -> (rows, F)
        grad_weight.addmm_(grad_logits.T, features[rows])  # (V, rows) @ (rows, F) -> (V, F)
    return _Sums(nats, grad_features, grad_weight, grad_bias)


def _sums_in_16_bits(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> _Sums:
    """As `_sums_in_32_bits`, with logits, softmax − one-hot and factors of products in the features' type; sums are float32."""
    (n_rows, n_features), n_known = features.shape, len(weight)
    chunk_rows = _even_rows(n_rows, 2 * chunk_rows)  # 16-bit chunks hold twice the rows in the same memory
    with_ones, with_bias = _with_ones(features, chunk_rows), _with_bias(weight, bias, features.dtype)
    in_chunk = torch.arange(chunk_rows, device=targets.device) * len(with_bias)
    positions = nn.functional.pad(targets, (0, len(with_ones) - n_rows)).view(-1, chunk_rows) + in_chunk

    grad_features, p_targets, p_others = features.new_empty(len(with_ones), n_features), [], []
    grad_both = weight.new_zeros(with_bias.shape)
    room = features.new_empty(chunk_rows, len(with_bias))
    chunks = zip(torch.split(with_ones, chunk_rows), positions, torch.split(grad_features, chunk_rows), strict=True)
    for some, position, grad_some in chunks:
        torch.mm(some, with_bias.T, out=room)  # (rows, F + ones) @ (F + ones, V′) -> (rows, V′)
        p = torch.softmax(room, dim=1, out=room)  # computes in float32 internally
        p_targets.append(p.take(position))
        # 1 − p of a nearly certain target would lose digits in 16 bits; the sum of the other probabilities does not.
        p_others.append(p.put_(position, p.new_zeros(chunk_rows)).sum(dim=1))
        grad_logits = p.put_(position, -p_others[-1])
        torch.mm(grad_logits, with_bias[:, :n_features], out=grad_some)  # (rows, V′) @ (V′, F) -> (rows, F)
        grad_both += grad_logits.T @ some  # (V′, rows) @ (rows, F + ones) -> (V′, F + ones)
    p_target, others = (torch.cat(parts)[:n_rows].float() for parts in (p_targets, p_others))
    nats = -torch.where(others < 0.5, torch.log1p(-others), p_target.clamp_min(SMALLEST_PROBABILITY).log()).sum()
    return _Sums(nats, grad_features[:n_rows], grad_both[:n_known, :n_features], grad_both[:n_known, n_features])


def _with_ones(features: Tensor, chunk_rows: int) -> Tensor:
    """The features with columns of ones for the bias appended (chunks · chunk_rows, F + N_BIAS_COLUMNS). Padding rows are zero, and so
    change no sum."""
    n_rows, n_features = features.shape
    with_ones = nn.functional.pad(features, (0, N_BIAS_COLUMNS, 0, -n_rows % chunk_rows))
    with_ones[:n_rows, n_features : n_features + 2].fill_(1)
    return with_ones


def _with_bias(weight: Tensor, bias: Tensor, dtype: torch.dtype) -> Tensor:
    """The weights with the bias appended as a sum of two 16-bit numbers (V′, F + N_BIAS_COLUMNS); beyond V the bias is `PADDING_LOGIT`."""
    n_known, n_features = weight.shape
    with_bias = nn.functional.pad(weight.to(dtype), (0, N_BIAS_COLUMNS, 0, -n_known % ALIGNED_FLOATS))
    with_bias[:n_known, n_features] = bias
    with_bias[:n_known, n_features + 1] = bias - with_bias[:n_known, n_features]
    with_bias[n_known:, n_features].fill_(PADDING_LOGIT)
    return with_bias


def _even_rows(n_rows: int, most_rows: int) -> int:
    """Number of rows of a chunk, at most about `most_rows`, such that the last chunk is nearly full.

    It is a multiple of `EVEN_ROWS`, because oneDNN compiles and caches a kernel for each number of rows.
    """
    n_chunks = max(1, -(-n_rows // most_rows))
    return -(-n_rows // (n_chunks * EVEN_ROWS)) * EVEN_ROWS


def _softmax_minus_one_hot_(logits: Tensor, target: Tensor, nats: Tensor) -> Tensor:
    """Turn logits (rows, V′) into softmax − one-hot of target (rows, 1), in place; `nats` grows by −ln p of the targets."""
    p = torch.softmax(logits, dim=1, out=logits)
    # Taking the loss from the probabilities saves a pass over the chunk. A probability that underflows float32
    # counts as 87 nats; its gradient is exact nevertheless.
    nats -= p.gather(1, target).clamp_min_(SMALLEST_PROBABILITY).log_().sum()
    return p.scatter_add_(1, target, torch.full_like(target, -1, dtype=p.dtype))


class _LinearCrossEntropy(torch.autograd.Function):
    """The forward pass computes the loss and all three gradients; the backward pass scales them by the incoming gradient."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
        sums_of = _sums_in_32_bits if features.dtype == weight.dtype else _sums_in_16_bits
        nats, *gradients = sums_of(features, weight, bias, targets, chunk_rows)
        ctx.save_for_backward(*(gradient.div_(len(features)) for gradient in gradients))
        return nats / len(features)

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (scale,) = grad_outputs
        grad_features, grad_weight, grad_bias = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad_features * scale.to(grad_features.dtype), grad_weight * scale, grad_bias * scale, None, None
