"""Top-p (nucleus) sampling with temperature, for one row or many.

Rows are processed a few at a time, so that their weights stay in the processor's cache, and by NumPy: PyTorch
would distribute each short operation over threads, and during a training waiting for them takes 10 times as long as the operation.

Shapes: R rows, V vocabulary, K blocks of `BLOCK` tokens.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.composing.constraints.plan import Ints
from engine.composing.constraints.token_prosody import Bools

# Lower bound of the temperature: sampling is greedy far above it, and ln p divided by less may overflow float32.
MIN_TEMPERATURE = 1e-18
# Maximum rejections of a row before its distribution is sorted.
MAX_REJECTIONS = 12
# Magnitude of the logit bias of a forbidden token: larger than any |ln p| / temperature, and finite.
FORBIDDEN = 3e38
# Rows per pass: their weights (0.5 MB for 8,000 tokens) fit into the L2 cache of most processors.
ROWS_AT_ONCE = 16
BLOCK = 64
# A row with a smaller sum of weights has lost digits to underflow; its weights are computed anew, relative to the largest.
MIN_TOTAL_WEIGHT = 1e-25

LogProbs = NDArray[np.float32]
Uniforms = Callable[[Ints], NDArray[np.float64]]


def sample_top_p(log_probs: LogProbs, allowed: Bools, temperature: float, top_p: float, uniforms: Uniforms) -> Ints:
    """Sample a token for each row of ln p (R, V).

    Greedy at temperature 0, else from the temperature-scaled distribution restricted to its nucleus: the tokens whose likelier
    tokens together have less than `top_p`. Rejection sampling from the whole distribution has the same result without a sort.

    Args:
        allowed: mask of the tokens that may be sampled, at least one per row: (R, V), or (1, V) for all rows.
        uniforms: returns the next random number in [0, 1) for each of the given rows.
    """
    if len(log_probs) == 1:
        # The allowed columns alone: most slots allow less than half of the vocabulary.
        columns = np.flatnonzero(allowed[0])
        return columns[[_sample_one(log_probs[0, columns], temperature, top_p, uniforms)]]
    if temperature == 0:
        return _scaled_logits(log_probs, allowed, 1.0).argmax(1).numpy()
    chosen: Ints = np.zeros(len(log_probs), np.int64)
    pending: Ints = np.arange(len(log_probs))
    for _ in range(MAX_REJECTIONS):
        numbers = uniforms(pending)
        accepted = np.zeros(len(pending), np.bool_)
        for start in range(0, len(pending), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            # All rows in the first round: a slice avoids a copy.
            rows = some if len(pending) == len(chosen) else pending[some]
            weights = _weights(log_probs[rows], allowed if len(allowed) == 1 else allowed[rows], temperature)
            chosen[rows], totals = _invert_cdf(weights, numbers[some])
            accepted[some] = _in_nucleus(weights, totals, chosen[rows], top_p)
        pending = pending[~accepted]
        if not len(pending):
            return chosen
    for row in pending:
        weights = _weights(log_probs[[row]], allowed if len(allowed) == 1 else allowed[[row]], temperature)
        chosen[row] = _sample_sorted(weights[0], top_p, float(uniforms(np.array([row]))[0]))
    return chosen


def log_allowed_mass(log_probs: LogProbs, allowed: Bools) -> NDArray[np.float64]:
    """ln of the probability mass of the allowed tokens (R,), from ln p (R, V) and masks (R, V)."""
    masses = np.zeros(len(log_probs))
    for start in range(0, len(log_probs), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        masses[rows] = np.einsum("rv,rv->r", np.exp(log_probs[rows]), allowed[rows])
    return np.asarray(np.log(masses))


def _weights(log_probs: LogProbs, allowed: Bools, temperature: float) -> LogProbs:
    """The temperature-scaled distribution (R, K · BLOCK) of the allowed tokens, not normalised; 0 beyond V."""
    n_rows, n_tokens = log_probs.shape
    padded = np.zeros((n_rows, -(-n_tokens // BLOCK) * BLOCK), np.float32)
    weights = padded[:, :n_tokens]
    with np.errstate(over="ignore", under="ignore"):  # near temperature 0 all weights but the largest become 0
        np.multiply(log_probs, np.float32(1 / max(temperature, MIN_TEMPERATURE)), out=weights)
        np.exp(weights, out=weights)
    weights *= allowed
    is_low = weights.sum(1) < MIN_TOTAL_WEIGHT
    if is_low.any():
        own = allowed if len(allowed) == 1 else allowed[is_low]
        weights[is_low] = torch.softmax(_scaled_logits(log_probs[is_low], own, temperature), dim=1).numpy()
    return padded


def _invert_cdf(weights: LogProbs, uniforms: NDArray[np.float64]) -> tuple[Ints, NDArray[np.float64]]:
    """Sample a token of each row by inverting the cumulative distribution, first its block, then within the block.

    Returns the tokens (R,) and the sums of the weights (R,).
    """
    rows = np.arange(len(weights))
    blocks = weights.reshape(len(weights), -1, BLOCK)
    cdf = np.add.reduce(blocks, axis=2).cumsum(1, dtype=np.float64)  # (R, K)
    points = uniforms * cdf[:, -1]
    block = np.minimum((cdf <= points[:, None]).sum(1), cdf.shape[1] - 1)
    before = np.where(block > 0, cdf[rows, block - 1], 0.0)
    within = blocks[rows, block]  # (R, BLOCK)
    position = (within.cumsum(1, dtype=np.float64) <= (points - before)[:, None]).sum(1)
    # Rounding may place the point just after the block's last token of positive weight.
    last = BLOCK - 1 - (within[:, ::-1] > 0).argmax(1)
    return block * BLOCK + np.minimum(position, last), cdf[:, -1]


def _in_nucleus(weights: LogProbs, totals: NDArray[np.float64], chosen: Ints, top_p: float) -> Bools:
    """Whether the tokens likelier than the chosen one have less than `top_p` of the row's total; all (R,)."""
    if top_p >= 1:
        return np.ones(len(weights), np.bool_)
    least = np.take_along_axis(weights, chosen[:, None], axis=1)
    likelier = np.einsum("rv,rv->r", weights, weights > least)
    return np.asarray(likelier < top_p * totals)


