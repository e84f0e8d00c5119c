"""Decode steps of one character: the model's weights, packed for small batches.

A step of one poem reads every weight once and multiplies it once, so that it takes as long as the reading. Weights that 16
bits hold exactly, as those of every packed model, are read in 16 bits: half as long, and the same products. Of others the
matrices lie column by column, from which the products read half as fast again as from PyTorch's rows.

Shapes: B poems, H hidden, V vocabulary, V′ the next multiple of `ALIGNED_FLOATS` from V on, F features.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from engine.config import Cell
from engine.model.fused_loss import ALIGNED_FLOATS

# The state of one layer: (h,) for rnn and gru, (h, c) for lstm; each (B, H).
LayerState = tuple[Tensor, ...]
# Address and write counter of each weight: they change when the weights do.
WeightVersion = tuple[tuple[int, int], ...]
# A layer's weights as PyTorch keeps them: w_ih, w_hh, b_ih, b_hh.
Layer = Sequence[Tensor]

# The instruction sets for which PyTorch multiplies float32 by 16-bit weights (FBGEMM).
_ENGINES_OF_16_BITS = ("x86", "fbgemm")


class DecodeWeights(Protocol):
    """Copies of a model's weights, packed for decode steps."""

    def cell(self, layer: int, below: Tensor, before: LayerState) -> LayerState:
        """Advance one layer: its input (B, …) and state to the new state."""

    def logits(self, hidden: Tensor) -> Tensor:
        """(B, H) -> (B, V′), −∞ beyond V."""


def weight_version(weights: Iterable[Tensor]) -> WeightVersion:
    return tuple((weight.data_ptr(), weight._version) for weight in weights)


@torch.no_grad()
def decode_weights(
    cell: Cell, layers: Sequence[Layer], projection: Tensor | None, output_weight: Tensor, output_bias: Tensor
) -> DecodeWeights:
    """The weights of a cell's layers, the projection where there is one, and the output layer, copied as suits them."""
    n_missing = -len(output_weight) % ALIGNED_FLOATS
    outputs: list[tuple[Tensor, Tensor | None]] = [] if projection is None else [(projection.detach(), None)]
    padded_weight = torch.nn.functional.pad(output_weight.detach(), (0, 0, 0, n_missing))
    outputs.append((padded_weight, torch.nn.functional.pad(output_bias.detach(), (0, n_missing), value=-torch.inf)))
    layers = [[weight.detach() for weight in layer] for layer in layers]
    matrices = [weight for layer in layers for weight in layer if weight.dim() == 2] + [weight for weight, _ in outputs]
    copied = _Float16Weights if all(map(_fits_16_bits, matrices)) else _Float32Weights
    return copied(cell, layers, outputs)


def _fits_16_bits(matrix: Tensor) -> bool:
    return (
        matrix.device.type == "cpu"
        and matrix.dtype == torch.float32
        and torch.backends.quantized.engine in _ENGINES_OF_16_BITS
        and torch.equal(matrix.half().float(), matrix)
    )


class _Float32Weights:
    """Any weights, on any device, stored column by column."""

    def __init__(self, cell: Cell, layers: Sequence[Layer], outputs: Sequence[tuple[Tensor, Tensor | None]]) -> None:
        self._step = _STEPS[cell]
        self._layers = [
            tuple(_by_columns(weight) if weight.dim() == 2 else weight for weight in layer) for layer in layers
        ]
        self._outputs = [(_by_columns(weight), bias) for weight, bias in outputs]

    def cell(self, layer: int, below: Tensor, before: LayerState) -> LayerState:
        return _as_state(self._step(below, before if len(before) == 2 else before[0], *self._layers[layer]))

    def logits(self, hidden: Tensor) -> Tensor:
        for weight, bias in self._outputs:
            hidden = torch.nn.functional.linear(hidden, weight, bias)
        return hidden


class _Float16Weights:
    """Weights that float16 holds exactly; activations and sums are float32."""

    def __init__(self, cell: Cell, layers: Sequence[Layer], outputs: Sequence[tuple[Tensor, Tensor | None]]) -> None:
        pack = torch.ops.quantized.linear_prepack_fp16
        self._step, self._product = _FLOAT16_STEPS[cell](), torch.ops.quantized.linear_dynamic_fp16
        self._layers = [(pack(w_ih, b_ih), pack(w_hh, b_hh), b_ih, b_hh) for w_ih, w_hh, b_ih, b_hh in layers]
        self._outputs = [pack(weight, bias) for weight, bias in outputs]

    def cell(self, layer: int, below: Tensor, before: LayerState) -> LayerState:
        return _as_state(self._step(below, list(before) if len(before) == 2 else before[0], *self._layers[layer]))

    def logits(self, hidden: Tensor) -> Tensor:
        for weight in self._outputs:
            hidden = self._product(hidden, weight)
        return hidden


_STEPS: dict[Cell, Callable[..., Any]] = {"rnn": torch.rnn_tanh_cell, "lstm": torch.lstm_cell, "gru": torch.gru_cell}
# Named when they are asked for: not every machine has them.
_FLOAT16_STEPS: dict[Cell, Callable[[], Callable[..., Any]]] = {
    "rnn": lambda: torch.ops.quantized.quantized_rnn_tanh_cell_dynamic,
    "lstm": lambda: torch.ops.quantized.quantized_lstm_cell_dynamic,
    "gru": lambda: torch.ops.quantized.quantized_gru_cell_dynamic,
}


def _as_state(after: Tensor | LayerState) -> LayerState:
    return (after,) if isinstance(after, Tensor) else after


def _by_columns(matrix: Tensor) -> Tensor:
    """The same matrix, each column in one piece of memory."""
    return matrix.T.contiguous().T
