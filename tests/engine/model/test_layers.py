"""Layers with residual connections and layer normalisation: what they compute, in one go and one character at a time."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.__main__ import main
from engine.config.schema import CELLS, Cell, ModelConfig
from engine.model.char_rnn import CharRNN
from engine.model.layers import UNSTACKED_DEVICES, ResidualRNN, make_layers, run
from engine.model.metadata import read_metadata
from engine.model.reference_cells import CellWeights, gru_step, lstm_step, rnn_step
from engine.runs.event_log import from_line
from engine.runs.events import Validated
from engine.runs.folder import EVENTS
from tests.engine.small_model import VOCABULARY, small_config, small_model
from tests.small_corpus import write_corpus

connections = pytest.mark.parametrize(("residual", "layer_norm"), [(True, False), (False, True), (True, True)])
H = 16


@settings(max_examples=60, deadline=None)
@given(
    cell=st.sampled_from(CELLS),
    residual=st.booleans(),
    layer_norm=st.booleans(),
    tied=st.booleans(),
    n_layers=st.integers(1, 4),
    fits_16_bits=st.booleans(),
)
def test_one_character_at_a_time_gives_what_all_at_once_gives(fits_16_bits: bool, **architecture: Any) -> None:
    model = small_model(**architecture).model
    if fits_16_bits:
        model.half().float()
    x, state = torch.randint(0, len(VOCABULARY), (3, 7)), None
    with torch.no_grad():
        expected, state_expected = model(x)
    for t in range(x.shape[1]):
        logits, state = model.step(x[:, t], state)
        assert torch.allclose(logits, expected[:, t], atol=1e-4)
    assert state is not None
    for part, part_expected in zip(state, state_expected, strict=True):
        assert torch.allclose(part, part_expected, atol=1e-4)


def cell_step(cell: Cell, x: Tensor, h: Tensor, c: Tensor, weights: CellWeights) -> tuple[Tensor, Tensor]:
    """The states h and c after, each (B, H); c is an LSTM's."""
    if cell == "lstm":
        lstm = lstm_step(x, h, c, weights)
        return lstm.states["hidden"], lstm.states["memory"]
    step = gru_step if cell == "gru" else rnn_step
    return step(x, h, weights).states["hidden"], c


def by_the_equations(model: CharRNN, x: Tensor) -> Tensor:
    """What the projection reads (B, T, H), one character and one layer at a time."""
    config, zeros = model.config, torch.zeros(len(x), H)
    states = [(zeros, zeros)] * config.n_layers
    read = []
    for t in range(x.shape[1]):
        below, outputs = model.embedding(x[:, t]), []
        for number, weights in enumerate(model.recurrent.all_weights):
            states[number] = cell_step(config.cell, below, *states[number], CellWeights(*weights))
            outputs.append(states[number][0])
            below = torch.stack(outputs).sum(dim=0) if config.residual else outputs[-1]
            if config.layer_norm:
                mean, variance = below.mean(1, keepdim=True), below.var(1, keepdim=True, correction=0)
                below = (below - mean) / (variance + 1e-5).sqrt()
        read.append(below)
    return torch.stack(read, dim=1)