def _scaled_logits(log_probs: LogProbs, allowed: Bools, temperature: float) -> Tensor:
    """ln p / temperature (R, V), less `FORBIDDEN` for tokens that are not allowed."""
    # Conversion from bytes is three times as fast as from booleans.
    forbidden = torch.from_numpy(allowed.view(np.uint8)).float().sub_(1).mul_(FORBIDDEN)
    return torch.add(forbidden, torch.from_numpy(log_probs), alpha=1 / max(temperature, MIN_TEMPERATURE))


def _sample_one(log_probs: LogProbs, temperature: float, top_p: float, uniforms: Uniforms) -> int:
    """As `sample_top_p`, for one row of ln p (V,) of allowed tokens, without the overhead of batches."""
    if temperature == 0:
        return int(log_probs.argmax())
    with np.errstate(over="ignore"):  # near temperature 0 all logits but the largest become −∞, as intended
        weights = np.exp((log_probs - log_probs.max()) / np.float32(max(temperature, MIN_TEMPERATURE)))
    row: Ints = np.zeros(1, np.int64)
    cdf = weights.cumsum(dtype=np.float64)
    for _ in range(MAX_REJECTIONS):
        chosen = int(np.searchsorted(cdf, uniforms(row)[0] * cdf[-1], side="right"))
        if top_p >= 1 or weights[weights > weights[chosen]].sum() < top_p * cdf[-1]:
            return chosen
    return _sample_sorted(weights, top_p, float(uniforms(row)[0]))


def _sample_sorted(weights: LogProbs, top_p: float, uniform: float) -> int:
    """Sample from the nucleus of one row's weights (V,) by sorting them."""
    descending = np.sort(weights)[::-1]
    cdf = descending.cumsum(dtype=np.float64)
    kept = np.where(weights >= descending[np.searchsorted(cdf, top_p * cdf[-1])], weights, 0)
    cdf = kept.cumsum(dtype=np.float64)
    return int(np.searchsorted(cdf, uniform * cdf[-1], side="right"))
