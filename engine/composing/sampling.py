"""Drawing a character for one row or many at once.

Of many rows every operation goes through the whole vocabulary of all of them: some operations of NumPy and PyTorch take a tenth of
the time of others that say the same (a mask as a number to add, not as a choice), and those stand here.

Shapes: R rows, V vocabulary.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.composing.constraints.plan import Ints
from engine.composing.token_prosody import Bools

# The likeliest character is certain long before; over less, ln p of weights far from any that are learned leaves float32.
SMALLEST_TEMPERATURE = 1e-18
# So many times a row may hit a character that is not among the likeliest; then the rest is sorted.
MOST_MISSES = 12
# What is added to a character that is not allowed: more than any ln p over any temperature, and a number still.
FORBIDDEN = 3e38

Scores = NDArray[np.float32]
Uniforms = Callable[[Ints], NDArray[np.float64]]


def draw_rows(log_p: Scores, allowed: Bools, temperature: float, top_p: float, uniforms: Uniforms) -> Ints:
    """An index for each row of ln p (R, V) among those `allowed`, (R, V) or for all rows (1, V): one a row at least.

    The likeliest at temperature 0, else one among those that hold `top_p` of the tempered mass: a character stays when
    those likelier than it do not hold `top_p` yet, so that the likeliest always stays, and of equally likely ones all or none.
    Drawing anew whenever that is not so comes to the same as sorting, and takes a quarter of the time. `uniforms(rows)` gives
    the next number in [0, 1) of some rows.
    """
    if len(log_p) == 1:
        # Most places take less than half of the vocabulary, and the rest need not be looked at.
        columns = np.flatnonzero(allowed[0])
        return columns[[_draw_alone(log_p[0, columns], temperature, top_p, uniforms)]]
    if temperature == 0:
        return _tempered(log_p, allowed, 1.0).argmax(1).numpy()
    weights = torch.softmax(_tempered(log_p, allowed, temperature), dim=1)  # (R, V)
    held = weights.cumsum(1)  # summed in float64, so that it never falls
    chosen: Ints = np.zeros(len(log_p), np.int64)
    pending: Ints = np.arange(len(log_p))
    for _ in range(MOST_MISSES):
        found = _place(held, pending, uniforms(pending))
        chosen[pending] = found
        pending = pending[~_among_likeliest(weights, held, pending, found, top_p)]
        if not len(pending):
            break
    for row in pending:
        chosen[row] = _sorted_draw(weights[row].numpy(), top_p, float(uniforms(np.array([row]))[0]))
    return chosen


def _tempered(log_p: Scores, allowed: Bools, temperature: float) -> Tensor:
    """ln p over the temperature (R, V), out of reach where a character is not allowed."""
    # As bytes they become numbers in a third of the time.
    forbidden = torch.from_numpy(allowed.view(np.uint8)).float().sub_(1).mul_(FORBIDDEN)
    return torch.add(forbidden, torch.from_numpy(log_p), alpha=1 / max(temperature, SMALLEST_TEMPERATURE))


def _draw_alone(log_p: Scores, temperature: float, top_p: float, uniforms: Uniforms) -> int:
    """The same for one row of ln p (V,), without what many rows cost."""
    if temperature == 0:
        return int(log_p.argmax())
    with np.errstate(over="ignore"):  # next to temperature 0 all but the likeliest become −∞, which is right
        weights = np.exp((log_p - log_p.max()) / np.float32(max(temperature, SMALLEST_TEMPERATURE)))
    row: Ints = np.zeros(1, np.int64)
    held = weights.cumsum(dtype=np.float64)
    for _ in range(MOST_MISSES):
        # In float32 as many rows are drawn, so that a poem comes out alike alone and among others.
        place = np.float32(uniforms(row)[0]) * np.float32(held[-1])
        chosen = int(np.searchsorted(held, min(place, np.nextafter(held[-1], 0)), side="right"))
        if top_p >= 1 or weights[weights > weights[chosen]].sum() < top_p * held[-1]:
            return chosen
    return _sorted_draw(weights, top_p, float(uniforms(row)[0]))


def _place(held: Tensor, rows: Ints, uniforms: NDArray[np.float64]) -> Ints:
    """Where in their running sums (R, V) these rows' numbers fall."""
    own = held if len(rows) == len(held) else held[torch.from_numpy(rows)]
    totals = own[:, -1:]
    # Rounded to float32 a number may become 1, and the place the total, behind which nothing stands.
    places = torch.minimum(
        torch.from_numpy(uniforms).float()[:, None] * totals, totals.nextafter(torch.zeros_like(totals))
    )
    return torch.searchsorted(own, places, right=True)[:, 0].numpy()


def _among_likeliest(weights: Tensor, held: Tensor, rows: Ints, chosen: Ints, top_p: float) -> Bools:
    if top_p >= 1:
        return np.ones(len(rows), np.bool_)
    where = torch.from_numpy(rows)
    own = (weights if len(rows) == len(weights) else weights[where]).numpy()
    least = np.take_along_axis(own, chosen[:, None], axis=1)
    likelier = np.einsum("rv,rv->r", own, own > least)
    return np.asarray(likelier < top_p * held[where, -1].numpy())


def _sorted_draw(weights: Scores, top_p: float, uniform: float) -> int:
    """The same of one row's weights (V,) by sorting them."""
    descending = np.sort(weights)[::-1]
    held = descending.cumsum(dtype=np.float64)
    kept = np.where(weights >= descending[np.searchsorted(held, top_p * held[-1])], weights, 0)
    held = kept.cumsum(dtype=np.float64)
    return int(np.searchsorted(held, uniform * held[-1], side="right"))
