"""The network read character by character through the reference equations: every gate and state, with gradients where they are wanted.

Shapes: B poems, T characters, H hidden, L layers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from engine.config.schema import Cell
from engine.model.char_rnn import CharRNN
from engine.model.layers import State, layer_input, residual_stream
from engine.model.reference_cells import CellWeights, gru_step, lstm_step, rnn_step


@dataclass(frozen=True, slots=True)
class LayerStep:
    """One layer after a character, every tensor (B, H).

    `gates`: lstm i f o, gru r z, rnn none. `states`: hidden (H_t) and hidden_before (H_{t−1}), with a gru also candidate (H̃), with an
    lstm also candidate (C̃), memory (C_t) and memory_before.
    """

    gates: Mapping[str, Tensor]
    states: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class UnrolledStep:
    """The layers after a character, from the lowest up, and the input of the projection (B, H)."""

    layers: tuple[LayerStep, ...]
    top: Tensor


def unroll(model: CharRNN, x: Tensor, state: State | None = None) -> Iterator[UnrolledStep]:
    """Read x (B, T) in float32 and yield one step for each character. `state`: before x, None at the beginning of poems."""
    weights = [CellWeights(*layer) for layer in model.recurrent.all_weights]
    embedded = model.embedding(x)  # (B, T) -> (B, T, E)
    if state is None:
        zeros = embedded.new_zeros(model.config.n_layers, len(x), model.config.hidden_size)
        state = (zeros, zeros)
    before = [[part[layer] for part in state] for layer in range(model.config.n_layers)]  # each (B, H)
    for t in range(x.shape[1]):
        below, stream, layers = embedded[:, t], None, list[LayerStep]()
        for number, layer_weights in enumerate(weights):
            layer = _layer_step(model.config.cell, below, before[number], layer_weights)
            layers.append(layer)
            before[number] = [layer.states["hidden"], layer.states.get("memory", layer.states["hidden"])]
            stream = residual_stream(model.config, stream, layer.states["hidden"])
            below = layer_input(model.config, stream)
        yield UnrolledStep(tuple(layers), below)


def _layer_step(cell: Cell, x: Tensor, before: Sequence[Tensor], weights: CellWeights) -> LayerStep:
    """One layer's step by the equations, from its input (B, E) and its states before."""
    h = before[0]
    if cell == "lstm":
        lstm = lstm_step(x, h, before[1], weights)
        memory = {"memory": lstm.c, "memory_before": before[1], "candidate": lstm.candidate}
        gates = {"i": lstm.input_gate, "f": lstm.forget_gate, "o": lstm.output_gate}
        return LayerStep(gates, {"hidden": lstm.h, "hidden_before": h, **memory})
    if cell == "gru":
        gru = gru_step(x, h, weights)
        states = {"hidden": gru.h, "hidden_before": h, "candidate": gru.candidate}
        return LayerStep({"r": gru.reset_gate, "z": gru.update_gate}, states)
    return LayerStep({}, {"hidden": rnn_step(x, h, weights), "hidden_before": h})
