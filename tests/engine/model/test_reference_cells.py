"""PyTorch's layers, which train, are held to the equations, which explain."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from engine.model.reference_cells import CellWeights, LayerStep, gru_step, lstm_step, rnn_step

B, T, E, H = 3, 7, 5, 6
Step = Callable[[Tensor, Tensor, CellWeights], LayerStep]


def layers(kind: type[nn.RNN] | type[nn.LSTM] | type[nn.GRU], n_layers: int) -> nn.RNNBase:
    torch.manual_seed(3)
    recurrent = kind(E, H, num_layers=n_layers, batch_first=True)
    for parameter in recurrent.parameters():
        nn.init.normal_(parameter, std=0.6)
    return recurrent


def by_the_equations(recurrent: nn.RNNBase, x: Tensor, step: Step) -> Tensor:
    """The outputs (B, T, H) of the last layer, computed one character at a time."""
    sequence = x
    for weights in recurrent.all_weights:
        h, outputs = torch.zeros(B, H), []
        for t in range(T):
            h = step(sequence[:, t], h, CellWeights(*weights)).states["hidden"]
            outputs.append(h)
        sequence = torch.stack(outputs, dim=1)
    return sequence


def lstm_by_the_equations(recurrent: nn.RNNBase, x: Tensor) -> tuple[Tensor, Tensor]:
    """The outputs (B, T, H) of the last layer and its last cell state (B, H)."""
    sequence, c = x, torch.zeros(B, H)
    for weights in recurrent.all_weights:
        h, c = torch.zeros(B, H), torch.zeros(B, H)
        outputs = []
        for t in range(T):
            after = lstm_step(sequence[:, t], h, c, CellWeights(*weights))
            h, c = after.states["hidden"], after.states["memory"]
            outputs.append(h)
        sequence = torch.stack(outputs, dim=1)
    return sequence, c


@pytest.mark.parametrize("n_layers", [1, 2, 3])
@torch.no_grad()
def test_the_rnn_of_pytorch_follows_the_equation(n_layers: int) -> None:
    recurrent, x = layers(nn.RNN, n_layers), torch.randn(B, T, E)
    assert torch.allclose(recurrent(x)[0], by_the_equations(recurrent, x, rnn_step), atol=1e-5)


@pytest.mark.parametrize("n_layers", [1, 2, 3])
@torch.no_grad()
def test_the_lstm_of_pytorch_follows_the_equations(n_layers: int) -> None:
    recurrent, x = layers(nn.LSTM, n_layers), torch.randn(B, T, E)
    hidden, (_, c) = recurrent(x)
    expected_hidden, expected_c = lstm_by_the_equations(recurrent, x)
    assert torch.allclose(hidden, expected_hidden, atol=1e-5)
    assert torch.allclose(c[-1], expected_c, atol=1e-5)


@pytest.mark.parametrize("n_layers", [1, 2, 3])
@torch.no_grad()
def test_the_gru_of_pytorch_follows_the_equations(n_layers: int) -> None:
    recurrent, x = layers(nn.GRU, n_layers), torch.randn(B, T, E)
    expected = by_the_equations(recurrent, x, gru_step)
    assert torch.allclose(recurrent(x)[0], expected, atol=1e-5)


@torch.no_grad()
def test_the_gru_of_the_textbooks_is_another_one() -> None:
    recurrent, x = layers(nn.GRU, 1), torch.randn(B, T, E)
    expected = by_the_equations(recurrent, x, partial(gru_step, is_textbook=True))
    assert (recurrent(x)[0] - expected).abs().max() > 1e-2


@torch.no_grad()
def test_gates_lie_between_0_and_1_and_candidates_between_minus_1_and_1() -> None:
    (weights,) = layers(nn.LSTM, 1).all_weights
    step = lstm_step(torch.randn(B, E), torch.randn(B, H), torch.randn(B, H), CellWeights(*weights))
    assert set(step.gates) == {"i", "f", "o"}
    for gate in step.gates.values():
        assert ((gate > 0) & (gate < 1)).all()
    assert (step.states["candidate"].abs() < 1).all()
