"""The equations of the three cells, written out one character at a time: for the reader, the tests and the glass box.

`engine.model.char_rnn` trains with PyTorch's layers, which a test holds to these to 1e-5. Weights come in PyTorch's layout:
the gates stacked along the first axis, and applied to a row vector from the right (X Wᵀ).

Shapes: B poems, E input features, H hidden.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config.schema import Cell
from engine.model.char_rnn import CharRNN
from engine.model.layers import State, layer_input, residual_stream


@dataclass(frozen=True, slots=True)
class CellWeights:
    """One layer: `input` (G·H, E), `hidden` (G·H, H), biases (G·H,), with G gates: rnn 1; gru 3 (R, Z, H̃); lstm 4 (I, F, C̃, O)."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor
    hidden_bias: Tensor

    def gate(self, position: int, n_gates: int) -> "CellWeights":
        parts = (self.input, self.hidden, self.input_bias, self.hidden_bias)
        return CellWeights(*(part.chunk(n_gates)[position] for part in parts))

    def from_input(self, x: Tensor) -> Tensor:
        return x @ self.input.T + self.input_bias  # (B, E) -> (B, H)

    def from_hidden(self, h: Tensor) -> Tensor:
        return h @ self.hidden.T + self.hidden_bias  # (B, H) -> (B, H)


def rnn_step(x: Tensor, h: Tensor, weights: CellWeights) -> Tensor:
    """H_t = tanh(X_t W_xh + H_{t−1} W_hh + b_h)."""
    return torch.tanh(weights.from_input(x) + weights.from_hidden(h))


@dataclass(frozen=True, slots=True)
class LstmStep:
    """The gates and the states of one LSTM step, each (B, H)."""

    input_gate: Tensor
    forget_gate: Tensor
    output_gate: Tensor
    candidate: Tensor
    c: Tensor
    h: Tensor


def lstm_step(x: Tensor, h: Tensor, c: Tensor, weights: CellWeights) -> LstmStep:
    """I, F, O = σ(X_t W_x• + H_{t−1} W_h• + b_•); C̃ = tanh(…); C_t = F ⊙ C_{t−1} + I ⊙ C̃; H_t = O ⊙ tanh(C_t)."""

    def affine(position: int) -> Tensor:
        gate = weights.gate(position, n_gates=4)
        return gate.from_input(x) + gate.from_hidden(h)

    input_gate, forget_gate = torch.sigmoid(affine(0)), torch.sigmoid(affine(1))
    candidate, output_gate = torch.tanh(affine(2)), torch.sigmoid(affine(3))
    c_after = forget_gate * c + input_gate * candidate
    return LstmStep(input_gate, forget_gate, output_gate, candidate, c_after, output_gate * torch.tanh(c_after))


@dataclass(frozen=True, slots=True)
class GruStep:
    """The gates and the state of one GRU step, each (B, H)."""

    reset_gate: Tensor
    update_gate: Tensor
    candidate: Tensor
    h: Tensor


def gru_step(x: Tensor, h: Tensor, weights: CellWeights) -> GruStep:
    """R, Z = σ(X_t W_x• + H_{t−1} W_h• + b_•); H̃ = tanh(X_t W_xh + R ⊙ (H_{t−1} W_hh + b_hh)); H_t = Z ⊙ H_{t−1} + (1 − Z) ⊙ H̃.

    PyTorch (after cuDNN) applies R after the matrix product, as here; Cho et al. 2014 apply it before,
    (R ⊙ H_{t−1}) W_hh, which costs a second product in sequence. `gru_step_textbook` is that form.
    """
    reset, update, candidate = (weights.gate(position, n_gates=3) for position in range(3))
    reset_gate = torch.sigmoid(reset.from_input(x) + reset.from_hidden(h))
    update_gate = torch.sigmoid(update.from_input(x) + update.from_hidden(h))
    proposal = torch.tanh(candidate.from_input(x) + reset_gate * candidate.from_hidden(h))
    return GruStep(reset_gate, update_gate, proposal, update_gate * h + (1 - update_gate) * proposal)


def gru_step_textbook(x: Tensor, h: Tensor, weights: CellWeights) -> GruStep:
    """The GRU of the textbooks: H̃ = tanh(X_t W_xh + (R ⊙ H_{t−1}) W_hh + b_h)."""
    reset, update, candidate = (weights.gate(position, n_gates=3) for position in range(3))
    reset_gate = torch.sigmoid(reset.from_input(x) + reset.from_hidden(h))
    update_gate = torch.sigmoid(update.from_input(x) + update.from_hidden(h))
    proposal = torch.tanh(candidate.from_input(x) + candidate.from_hidden(reset_gate * h))
    return GruStep(reset_gate, update_gate, proposal, update_gate * h + (1 - update_gate) * proposal)


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
