"""Weights of rows that try continuations side by side (sequential Monte Carlo).

Shapes: P rows of a poem.
"""

import numpy as np
from numpy.typing import NDArray

from engine.composing.constraints.plan import Ints

Weights = NDArray[np.float64]


def is_uneven(log_weights: Weights) -> bool:
    """Whether weights (P,) are worth fewer than half as many equal ones (effective sample size); not when all are lost."""
    weights = _normalised(log_weights)
    return bool(weights.any()) and 1 / float((weights**2).sum()) < len(weights) / 2


def resample(log_weights: Weights, random: np.random.Generator) -> Ints:
    """P rows by their weights (P,), with one random number (systematic resampling: each at least as often as is fair)."""
    held = _normalised(log_weights).cumsum()
    places = (np.arange(len(held)) + random.random()) / len(held) * held[-1]
    chosen: Ints = np.minimum(np.searchsorted(held, places, side="right"), len(held) - 1)
    return chosen


def _normalised(log_weights: Weights) -> Weights:
    """Weights that sum to 1, or 0 for all when every row is lost."""
    highest = log_weights.max()
    if highest == -np.inf:
        return np.zeros_like(log_weights)
    weights: Weights = np.exp(log_weights - highest)
    weights /= weights.sum()
    return weights
