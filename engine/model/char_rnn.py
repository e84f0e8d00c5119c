"""The network: embedding → rnn | lstm | gru layers (`engine.model.layers`) → (projection) → output layer over the vocabulary.

Shapes in this file: B poems in a batch, T characters, V vocabulary, V′ as in `engine.model.decode_step`, E embedding, H hidden,
F = E when tied, else H.
"""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Self

import torch
from torch import Tensor, nn

from engine.config.schema import ModelConfig
from engine.model.decode_step import (
    DecodeWeights,
    LayerState,
    WeightVersion,
    decode_weights,
    log_softmax_,
    weight_version,
)
from engine.model.layers import State, dropout, initial_state, layer_input, make_layers, residual_stream, run

N_GATES = {"rnn": 1, "lstm": 4, "gru": 3}

# Initial scale of linear weights that read normalised features. Normalisation enlarges the small initial layer outputs about twentyfold:
# at full scale `studio` started at 10.7 nats a character, not 8.9, and after 100 steps was 0.2 nats behind an unnormalised model.
NORM_INIT_SCALE = 0.1


class CharRNN(nn.Module):
    """A recurrent character model. A tied model shares one (V, E) table between its embedding and its output layer.

    Training uses PyTorch's layers: cuDNN on a GPU, oneDNN on a CPU. An LSTM written in tensor operations, with one product per step
    and one product for each weight's gradient, was no faster for a hidden size of 128 (the elementwise operations on the gates
    cost as much as the products save) and 25 % slower for 512. With 16-bit products and weights packed once per batch, for 512 an LSTM
    was as fast and a GRU 20 % faster; for 128 both were slower.
    """

    def __init__(self, config: ModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(vocab_size, config.embedding_size)
        self.recurrent = make_layers(config)
        if config.tied:
            self.projection: nn.Module = nn.Linear(config.hidden_size, config.embedding_size, bias=False)
            self.output_weight = self.embedding.weight
        else:
            self.projection = nn.Identity()
            self.output_weight = nn.Parameter(torch.empty(vocab_size, config.hidden_size))
        self.output_bias = nn.Parameter(torch.empty(vocab_size))
        self._all_weights = tuple(self.parameters())
        self._decode_weights: tuple[WeightVersion, DecodeWeights] | None = None
        initialise(self)

    def features(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Compute the features, the input of the output layer.

        Args:
            x: character indices (B, T).
            state: recurrent state before x; None at the beginning of the poems.

        Returns:
            features (B, T, F) and the state after the last character.
        """
        embedded = self._dropped(self.embedding(x))  # (B, T) -> (B, T, E)
        hidden, state_after = run(self.recurrent, embedded, state, self.config)  # (B, T, E) -> (B, T, H)
        return self.projection(self._dropped(hidden)), state_after  # (B, T, H) -> (B, T, F)

    def _dropped(self, x: Tensor) -> Tensor:
        return dropout(x, self.config.dropout, training=self.training)

    def logits(self, features: Tensor) -> Tensor:
        """Logits of every character: (..., F) -> (..., V)."""
        return nn.functional.linear(features, self.output_weight, self.output_bias)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits (B, T, V) and the state after x. Training uses `features` with `engine.model.fused_loss`, which avoids these logits."""
        features, state_after = self.features(x, state)
        return self.logits(features), state_after

    def step(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Decode one character: x (B,) -> logits (B, V) and the state after it, without dropout or gradients.

        It runs cell by cell: an LSTM layer of PyTorch repacks its weights at every call (oneDNN), which for a
        single character takes ten times as long as the computation.
        """
        logits, state_after = self._step(x, state)
        return logits[:, : len(self.output_bias)], state_after

    def step_log_probs(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """As `step`, with ln p (B, V) on the CPU in place of logits."""
        logits, state_after = self._step(x, state)
        log_probs = logits.float().cpu()
        log_softmax_(log_probs.numpy())
        return log_probs[:, : len(self.output_bias)], state_after

    def read(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read characters x (B, T), T > 0, by the decode steps of `step`, without computing logits.

        Returns:
            the input of the projection after each character (B, T, H) and the state after the last.
        """
        with _without_gradients():
            weights, hidden = self.pack(), []
            for column in x.unbind(1):
                top, state = self._read(weights, column, state)
                hidden.append(top)
            assert state is not None
            return torch.stack(hidden, dim=1), state

    def logits_after(self, hidden: Tensor) -> Tensor:
        """Logits (B, V) for inputs of the projection (B, H), as `step` computes them."""
        with _without_gradients():
            return self.pack().logits(hidden)[:, : len(self.output_bias)]

    def _step(self, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Logits (B, V′), −∞ beyond V, and the state after."""
        with _without_gradients():
            weights = self.pack()
            top, state_after = self._read(weights, x, state)
            return weights.logits(top), state_after

    def _read(self, weights: DecodeWeights, x: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Input of the projection (B, H), and the state after x (B,)."""
        below = nn.functional.embedding(x, self.embedding.weight)  # (B,) -> (B, E)
        state = initial_state(self.config, below) if state is None else state
        layers: list[LayerState] = []
        stream: Tensor | None = None
        for layer, before in enumerate(zip(*(part.unbind() for part in state), strict=True)):  # each (B, H)
            layers.append(weights.cell(layer, below, before))
            stream = residual_stream(self.config, stream, layers[-1][0])  # (B, H)
            below = layer_input(self.config, stream)  # (B, H)
        state_after = tuple(torch.stack(parts) for parts in zip(*layers, strict=True))  # each (n_layers, B, H)
        return below, state_after

    def train(self, mode: bool = True) -> Self:
        """Set the mode. Drops the packed weights of `step`: an optimiser may write parameters without a new version."""
        self._decode_weights = None
        return super().train(mode)

    def pack(self) -> DecodeWeights:
        """The weights packed for `step`; packed anew after the parameters were trained, loaded or moved."""
        version = weight_version(self._all_weights)
        if self._decode_weights is None or self.training or self._decode_weights[0] != version:
            projection = self.projection.weight if isinstance(self.projection, nn.Linear) else None
            self._decode_weights = (
                version,
                decode_weights(
                    self.config.cell, self.recurrent.all_weights, projection, self.output_weight, self.output_bias
                ),
            )
        return self._decode_weights[1]

    def n_params(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def n_multiply_adds(self) -> int:
        """Multiply-adds of the forward pass of one character, matrix products only; a training step costs three times as many."""
        recurrent = sum(weight.numel() for name, weight in self.recurrent.named_parameters() if "weight" in name)
        projection = sum(weight.numel() for weight in self.projection.parameters())
        return recurrent + projection + self.output_weight.numel()


def _without_gradients() -> AbstractContextManager[object]:
    """Inference mode, unless it is on already: entering it takes 5 % of a small model's step."""
    return nullcontext() if torch.is_inference_mode_enabled() else torch.inference_mode()


@torch.no_grad()
def initialise(model: CharRNN) -> None:
    """Initialise the weights by `model.config.init`.

    - `plain`: PyTorch's defaults: embeddings from a standard normal, all other weights and biases uniform in
      ±1/sqrt(fan_in).
    - `xavier`: that of the course experiment: embeddings uniform in ±1, linear weights uniform in
      ±sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010) with zero bias; recurrent layers as in `plain`.
    - `default`: that of the studio: embeddings normal with σ = 0.1, Glorot input weights, orthogonal recurrent weights gate by gate
      (Saxe et al. 2014), zero biases except 1 for the forget gate (Jozefowicz et al. 2015). Linear weights
      that read normalised features are scaled by `NORM_INIT_SCALE`.
    """
    config = model.config
    free_output = [] if config.tied else [model.output_weight]
    linear_weights = [*model.projection.parameters(), *free_output]
    if config.init == "plain":
        for weight in linear_weights:
            nn.init.kaiming_uniform_(weight, a=math.sqrt(5))
        bound = 1 / math.sqrt(model.output_weight.shape[1])
        nn.init.uniform_(model.output_bias, -bound, bound)
        return

    nn.init.zeros_(model.output_bias)
    for weight in linear_weights:
        nn.init.xavier_uniform_(weight)
    if config.init == "xavier":
        nn.init.uniform_(model.embedding.weight, -1.0, 1.0)
        return

    if config.layer_norm:
        for weight in linear_weights:
            weight.mul_(NORM_INIT_SCALE)
    nn.init.normal_(model.embedding.weight, std=0.1)
    for name, parameter in model.recurrent.named_parameters():
        gates = parameter.chunk(N_GATES[config.cell])
        for position, gate in enumerate(gates):
            if "weight_ih" in name:
                nn.init.xavier_uniform_(gate)
            elif "weight_hh" in name:
                nn.init.orthogonal_(gate)
            else:
                is_forget_gate = config.cell == "lstm" and position == 1 and "bias_ih" in name
                nn.init.constant_(gate, 1.0 if is_forget_gate else 0.0)
