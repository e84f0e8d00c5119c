"""Muon: what it makes of a matrix, that it learns, and that its memory of the gradients is kept."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import CELLS, Cell, TrainConfig
from engine.model.char_rnn import N_GATES, CharRNN
from engine.model.checkpoint import load_model, load_progress, save_checkpoint
from engine.presets import preset
from engine.runs.events import Record, Validated
from engine.training.loop import run_training
from engine.training.muon import UPDATE_RMS, orthogonal
from engine.training.optim import make_optimizer, set_learning_rate
from tests.engine.small_model import small_model
from tests.small_corpus import write_corpus

CONFIG = TrainConfig(optimizer="muon", learning_rate=0.01)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 24),
    n_more=st.integers(0, 24),
    decades=st.floats(0, 2),
    scale=st.sampled_from([1e-12, 1e-3, 1.0, 1e6]),
    seed=st.integers(0, 1000),
)
def test_all_directions_of_a_matrix_come_out_equally_long(
    n: int, n_more: int, decades: float, scale: float, seed: int
) -> None:
    torch.manual_seed(seed)
    left, _, right = torch.linalg.svd(torch.randn(3, n, n + n_more), full_matrices=False)
    lengths = torch.logspace(0, -decades, n)
    made = orthogonal(left * lengths * scale @ right)
    along = left.mT @ made @ right.mT
    assert ((along.diagonal(dim1=1, dim2=2) > 0.86) & (along.diagonal(dim1=1, dim2=2) < 1.14)).all()
    assert (along - torch.diag_embed(along.diagonal(dim1=1, dim2=2))).abs().max() < 0.01


def test_directions_that_a_matrix_lacks_stay_without_length() -> None:
    lacking = torch.outer(torch.arange(1.0, 5.0), torch.ones(6))[None]
    made = orthogonal(lacking)
    assert torch.linalg.svdvals(made)[0].tolist() == pytest.approx([1, 0, 0, 0], abs=0.14)
    assert torch.equal(orthogonal(torch.zeros(2, 3, 4)), torch.zeros(2, 3, 4))


def trained(model: CharRNN, optimizer: torch.optim.Optimizer, n_steps: int) -> CharRNN:
    for _ in range(n_steps):
        x = torch.randint(4, 20, (2, 6))
        logits, _ = model(x)
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), x.flatten()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    return model


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("residual", [False, True])
def test_a_gate_moves_as_a_whole_and_as_far_as_the_rate_says(cell: Cell, residual: bool) -> None:
    for rate in (0.01, 0.02):
        model = small_model(cell, residual=residual).model
        before = [[weight.detach().clone() for weight in layer] for layer in model.recurrent.all_weights]
        optimizer = make_optimizer(model, CONFIG)
        set_learning_rate(optimizer, rate)
        trained(model, optimizer, 1)
        for old, new in zip(before, model.recurrent.all_weights, strict=True):
            moved = torch.cat([new[0] - old[0], new[1] - old[1]], dim=1)  # input and hidden state together
            for gate in moved.chunk(N_GATES[cell]):
                longest = torch.linalg.svdvals(gate).max() / (UPDATE_RMS * rate * gate.shape[1] ** 0.5)
                assert 0.8 < longest < 1.2
            # The biases are AdamW's, whose first step is the rate itself.
            assert (new[2] - old[2]).abs().max().item() == pytest.approx(rate, rel=0.01)


def test_weight_decay_draws_the_matrices_too() -> None:
    model, drawn = (small_model().model for _ in range(2))
    before = model.recurrent.all_weights[0][1].detach().clone()
    for one, decay in ((model, 0.0), (drawn, 0.5)):
        torch.manual_seed(3)
        trained(one, make_optimizer(one, CONFIG.replace(weight_decay=decay)), 1)
    difference = model.recurrent.all_weights[0][1] - drawn.recurrent.all_weights[0][1]
    assert torch.allclose(difference, 0.5 * 0.01 * before, atol=1e-6)


def test_a_checkpoint_goes_on_exactly(tmp_path: Path) -> None:
    loaded = small_model()
    optimizer = make_optimizer(loaded.model, CONFIG)
    trained(loaded.model, optimizer, 3)
    save_checkpoint(tmp_path / "c", loaded.model, loaded.vocabulary, {}, optimizer, {"step": 3})
    trained(loaded.model, optimizer, 3)

    torch.manual_seed(99)
    again = load_model(tmp_path / "c", torch.device("cpu")).model
    optimizer_again = make_optimizer(again, CONFIG)
    load_progress(tmp_path / "c", optimizer_again)
    trained(again, optimizer_again, 3)
    for name, value in loaded.model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_it_learns_as_well_as_adamw(tmp_path: Path) -> None:
    corpus, nats = str(write_corpus(tmp_path / "poems.txt")), {}
    for optimizer in ("muon", "adamw"):
        told: list[Record] = []
        config = preset("tiny").replace(corpus=corpus, n_epochs=9, max_steps=80, optimizer=optimizer, device="cpu")
        run_training(config.replace(begin_characters="日"), tmp_path / optimizer, on_record=told.append)
        nats[optimizer] = [one.event.val_nats_per_han for one in told if isinstance(one.event, Validated)]
    assert nats["muon"][-1] < nats["muon"][0] - 0.3
    assert nats["muon"][-1] < nats["adamw"][-1] + 0.1
