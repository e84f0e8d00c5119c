"""Drawing a character for many rows at once.

Shapes: R rows, V vocabulary.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.composing.plan import Ints

# Below it float32 divides by nothing; the likeliest character is certain long before.
SMALLEST_TEMPERATURE = 1e-30
# So many times a row may hit a character that is not among the likeliest; then the rest is sorted.
MOST_MISSES = 12
# ln p of a character that is not allowed: less than any, and a number still, which is faster than −∞.
FORBIDDEN = np.float32(-1e30)
# A weight of e to this power is lost in any sum of weights up to 1.
LOWEST = -80.0

Scores = NDArray[np.float32]
Uniforms = Callable[[Ints], NDArray[np.float64]]


def draw_rows(scores: Scores, temperature: float, top_p: float, uniforms: Uniforms) -> Ints:
    """An index for each row of ln p (R, V), −∞ or `FORBIDDEN` where a character is not allowed; each row allows one at least.

    The likeliest at temperature 0, else one among those that hold `top_p` of the tempered mass: a character stays when
    those likelier than it do not hold `top_p` yet. Drawing anew whenever that is not so comes to the same as sorting,
    and takes a quarter of the time. `uniforms(rows)` gives the next number in [0, 1) of some rows.
    """
    chosen: Ints = np.zeros(len(scores), np.int64)
    if temperature == 0:
        np.argmax(scores, 1, out=chosen)
        return chosen
    scaled = scores - scores.max(1, keepdims=True)
    with np.errstate(over="ignore"):  # next to temperature 0 all but the likeliest become −∞, which is right
        scaled /= np.float32(max(temperature, SMALLEST_TEMPERATURE))
    if len(scaled) == 1:
        chosen[0] = _draw_alone(np.exp(scaled[0]), top_p, uniforms)
        return chosen
    weights = _exp(scaled)  # (R, V)
    held = weights.cumsum(1)  # summed in float64, so that it never falls
    pending: Ints = np.arange(len(scores))
    for _ in range(MOST_MISSES):
        found = _place(held, pending, uniforms(pending))
        chosen[pending] = found
        pending = pending[~_among_likeliest(weights, held, pending, found, top_p)]
        if not len(pending):
            break
    for row in pending:
        chosen[row] = _sorted_draw(weights[row].numpy(), top_p, float(uniforms(np.array([row]))[0]))
    return chosen


def _exp(scaled: Scores) -> Tensor:
    """exp of scores (R, V), in their place, 0 for those below e to the power of `LOWEST`."""
    # What exp cannot hold it computes five times as slowly; at the bound itself the difference is 0.
    weights = torch.from_numpy(scaled).clamp_(min=LOWEST).exp_()
    return weights.sub_(torch.full((1,), LOWEST).exp_())


def _draw_alone(weights: Scores, top_p: float, uniforms: Uniforms) -> int:
    """The same for one row of weights (V,), without what many rows cost."""
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


def _among_likeliest(weights: Tensor, held: Tensor, rows: Ints, chosen: Ints, top_p: float) -> NDArray[np.bool_]:
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