@pytest.mark.parametrize("cell", CELLS)
@connections
@torch.no_grad()
def test_the_layers_follow_the_equations(cell: Cell, residual: bool, layer_norm: bool) -> None:
    model = small_model(cell, residual=residual, layer_norm=layer_norm, n_layers=3).model
    x = torch.randint(0, len(VOCABULARY), (3, 7))
    assert torch.allclose(model.features(x)[0], model.projection(by_the_equations(model, x)), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@connections
@torch.no_grad()
def test_a_state_carried_forward_goes_on_where_the_poem_stands(cell: Cell, residual: bool, layer_norm: bool) -> None:
    model = small_model(cell, residual=residual, layer_norm=layer_norm).model
    x = torch.randint(0, len(VOCABULARY), (2, 10))
    whole, _ = model(x)
    first, state = model(x[:, :4])
    rest, _ = model(x[:, 4:], state)
    assert torch.allclose(torch.cat([first, rest], dim=1), whole, atol=1e-5)


@connections
def test_connections_have_no_weights_and_the_layers_begin_as_without_them(residual: bool, layer_norm: bool) -> None:
    models = []
    connected: dict[str, Any] = {"residual": residual, "layer_norm": layer_norm}
    for architecture in ({}, connected):
        torch.manual_seed(4)
        models.append(CharRNN(small_config(**architecture), 50))
    assert models[0].n_params() == models[1].n_params()
    for layers in zip(*(model.recurrent.all_weights for model in models), strict=True):
        assert all(torch.equal(*pair) for pair in zip(*layers, strict=True))


@connections
@pytest.mark.parametrize("tied", [True, False])
@torch.no_grad()
def test_a_new_network_knows_nothing_and_says_so(residual: bool, layer_norm: bool, tied: bool) -> None:
    torch.manual_seed(4)
    config = ModelConfig(embedding_size=100, hidden_size=200, residual=residual, layer_norm=layer_norm, tied=tied)
    logits, _ = CharRNN(config, 1000)(torch.randint(0, 1000, (4, 20)))
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.randint(0, 1000, (80,)))
    assert nats.item() == pytest.approx(math.log(1000), abs=0.1)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.4, 0.0), (0.4, 0.3)], ids=str)
