"""Laws fitted to measurements: y = a + b · x^p, and y ∝ x^exponent, each with its share of explained variance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Affine:
    """y = base + slope · x^power, by least squares of the relative errors: a small value counts as much as a large one."""

    base: float
    slope: float
    power: int
    r2: float

    def at(self, x: float) -> float:
        return self.base + self.slope * x**self.power


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """y = factor · x^exponent, by least squares of the logarithms."""

    factor: float
    exponent: float
    r2: float


def affine(xs: Sequence[float], ys: Sequence[float], power: int = 1) -> Affine:
    """The affine law of two or more measurements, y > 0."""
    x, y = np.asarray(xs, np.float64) ** power, np.asarray(ys, np.float64)
    columns = np.stack([1 / y, x / y], axis=1)
    (base, slope), *_ = np.linalg.lstsq(columns, np.ones(len(y)), rcond=None)
    return Affine(float(base), float(slope), power, _explained(y, base + slope * x))


def power_law(xs: Sequence[float], ys: Sequence[float]) -> PowerLaw:
    """The power law of two or more measurements, x and y > 0."""
    x, y = np.log(np.asarray(xs, np.float64)), np.log(np.asarray(ys, np.float64))
    exponent, logarithm = np.polyfit(x, y, 1)
    return PowerLaw(math.exp(logarithm), float(exponent), _explained(y, logarithm + exponent * x))


def _explained(y: Floats, fitted: Floats) -> float:
    """R²: the share of the variance that a law explains; 1 without variance."""
    variance = float(((y - y.mean()) ** 2).sum())
    return 1.0 - float(((y - fitted) ** 2).sum()) / variance if variance > 0 else 1.0
