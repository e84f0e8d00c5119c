"""Linear layer and cross-entropy in one, in chunks of rows: the logits of a whole batch never exist at once.

For a vocabulary of 8,000 and a batch of 6,000 characters plain logits are 200 MB, written and read half a dozen
times; a chunk stays in the cache. The gradient is made in the forward pass, while the chunk's probabilities are at
hand (softmax − one-hot), so that nothing is computed twice.

Shapes: N characters, F features, V vocabulary, V′ the next multiple of `ALIGNED_FLOATS` from V on.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

SMALLEST_PROBABILITY = torch.finfo(torch.float32).tiny
# A cache line of 64 bytes. Rows of logits that begin on one are written by the product, and read by the next ones, a
# third faster than rows that begin anywhere.
ALIGNED_FLOATS = 16


def linear_cross_entropy(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
    """Mean of −ln softmax(features · weightᵀ + bias)[target], in nats a character.

    Args:
        features: (N, F), any floating type; the products are made in it, what is summed up over chunks in float32.
        weight: (V, F) and bias: (V,), the output layer.
        targets: (N,) indices.
        chunk_rows: most rows whose logits exist at one time; it changes speed and memory, and the value by rounding only.
    """
    loss: Tensor = _LinearCrossEntropy.apply(features, weight, bias, targets, chunk_rows)  # type: ignore[no-untyped-call]
    return loss


@torch.no_grad()
def target_nats(features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
    """−ln p of each target: (N,) float32, no gradient."""
    nats = torch.empty(len(targets), dtype=torch.float32, device=features.device)
    for rows, logits, _ in _logits(features, weight.to(features.dtype), bias, chunk_rows):
        log_p = torch.log_softmax(logits, dim=1, out=logits)
        nats[rows] = -log_p.gather(1, targets[rows, None]).squeeze(1)
    return nats


def _logits(features: Tensor, weight: Tensor, bias: Tensor, chunk_rows: int) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Chunk by chunk: which rows, their logits (rows, V′) in float32, −∞ beyond V, and room for as many numbers of the features'
    type, the same room where they are of one type; the next chunk overwrites both."""
    n_rows, vocab_size = len(features), len(weight)
    width = -(-vocab_size // ALIGNED_FLOATS) * ALIGNED_FLOATS
    # Chunks of nearly one size: a small one at the end would use the machine badly.
    n_chunks = max(1, -(-n_rows // chunk_rows))
    bounds = [n_rows * chunk // n_chunks for chunk in range(n_chunks + 1)]
    buffer = torch.empty(-(-n_rows // n_chunks), width, dtype=torch.float32, device=features.device)
    rooms = buffer if features.dtype == torch.float32 else torch.empty_like(buffer, dtype=features.dtype)
    for start, stop in pairwise(bounds):
        rows = slice(start, stop)
        logits = buffer[: stop - start]
        room = logits if rooms is buffer else rooms[: stop - start]
        known = logits[:, :vocab_size]
        if rooms is buffer:
            torch.addmm(bias, features[rows], weight.T, out=known)  # (rows, F) @ (F, V) -> (rows, V)
        else:
            torch.mm(features[rows], weight.T, out=room[:, :vocab_size])
            known.copy_(room[:, :vocab_size]).add_(bias)
        logits[:, vocab_size:] = -torch.inf
        yield rows, logits, room


class _LinearCrossEntropy(torch.autograd.Function):
    """Forward computes the loss and all three gradients; backward scales them by the incoming one."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, chunk_rows: int) -> Tensor:
        product_weight = weight.to(features.dtype)
        grad_features = torch.empty_like(features)
        grad_weight = torch.zeros_like(weight)
        grad_bias = torch.zeros_like(bias)
        ones = torch.ones(min(chunk_rows, len(features)), dtype=torch.float32, device=features.device)
        total_nats = torch.zeros((), dtype=torch.float32, device=features.device)
        for rows, logits, room in _logits(features, product_weight, bias, chunk_rows):
            target = targets[rows, None]
            grad_logits = torch.softmax(logits, dim=1, out=logits)  # the buffer becomes softmax …
            # Taking the loss from the probabilities saves a pass over the chunk; what is less likely than a float32 can
            # hold counts as 87 nats, and its gradient is exact all the same.
            total_nats -= grad_logits.gather(1, target).clamp_min_(SMALLEST_PROBABILITY).log_().sum()
            grad_logits.scatter_add_(1, target, torch.full_like(target, -1, dtype=grad_logits.dtype))  # … − one-hot
            known = grad_logits[:, : len(weight)]  # beyond, all is 0
            grad_bias.addmv_(known.T, ones[: len(target)])  # their sum; twice as fast as asking for it
            # The zeros are copied too: 16-bit products read a little beyond V, and what is no number would spread.
            grad_logits = room.copy_(grad_logits)[:, : len(weight)]
            if features.dtype == weight.dtype:
                grad_weight.addmm_(grad_logits.T, features[rows])  # (V, rows) @ (rows, F) -> (V, F)
            else:
                grad_weight += grad_logits.T @ features[rows]
            torch.mm(grad_logits, product_weight, out=grad_features[rows])  # (rows, V) @ (V, F) -> (rows, F)
        n_rows = len(features)
        ctx.save_for_backward(grad_features.div_(n_rows), grad_weight.div_(n_rows), grad_bias.div_(n_rows))
        return total_nats / n_rows

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (scale,) = grad_outputs
        grad_features, grad_weight, grad_bias = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad_features * scale.to(grad_features.dtype), grad_weight * scale, grad_bias * scale, None, None