def test_layers_one_at_a_time_are_connected_layers_without_connections(
    cell: Cell, shares: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Apple's graphics processors, here on this one: outputs, states and gradients, dropout and all."""
    monkeypatch.setattr("engine.model.layers.UNSTACKED_DEVICES", {"cpu"})
    dropout, recurrent_dropout = shares
    config = small_config(cell, n_layers=3, dropout=dropout, recurrent_dropout=recurrent_dropout)
    torch.manual_seed(1)
    in_one_piece, by_itself = make_layers(config), ResidualRNN(config)
    with torch.no_grad():
        for ours, theirs in zip(by_itself.all_weights, in_one_piece.all_weights, strict=True):
            for one, other in zip(ours, theirs, strict=True):
                one.copy_(other)
    found = []
    for layers in (in_one_piece, by_itself):
        x = torch.linspace(-1, 1, 2 * 5 * 12).view(2, 5, 12).requires_grad_()
        torch.manual_seed(2)
        hidden, state = run(layers, x, None, config)
        again, _ = run(layers, x, state, config)
        (hidden.square().sum() + again.sum()).backward()  # type: ignore[no-untyped-call]
        weights = [weight.grad for layer in layers.all_weights for weight in layer]
        found.append([hidden, *state, again, x.grad, *weights])
    for one, other in zip(*found, strict=True):
        assert one is not None
        assert torch.equal(one, other)


@pytest.mark.parametrize("cell", CELLS)
def test_layers_one_at_a_time_have_the_gradients_of_what_they_compute(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By finite differences, with the same activations dropped each time: what PyTorch's layers fail on Apple's devices."""
    monkeypatch.setattr("engine.model.layers.UNSTACKED_DEVICES", {"cpu"})
    config = small_config(cell, n_layers=2, dropout=0.5)
    layers = make_layers(config).double()

    def loss(x: Tensor) -> Tensor:
        torch.manual_seed(42)
        return run(layers, x, None, config)[0].sum()

    x = torch.randn(2, 3, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(loss, (x,))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_layers_one_at_a_time_judge_as_layers_in_one_piece(dropout: float, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small_config(n_layers=3, dropout=dropout)
    layers = make_layers(config).eval()
    x = torch.randn(2, 5, 12)
    expected, state_expected = run(layers, x, None, config)
    monkeypatch.setattr("engine.model.layers.UNSTACKED_DEVICES", {"cpu"})
    found, state = run(layers, x, None, config)
    assert torch.allclose(found, expected, atol=1e-6)
    assert all(torch.allclose(*pair, atol=1e-6) for pair in zip(state, state_expected, strict=True))


def test_on_apples_devices_layers_run_one_at_a_time() -> None:
    assert "mps" in UNSTACKED_DEVICES


@connections
@torch.no_grad()
def test_dropout_between_the_layers_is_for_training_alone(residual: bool, layer_norm: bool) -> None:
    model = small_model(residual=residual, layer_norm=layer_norm, dropout=0.5).model
    layers, config, x = model.recurrent, model.config, torch.randn(2, 5, 12)
    assert not torch.equal(run(layers.train(), x, None, config)[0], run(layers, x, None, config)[0])
    assert torch.equal(run(layers.eval(), x, None, config)[0], run(layers, x, None, config)[0])


@connections
def test_a_network_with_connections_is_trained_packed_judged_and_composes(
    residual: bool, layer_norm: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus, run, packed = write_corpus(tmp_path / "poems.txt"), tmp_path / "run", tmp_path / "packed"
    flags = [flag for flag, is_on in (("--residual", residual), ("--layer-norm", layer_norm)) if is_on]
    settings = ["--corpus", str(corpus), "--dropout", "0.1", "--n-epochs", "9", "--max-steps", "100", *flags]
    assert main(["train", "--preset", "tiny", *settings, "--run", str(run)]) == 0
    told = [from_line(line).event for line in (run / EVENTS).read_text(encoding="utf-8").splitlines()]
    nats = [event.val_nats_per_han for event in told if isinstance(event, Validated)]
    assert nats[-1] < nats[0] - 0.3

    assert main(["pack", str(run), str(packed)]) == 0
    assert set(flags) <= set(read_metadata(packed)["made_by"].split())
    capsys.readouterr()
    figures = []
    for model in (run, packed):
        assert main(["evaluate", "--model", str(model), "--poems", str(corpus), "--json"]) == 0
        figures.append(json.loads(capsys.readouterr().out)["nats_per_han"])
    assert figures[1] == pytest.approx(figures[0], abs=0.01)
    assert main(["compose", "日", "--form", "free", "--model", str(packed)]) == 0
    assert capsys.readouterr().out.startswith("日")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("residual", [False, True])
def test_recurrent_weights_are_dropped_for_a_whole_batch_and_while_training_alone(cell: Cell, residual: bool) -> None:
    model = small_model(cell=cell, residual=residual, n_layers=2, recurrent_dropout=0.5).model
    x = torch.randint(0, len(VOCABULARY), (1, 6)).repeat(4, 1)
    kept = model.eval()(x)[0]
    assert torch.equal(kept, model(x)[0])
    dropped = model.train()(x)[0]
    # Nothing has been carried over before the first character, so what is dropped cannot be missed there.
    assert torch.allclose(dropped[:, 0], kept[:, 0], atol=1e-5)
    assert not torch.allclose(dropped[:, 1:], kept[:, 1:], atol=1e-3)
    assert torch.allclose(dropped, dropped[:1].expand_as(dropped), atol=1e-5)
    assert not torch.allclose(dropped, model(x)[0], atol=1e-3)


@pytest.mark.parametrize("cell", CELLS)
def test_a_dropped_recurrent_weight_learns_nothing_from_the_batch(cell: Cell) -> None:
    model = small_model(cell=cell, n_layers=2, recurrent_dropout=0.25).model.train()
    features, _ = model.features(torch.randint(0, len(VOCABULARY), (4, 12)))
    features.sum().backward()  # type: ignore[no-untyped-call]
    for w_ih, w_hh, *_ in model.recurrent.all_weights:
        assert w_ih.grad is not None
        assert w_hh.grad is not None
        assert 0.1 < (w_hh.grad == 0).float().mean() < 0.4
        assert (w_ih.grad == 0).float().mean() < 0.05


def test_no_recurrent_weight_is_dropped_when_none_shall_be() -> None:
    model = small_model(n_layers=2).model
    x = torch.randint(0, len(VOCABULARY), (3, 7))
    assert torch.equal(model.train()(x)[0], model.eval()(x)[0])
