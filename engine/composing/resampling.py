"""Resampling of particles (sequential Monte Carlo).

Shapes: N poems, P particles of each.
"""

import numpy as np
from numpy.typing import NDArray

from engine.composing.constraints.plan import Ints

Weights = NDArray[np.float64]


def are_degenerate(log_weights: Weights) -> NDArray[np.bool_]:
    """Whether the effective sample size of each poem's weights (N, P) is below P / 2; False where every particle is dead."""
    weights = _normalised(log_weights)
    return np.asarray((weights**2).sum(1) * weights.shape[1] > 2)


def resample(log_weights: Weights, rng: np.random.Generator) -> Ints:
    """Sample P particle indices by weights (P,) with one random number (systematic resampling)."""
    cumulative = _normalised(log_weights[None])[0].cumsum()
    points = (np.arange(len(cumulative)) + rng.random()) / len(cumulative) * cumulative[-1]
    indices: Ints = np.minimum(np.searchsorted(cumulative, points, side="right"), len(cumulative) - 1)
    return indices


def _normalised(log_weights: Weights) -> Weights:
    """Weights (N, P) that sum to 1 for each poem, or are all 0 when every particle is dead."""
    highest = log_weights.max(1, keepdims=True)
    weights: Weights = np.exp(log_weights - np.where(np.isneginf(highest), 0, highest))
    weights /= np.maximum(weights.sum(1, keepdims=True), np.finfo(np.float64).tiny)
    return weights
