"""The recurrent layers: plainly stacked, or with residual connections and layer normalisation between them.

The residual stream above a layer is its output; with `residual` (He et al. 2016) it is the sum of the outputs of this layer and all
layers below. The next layer and the projection read the stream; with `layer_norm` they read it normalised to mean 0 and variance 1
(Ba, Kiros and Hinton 2016), while the stream itself stays unnormalised ("pre-norm", Xiong et al. 2020).

The normalisation has no parameters: a linear map with a bias reads its output, so that a gain and an offset would be redundant.

Shapes: B poems, T characters, E embedding, H hidden.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from engine.config.schema import ModelConfig

# Random bits per activation for dropout.
BITS = 16


def dropout(x: Tensor, rate: float, *, training: bool) -> Tensor:
    """Dropout (Srivastava et al. 2014) for a tensor of any shape.

    In training it sets each activation to 0 with probability `rate` and scales the others by 1 / (1 − rate). On a CPU, PyTorch draws
    one number per activation on one core, which takes a seventh of a 16-bit training step of `studio`. Here four activations share
    a 64-bit number, 16 bits each.
    """
    if not training or rate == 0:
        return x
    if x.device.type != "cpu":
        return nn.functional.dropout(x, rate)
    return x * _mask(x, rate)


def _mask(x: Tensor, rate: float) -> Tensor:
    """0 or the scale 1 / (1 − rate), in x's shape and type; the rate is rounded to a multiple of 2⁻¹⁶."""
    n_dropped = round(rate * 2**BITS)
    draws = torch.empty(-(-x.numel() * BITS // 64), dtype=torch.int64).random_(-(2**63), None)
    stays: Tensor = draws.view(torch.int16)[: x.numel()].view(x.shape) >= n_dropped - 2 ** (BITS - 1)
    return stays.to(x.dtype).mul_(2**BITS / (2**BITS - n_dropped))


# The recurrent state between two characters: (h,) for rnn and gru, (h, c) for lstm; each (n_layers, B, H).
State = tuple[Tensor, ...]

LAYERS: dict[str, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
# The same layers as functions of their weights.
_WITH_WEIGHTS: dict[type[nn.RNNBase], Callable[..., Any]] = {
    nn.RNN: torch.rnn_tanh,
    nn.LSTM: torch.lstm,
    nn.GRU: torch.gru,
}
# Devices whose stacked layers are wrong with dropout. On Apple's, the gradients of an LSTM are those without dropout
# (pytorch#190056, PyTorch 2.13 and before), and dropout stayed active in evaluation mode (pytorch#180744).
UNSTACKED_DEVICES = frozenset({"mps"})
# Index of w_hh among a layer's weights.
RECURRENT = 1


def make_layers(config: ModelConfig) -> "nn.RNNBase | ResidualRNN":
    """One stacked layer of PyTorch, or a `ResidualRNN` for residual connections or layer normalisation."""
    if config.residual or config.layer_norm:
        return ResidualRNN(config)
    return LAYERS[config.cell](
        config.embedding_size,
        config.hidden_size,
        num_layers=config.n_layers,
        batch_first=True,
        dropout=config.dropout if config.n_layers > 1 else 0.0,
    )


def residual_stream(config: ModelConfig, from_below: Tensor | None, hidden: Tensor) -> Tensor:
    """Residual stream above a layer with output `hidden` (…, H). `from_below`: the stream below the layer, None for the first one."""
    return hidden if from_below is None or not config.residual else from_below + hidden


def layer_input(config: ModelConfig, stream: Tensor) -> Tensor:
    """Input of the next layer or the projection: the residual stream (…, H), normalised with `layer_norm`."""
    return nn.functional.layer_norm(stream, stream.shape[-1:]) if config.layer_norm else stream


def run(
    layers: "nn.RNNBase | ResidualRNN", x: Tensor, state: State | None, recurrent_dropout: float = 0.0
) -> tuple[Tensor, State]:
    """Run the layers on embedded characters x (B, T, E); returns the output (B, T, H) and the state after the last character."""
    if isinstance(layers, ResidualRNN):
        return cast(tuple[Tensor, State], layers(x, state))
    if layers.num_layers > 1 and x.device.type in UNSTACKED_DEVICES:
        return _run_unstacked(layers, x, state, recurrent_dropout)
    if layers.training and recurrent_dropout:
        return _run_with_dropped_weights(layers, x, state, recurrent_dropout)
    # Only the LSTM takes and returns its state as a tuple.
    packed_state = None if state is None else (state if len(state) == 2 else state[0])
    hidden, after = layers(x, packed_state)
    return hidden, after if isinstance(after, tuple) else (after,)


def _run_with_dropped_weights(
    layers: nn.RNNBase, x: Tensor, state: State | None, recurrent_dropout: float
) -> tuple[Tensor, State]:
    """As `run`, with dropout on the recurrent weights, one mask for the whole batch (Merity et al. 2018)."""
    weights = [weight for layer in layers.all_weights for weight in _dropped_weights(layer, recurrent_dropout)]
    return _run_with(layers, weights, x, _or_zeros(layers, x, state), layers.num_layers, layers.dropout)


def _run_unstacked(
    layers: nn.RNNBase, x: Tensor, state: State | None, recurrent_dropout: float
) -> tuple[Tensor, State]:
    """As `run`, one layer at a time, with our dropout between layers."""
    before, after = _or_zeros(layers, x, state), []
    for number, weights in enumerate(layers.all_weights):
        if number:
            x = dropout(x, layers.dropout, training=layers.training)
        used = _dropped_weights(weights, recurrent_dropout) if layers.training else weights
        x, state_after = _run_with(layers, used, x, tuple(part[number : number + 1] for part in before), 1, 0.0)
        after.append(state_after)
    return x, tuple(torch.cat(parts) for parts in zip(*after, strict=True))


def _run_with(
    layers: nn.RNNBase, weights: Sequence[Tensor], x: Tensor, state: State, n_layers: int, dropout_between: float
) -> tuple[Tensor, State]:
    """Run PyTorch's layers of this type with the given weights: w_ih, w_hh, b_ih, b_hh of each of `n_layers`."""
    hidden, *after = _WITH_WEIGHTS[type(layers)](
        x,
        state if len(state) == 2 else state[0],
        weights,
        True,  # biases
        n_layers,
        dropout_between,
        layers.training,
        False,  # one direction
        True,  # batch first
    )
    return hidden, tuple(after)


def _dropped_weights(weights: Sequence[Tensor], recurrent_dropout: float) -> list[Tensor]:
    """A layer's weights, with dropout on w_hh."""
    return [
        dropout(weight, recurrent_dropout, training=True) if index == RECURRENT else weight
        for index, weight in enumerate(weights)
    ]


def _or_zeros(layers: nn.RNNBase, x: Tensor, state: State | None) -> State:
    """The state before x; zeros for None, the beginning of poems."""
    if state is not None:
        return state
    zeros = x.new_zeros(layers.num_layers, len(x), layers.hidden_size)
    return (zeros, zeros) if isinstance(layers, nn.LSTM) else (zeros,)


class ResidualRNN(nn.ModuleList):
    """Recurrent layers with residual connections or layer normalisation, and dropout, between them."""

    def __init__(self, config: ModelConfig) -> None:
        sizes = [config.embedding_size, *[config.hidden_size] * (config.n_layers - 1)]
        super().__init__(LAYERS[config.cell](size, config.hidden_size, batch_first=True) for size in sizes)
        self.config = config

    @property
    def all_weights(self) -> Sequence[Sequence[Tensor]]:
        """w_ih, w_hh, b_ih, b_hh of each layer, as in `nn.RNNBase.all_weights`."""
        return [layer.all_weights[0] for layer in self._one_by_one()]

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See `run`."""
        stream, after = None, []
        for number, layer in enumerate(self._one_by_one()):
            if stream is not None:
                x = dropout(layer_input(self.config, stream), self.config.dropout, training=self.training)
            before = None if state is None else tuple(part[number : number + 1] for part in state)
            hidden, state_after = run(layer, x, before, self.config.recurrent_dropout)  # (B, T, …) -> (B, T, H)
            stream = residual_stream(self.config, stream, hidden)
            after.append(state_after)
        assert stream is not None
        return layer_input(self.config, stream), tuple(torch.cat(parts) for parts in zip(*after, strict=True))

    def _one_by_one(self) -> Iterator[nn.RNNBase]:
        return cast(Iterator[nn.RNNBase], iter(self))
