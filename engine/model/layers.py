"""The recurrent layers: plainly stacked, or with residual connections and layer normalisation between them.

The residual stream above a layer is its output; with `residual` (He et al. 2016) it is the sum of the outputs of this layer and all
layers below. The next layer and the projection read the stream; with `layer_norm` they read it normalised to mean 0 and variance 1
(Ba, Kiros and Hinton 2016), while the stream itself stays unnormalised ("pre-norm", Xiong et al. 2020).

The normalisation has no parameters: a linear map with a bias reads its output, so that a gain and an offset would be redundant.

Shapes: B poems, T characters, E embedding, H hidden.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from engine.config.schema import Cell, ModelConfig

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

LAYERS: dict[Cell, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
# The same layers as functions of their weights.
_WITH_WEIGHTS: dict[Cell, Callable[..., Any]] = {"rnn": torch.rnn_tanh, "lstm": torch.lstm, "gru": torch.gru}
# Devices whose stacked layers are wrong with dropout. On Apple's, the gradients of an LSTM are those without dropout
# (pytorch#190056, PyTorch 2.13 and before), and dropout stayed active in evaluation mode (pytorch#180744).
UNSTACKED_DEVICES = frozenset({"mps"})


class ResidualRNN(nn.ModuleList):
    """Recurrent layers with residual connections or layer normalisation, and dropout, between them; `run` adds these."""

    def __init__(self, config: ModelConfig) -> None:
        sizes = [config.embedding_size, *[config.hidden_size] * (config.n_layers - 1)]
        super().__init__(LAYERS[config.cell](size, config.hidden_size, batch_first=True) for size in sizes)

    @property
    def all_weights(self) -> Sequence[Sequence[Tensor]]:
        """w_ih, w_hh, b_ih, b_hh of each layer, as in `nn.RNNBase.all_weights`."""
        return [layer.all_weights[0] for layer in cast(Iterable[nn.RNNBase], self)]


def make_layers(config: ModelConfig) -> nn.RNNBase | ResidualRNN:
    """PyTorch's stacked layers as one module, or a `ResidualRNN` for residual connections or layer normalisation."""
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


def initial_state(config: ModelConfig, x: Tensor) -> State:
    """The state at the beginning of the poems of x (B, …), all zeros."""
    zeros = x.new_zeros(config.n_layers, len(x), config.hidden_size)
    return (zeros, zeros) if config.cell == "lstm" else (zeros,)


def run(layers: nn.RNNBase | ResidualRNN, x: Tensor, state: State | None, config: ModelConfig) -> tuple[Tensor, State]:
    """Run the layers on embedded characters x (B, T, E); returns the output (B, T, H) and the state after the last character."""
    state = initial_state(config, x) if state is None else state
    if isinstance(layers, ResidualRNN) or (config.n_layers > 1 and x.device.type in UNSTACKED_DEVICES):
        return _run_one_by_one(layers, x, state, config)
    if layers.training and config.recurrent_dropout:
        weights = [weight for layer in layers.all_weights for weight in _dropped(layer, config)]
        return _run_with(weights, x, state, config, config.n_layers, layers.dropout, training=True)
    # Only the LSTM takes and returns its state as a tuple.
    hidden, after = layers(x, state if len(state) == 2 else state[0])
    return hidden, after if isinstance(after, tuple) else (after,)


def _run_one_by_one(
    layers: nn.RNNBase | ResidualRNN, x: Tensor, state: State, config: ModelConfig
) -> tuple[Tensor, State]:
    """As `run`, one layer at a time, with connections and dropout between layers."""
    stream: Tensor | None = None
    after = []
    for number, weights in enumerate(layers.all_weights):
        if stream is not None:
            x = dropout(layer_input(config, stream), config.dropout, training=layers.training)
        used = _dropped(weights, config) if layers.training else weights
        before = tuple(part[number : number + 1] for part in state)
        hidden, state_after = _run_with(used, x, before, config, 1, 0.0, training=layers.training)
        stream = residual_stream(config, stream, hidden)
        after.append(state_after)
    assert stream is not None
    return layer_input(config, stream), tuple(torch.cat(parts) for parts in zip(*after, strict=True))


def _dropped(weights: Sequence[Tensor], config: ModelConfig) -> list[Tensor]:
    """A layer's weights with dropout on w_hh, one mask for the whole batch (Merity et al. 2018)."""
    w_ih, w_hh, *biases = weights
    return [w_ih, dropout(w_hh, config.recurrent_dropout, training=True), *biases]


def _run_with(
    weights: Sequence[Tensor],
    x: Tensor,
    state: State,
    config: ModelConfig,
    n_layers: int,
    dropout_between: float,
    *,
    training: bool,
) -> tuple[Tensor, State]:
    """Run PyTorch's layers with the given weights: w_ih, w_hh, b_ih, b_hh of each of `n_layers`."""
    hidden, *after = _WITH_WEIGHTS[config.cell](
        x,
        state if len(state) == 2 else state[0],
        weights,
        True,  # biases
        n_layers,
        dropout_between,
        training,
        False,  # one direction
        True,  # batch first
    )
    return hidden, tuple(after)
