"""Decode steps of one character: the model's weights, packed for small batches.

A step of one poem takes the time of reading the weights once, a step of many poems that of the products. In order of preference:

- bfloat16 products with float32 sums, on processors with AMX tiles and for layers large enough to gain from them. A product of
  256 rows with a matrix of 2,048 × 4,096 takes 5 ms on one thread, in float16 42 ms; with a single row both take the same time.
- float16 weights with float32 products, for weights that float16 represents exactly, as those of every packed model.
- float32, with matrices stored column by column: 1.5 times as fast as PyTorch's row order.

Rounding differs between the three, so that a seed reproduces a poem only with the same one.

Shapes: B poems, E input, H hidden, V vocabulary, V′ the next multiple of `ALIGNED_FLOATS` from V on, F features.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.config.schema import Cell
from engine.model.devices import has_fast_bfloat16
from engine.model.fused_loss import ALIGNED_FLOATS

# The state of one layer: (h,) for rnn and gru, (h, c) for lstm; each (B, H).
LayerState = tuple[Tensor, ...]
# Address and version counter of each weight; they change with the weights.
WeightVersion = tuple[tuple[int, int], ...]
# A layer's weights as PyTorch keeps them: w_ih, w_hh, b_ih, b_hh.
Layer = Sequence[Tensor]

# Rows per pass of `log_softmax_`.
_ROWS_AT_ONCE = 16
# The quantisation engines with which PyTorch multiplies float32 by 16-bit weights (FBGEMM).
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
    """Copy and pack the weights of the layers, the projection (None: the model has none) and the output layer."""
    n_missing = -len(output_weight) % ALIGNED_FLOATS
    outputs: list[tuple[Tensor, Tensor | None]] = [] if projection is None else [(projection.detach(), None)]
    padded_weight = torch.nn.functional.pad(output_weight.detach(), (0, 0, 0, n_missing))
    outputs.append((padded_weight, torch.nn.functional.pad(output_bias.detach(), (0, n_missing), value=-torch.inf)))
    layers = [[weight.detach() for weight in layer] for layer in layers]
    matrices = [weight for layer in layers for weight in layer if weight.dim() == 2] + [weight for weight, _ in outputs]
    if can_multiply_bfloat16(output_weight.device, hidden_size=layers[0][1].shape[1]):
        return _BFloat16Weights(cell, layers, outputs)
    copied = _Float16Weights if all(map(_fits_16_bits, matrices)) else _Float32Weights
    return copied(cell, layers, outputs)


def can_multiply_bfloat16(device: torch.device, hidden_size: int) -> bool:
    """Whether steps use bfloat16 products: decided by the processor's features alone, so that the choice never depends on timing."""
    return device.type == "cpu" and has_fast_bfloat16(device, hidden_size) and _HAS_BFLOAT16_OPERATORS


def _fits_16_bits(matrix: Tensor) -> bool:
    return (
        matrix.device.type == "cpu"
        and matrix.dtype == torch.float32
        and torch.backends.quantized.engine in _ENGINES_OF_16_BITS
        and torch.equal(matrix.half().float(), matrix)
    )


def log_softmax_(logits: NDArray[np.float32]) -> None:
    """Turn logits (B, V′) into ln p in place, on one thread, a few rows at a time, which stay in the processor's cache."""
    for start in range(0, len(logits), _ROWS_AT_ONCE):
        rows = logits[start : start + _ROWS_AT_ONCE]
        rows -= rows.max(1, keepdims=True)
        rows -= np.log(np.exp(rows).sum(1, keepdims=True))


class _Float32Weights:
    """Float32 weights on any device, stored column by column."""

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
    """Weights that float16 represents exactly; activations and sums are float32."""

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


class _BFloat16Weights:
    """Weights rounded to bfloat16 and packed for oneDNN; biases, gates and states stay in float32.

    The logits are rounded to bfloat16 too, an error of 0.01 nats of ln p: for float32 results oneDNN rounds the weight at every call,
    which takes as long as the product of 256 rows.
    """

    def __init__(self, cell: Cell, layers: Sequence[Layer], outputs: Sequence[tuple[Tensor, Tensor | None]]) -> None:
        self._layers = [(_BFloat16Gru if cell == "gru" else _BFloat16RnnOrLstm)(*layer) for layer in layers]
        self._outputs = [(_PackedLinear(weight), bias) for weight, bias in outputs]

    def cell(self, layer: int, below: Tensor, before: LayerState) -> LayerState:
        return self._layers[layer].step(below, before)

    def logits(self, hidden: Tensor) -> Tensor:
        for linear, bias in self._outputs:
            hidden = linear(hidden)
            if bias is not None:
                hidden += bias
        return hidden


