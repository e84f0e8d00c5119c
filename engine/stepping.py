"""One character at a time: the model's weights as composing reads them.

A step of one poem reads every weight once and multiplies it once, so that it takes as long as the reading. From weights
that lie column by column the products read half as fast again as from PyTorch's rows, and their sums need no reordering.

Shapes: B poems, V vocabulary, V′ the next multiple of `ALIGNED_FLOATS` from V on, F features.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from engine.loss import ALIGNED_FLOATS

# What tells whether weights are still those that were copied: where each lies, and how often it was written.
Stamp = tuple[tuple[int, int], ...]


def stamp_of(weights: Iterable[Tensor]) -> Stamp:
    return tuple((weight.data_ptr(), weight._version) for weight in weights)


@dataclass(frozen=True, slots=True)
class StepWeights:
    """Copies, matrices column by column, made when the weights had `stamp`: for each layer as its cell takes them, the
    projection where there is one, and the output layer with rows of zeros up to V′."""

    stamp: Stamp
    layers: tuple[tuple[Tensor, ...], ...]
    projection: Tensor | None
    output_weight: Tensor
    output_bias: Tensor

    @classmethod
    @torch.no_grad()
    def copied(
        cls,
        stamp: Stamp,
        layers: Iterable[Iterable[Tensor]],
        projection: Tensor | None,
        output_weight: Tensor,
        output_bias: Tensor,
    ) -> Self:
        n_missing = -len(output_weight) % ALIGNED_FLOATS
        return cls(
            stamp=stamp,
            layers=tuple(
                tuple(_by_columns(weight) if weight.dim() == 2 else weight.detach() for weight in layer)
                for layer in layers
            ),
            projection=None if projection is None else _by_columns(projection),
            output_weight=_by_columns(torch.nn.functional.pad(output_weight, (0, 0, 0, n_missing))),
            output_bias=torch.nn.functional.pad(output_bias, (0, n_missing)),
        )


def _by_columns(matrix: Tensor) -> Tensor:
    """The same matrix, each column in one piece of memory."""
    return matrix.detach().T.contiguous().T
