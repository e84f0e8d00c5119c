"""Resampling of particles (sequential Monte Carlo).

Shapes: P particles of a poem.
"""

import numpy as np
from numpy.typing import NDArray

from engine.composing.constraints.plan import Ints

Weights = NDArray[np.float64]


def is_degenerate(log_weights: Weights) -> bool:
    """Whether the effective sample size of weights (P,) is below P / 2; False when every particle is dead."""
    weights = _normalised(log_weights)
    return bool(weights.any()) and 1 / float((weights**2).sum()) < len(weights) / 2


def resample(log_weights: Weights, rng: np.random.Generator) -> Ints:
    """Sample P particle indices by weights (P,) with one random number (systematic resampling)."""
    cumulative = _normalised(log_weights).cumsum()
    points = (np.arange(len(cumulative)) + rng.random()) / len(cumulative) * cumulative[-1]
    indices: Ints = np.minimum(np.searchsorted(cumulative, points, side="right"), len(cumulative) - 1)
    return indices


def _normalised(log_weights: Weights) -> Weights:
    """Weights that sum to 1, or all 0 when every particle is dead."""
    highest = log_weights.max()
    if highest == -np.inf:
        return np.zeros_like(log_weights)
    weights: Weights = np.exp(log_weights - highest)
    weights /= weights.sum()
    return weights