class _PackedLinear:
    """(B, K) -> (B, N) in bfloat16, for a float32 weight (N, K).

    Rows are padded to a multiple of `TILE_ROWS` and multiplied `MAX_ROWS` at a time: for other numbers of rows oneDNN sums in another
    order, and rounding to bfloat16 amplifies the difference. After 12 steps the logits of a poem alone and in a batch
    differed by 0.02, and 75 % of the poems differed from those of the batch. One row takes as long
    as 64: the time of reading the weight.
    """

    TILE_ROWS, MAX_ROWS = 64, 256

    def __init__(self, weight: Tensor) -> None:
        self._packed, self._n_columns = torch.ops.mkldnn._reorder_linear_weight(weight.bfloat16()), weight.shape[1]

    def __call__(self, *inputs: Tensor) -> Tensor:
        n_rows, end = len(inputs[0]), 0
        x = torch.zeros(-(-n_rows // self.TILE_ROWS) * self.TILE_ROWS, self._n_columns, dtype=torch.bfloat16)
        for one in inputs:
            start, end = end, end + one.shape[1]
            x[:n_rows, start:end] = one
        products = [self._product(x[at : at + self.MAX_ROWS]) for at in range(0, len(x), self.MAX_ROWS)]
        return (products[0] if len(products) == 1 else torch.cat(products))[:n_rows].float()

    def _product(self, x: Tensor) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, None, "none", [], "")
        return product


class _BFloat16RnnOrLstm:
    def __init__(self, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> None:
        self._linear, self._bias = _PackedLinear(torch.cat((w_ih, w_hh), dim=1)), b_ih + b_hh

    def step(self, below: Tensor, before: LayerState) -> LayerState:
        if len(before) == 1:
            return (self._linear(below, before[0]).add_(self._bias).tanh_(),)
        h, c = before
        i, f, g, o = self._linear(below, h).add_(self._bias).chunk(4, dim=1)  # each (B, H)
        c_after = f.sigmoid_().mul_(c).addcmul_(i.sigmoid_(), g.tanh_())
        return o.sigmoid_() * c_after.tanh(), c_after


class _BFloat16Gru:
    """A GRU whose reset gate is applied after the product with w_hh, as in PyTorch, which keeps the two products separate."""

    def __init__(self, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> None:
        self._input, self._hidden = _PackedLinear(w_ih), _PackedLinear(w_hh)
        self._b_ih, self._b_hh = b_ih, b_hh

    def step(self, below: Tensor, before: LayerState) -> LayerState:
        (h,) = before
        r, z, n = self._input(below).add_(self._b_ih).chunk(3, dim=1)  # each (B, H)
        r_of_h, z_of_h, n_of_h = self._hidden(h).add_(self._b_hh).chunk(3, dim=1)
        r, z = r.add_(r_of_h).sigmoid_(), z.add_(z_of_h).sigmoid_()
        candidate = n.addcmul_(r, n_of_h).tanh_()
        return (torch.lerp(candidate, h, z),)


# Private operators of PyTorch's inductor, which other versions may lack.
_HAS_BFLOAT16_OPERATORS = hasattr(torch.ops.mkldnn, "_linear_pointwise") and hasattr(
    torch.ops.mkldnn, "_reorder_linear_weight"
)

_STEPS: dict[Cell, Callable[..., Any]] = {"rnn": torch.rnn_tanh_cell, "lstm": torch.lstm_cell, "gru": torch.gru_cell}
# Looked up on use: not every machine has these operators.
_FLOAT16_STEPS: dict[Cell, Callable[[], Callable[..., Any]]] = {
    "rnn": lambda: torch.ops.quantized.quantized_rnn_tanh_cell_dynamic,
    "lstm": lambda: torch.ops.quantized.quantized_lstm_cell_dynamic,
    "gru": lambda: torch.ops.quantized.quantized_gru_cell_dynamic,
}


def _as_state(after: Tensor | LayerState) -> LayerState:
    return (after,) if isinstance(after, Tensor) else after


def _by_columns(matrix: Tensor) -> Tensor:
    """The same matrix with contiguous columns."""
    return matrix.T.contiguous().T
