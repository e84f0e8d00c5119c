"""The equations of the three cells, one character at a time: for readers, tests and the inspector.

`engine.model.char_rnn` trains with PyTorch's layers; a test compares them with these equations to 1e-5. Weights are in PyTorch's
layout: gates stacked along the first axis, X Wᵀ for row vectors X.

Shapes: B poems, E input features, H hidden.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config.schema import Cell
from engine.model.char_rnn import CharRNN
from engine.model.layers import State, initial_state, layer_input, residual_stream


@dataclass(frozen=True, slots=True)
class CellWeights:
    """Weights of one layer: `input` (G·H, E), `hidden` (G·H, H), biases (G·H,). Gates G: rnn 1; gru 3 (R, Z, H̃); lstm 4 (I, F, C̃, O)."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor
    hidden_bias: Tensor

    def gates(self, n: int) -> "Iterator[CellWeights]":
        """The weights of each of n gates."""
        parts = (self.input, self.hidden, self.input_bias, self.hidden_bias)
        return (CellWeights(*of_gate) for of_gate in zip(*(part.chunk(n) for part in parts), strict=True))

    def from_input(self, x: Tensor) -> Tensor:
        return x @ self.input.T + self.input_bias  # (B, E) -> (B, H)

    def from_hidden(self, h: Tensor) -> Tensor:
        return h @ self.hidden.T + self.hidden_bias  # (B, H) -> (B, H)


@dataclass(frozen=True, slots=True)
class LayerStep:
    """Gates and states of one layer after a character; every tensor is (B, H).

    `gates`: lstm i f o, gru r z, rnn none. `states`: hidden (H_t) and hidden_before (H_{t−1}); a gru also has candidate (H̃), an
    lstm candidate (C̃), memory (C_t) and memory_before (C_{t−1}).
    """

    gates: Mapping[str, Tensor]
    states: Mapping[str, Tensor]


def rnn_step(x: Tensor, h: Tensor, weights: CellWeights) -> LayerStep:
    """H_t = tanh(X_t W_xh + H_{t−1} W_hh + b_h)."""
    hidden = torch.tanh(weights.from_input(x) + weights.from_hidden(h))
    return LayerStep({}, {"hidden": hidden, "hidden_before": h})


def lstm_step(x: Tensor, h: Tensor, c: Tensor, weights: CellWeights) -> LayerStep:
    """I, F, O = σ(X_t W_x• + H_{t−1} W_h• + b_•); C̃ = tanh(…); C_t = F ⊙ C_{t−1} + I ⊙ C̃; H_t = O ⊙ tanh(C_t)."""
    i, f, candidate, o = (gate.from_input(x) + gate.from_hidden(h) for gate in weights.gates(4))
    i, f, candidate, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(candidate), torch.sigmoid(o)
    memory = f * c + i * candidate
    states = {"hidden": o * torch.tanh(memory), "hidden_before": h, "memory": memory, "memory_before": c}
    return LayerStep({"i": i, "f": f, "o": o}, {**states, "candidate": candidate})


def gru_step(x: Tensor, h: Tensor, weights: CellWeights, *, is_textbook: bool = False) -> LayerStep:
    """R, Z = σ(X_t W_x• + H_{t−1} W_h• + b_•); H̃ = tanh(X_t W_xh + R ⊙ (H_{t−1} W_hh + b_hh)); H_t = Z ⊙ H_{t−1} + (1 − Z) ⊙ H̃.

    PyTorch (after cuDNN) applies R after the matrix product; Cho et al. 2014 and the textbooks (`is_textbook`) apply it before,
    (R ⊙ H_{t−1}) W_hh + b_h, which costs a second product in sequence.
    """
    reset, update, proposal = weights.gates(3)
    r = torch.sigmoid(reset.from_input(x) + reset.from_hidden(h))
    z = torch.sigmoid(update.from_input(x) + update.from_hidden(h))
    from_hidden = proposal.from_hidden(r * h) if is_textbook else r * proposal.from_hidden(h)
    candidate = torch.tanh(proposal.from_input(x) + from_hidden)
    states = {"hidden": z * h + (1 - z) * candidate, "hidden_before": h, "candidate": candidate}
    return LayerStep({"r": r, "z": z}, states)


_STEPS: Mapping[Cell, Callable[..., LayerStep]] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


@dataclass(frozen=True, slots=True)
class UnrolledStep:
    """The steps of all layers for a character, lowest layer first, and the input of the projection (B, H)."""

    layers: tuple[LayerStep, ...]
    top: Tensor


def unroll(model: CharRNN, x: Tensor, state: State | None = None) -> Iterator[UnrolledStep]:
    """Read x (B, T) in float32 and yield one step per character. `state`: the state before x; None at the beginning of poems."""
    weights = [CellWeights(*layer) for layer in model.recurrent.all_weights]
    embedded = model.embedding(x)  # (B, T) -> (B, T, E)
    state = initial_state(model.config, embedded) if state is None else state
    before = [[part[layer] for part in state] for layer in range(model.config.n_layers)]  # each (B, H)
    for t in range(x.shape[1]):
        below, stream, layers = embedded[:, t], None, list[LayerStep]()
        for number, layer_weights in enumerate(weights):
            layer = _STEPS[model.config.cell](below, *before[number], layer_weights)
            layers.append(layer)
            before[number] = [layer.states[name] for name in ("hidden", "memory") if name in layer.states]
            stream = residual_stream(model.config, stream, layer.states["hidden"])
            below = layer_input(model.config, stream)
        yield UnrolledStep(tuple(layers), below)
