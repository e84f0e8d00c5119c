"""The probe: gradients through time, accuracy by position and neighbours, measured on held-out poems."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.config.schema import CELLS, Cell, ModelConfig, TrainConfig
from engine.corpus.tokens.batching import Segments
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.char_rnn import CharRNN
from engine.runs.events import Probed, Validated
from engine.training.loop import run_training
from engine.training.probe import (
    MAX_DISTANCE,
    accuracy_by_position,
    gradient_norms,
    neighbours,
    poems_of_one_length,
    project_embedding,
)
from tests.engine.training.training_run import events_of

VOCABULARY = Vocabulary("，。日月山水风花")


def small_model(cell: Cell, **settings: object) -> CharRNN:
    torch.manual_seed(2)
    config = ModelConfig(embedding_size=6, hidden_size=5, cell=cell).replace(**settings)
    return CharRNN(config, len(VOCABULARY))


def poems(n_poems: int, n_chars: int) -> tuple[torch.Tensor, torch.Tensor]:
    tokens = torch.randint(4, len(VOCABULARY), (n_poems, n_chars + 1), generator=torch.Generator().manual_seed(1))
    return tokens[:, :-1], tokens[:, 1:]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("residual", [False, True])
def test_the_gradient_is_the_change_of_the_loss_when_a_state_is_nudged(cell: Cell, residual: bool) -> None:
    model = small_model(cell, residual=residual).double().eval()
    x, y = poems(1, 9)
    norms, _ = gradient_norms(model, x, y)
    assert len(norms) == 9
    for k in (1, 4, 8):
        t = 8 - k
        _, state = model.features(x[:, : t + 1])
        slopes = []
        for unit in range(5):
            losses = []
            for nudge in (1e-6, -1e-6):
                moved = [part.clone() for part in state]
                moved[0][-1, 0, unit] += nudge
                logits, _ = model(x[:, t + 1 :], tuple(moved))
                losses.append(nn.functional.cross_entropy(logits[:, -1], y[:, 8]))
            slopes.append((losses[0] - losses[1]) / 2e-6)
        assert torch.stack(slopes).norm().item() == pytest.approx(norms[k].item(), rel=1e-4)


def test_only_an_lstm_has_a_memory_and_its_gradient_outlives_that_of_the_hidden_state() -> None:
    x, y = poems(4, 30)
    lstm = small_model("lstm", init="default")
    hidden, memory = gradient_norms(lstm, x, y)
    assert memory is not None
    assert len(hidden) == len(memory) == MAX_DISTANCE + 1
    assert memory[10] > hidden[10]
    assert gradient_norms(small_model("gru"), x, y)[1] is None
    assert all(parameter.grad is None for parameter in lstm.parameters())


def test_accuracy_is_counted_at_each_position() -> None:
    model = small_model("rnn").eval()
    x, _ = poems(7, 12)
    logits, _ = model(x)
    y = logits.argmax(2)
    assert accuracy_by_position(model, x, y).tolist() == [1.0] * 12
    y[:3, 5] = 0
    assert accuracy_by_position(model, x, y)[5].item() == pytest.approx(4 / 7)


def test_the_poems_of_the_commonest_length_are_probed() -> None:
    lengths = [30, 26, 30, 26, 26, 8, 8, 8, 8]
    stops = np.cumsum(lengths)
    tokens = np.arange(stops[-1], dtype=np.uint32) % 5 + 4
    segments = Segments(tokens, stops - np.array(lengths), stops, np.arange(len(lengths)))
    batch = poems_of_one_length(segments)
    assert batch.x.shape == batch.y.shape == (3, 25)  # eight characters are shorter than the farthest distance
    assert (batch.y != 0).all()


def test_the_nearest_character_of_the_embedding_comes_first() -> None:
    model = small_model("gru")
    day, moon, hill = VOCABULARY.encode("日月山")
    with torch.no_grad():
        model.embedding.weight[moon] = 3 * model.embedding.weight[day]
        model.embedding.weight[hill] = -model.embedding.weight[day]
    (found,) = neighbours(model, VOCABULARY, "日")
    assert (found[0][0], found[-1][0]) == ("月", "山")
    assert (found[0][1], found[-1][1]) == pytest.approx((1, -1), abs=1e-5)
    assert {character for character, _ in found} == set("月山水风花")


def test_the_projection_has_the_commonest_han_characters_and_keeps_their_spread() -> None:
    model = small_model("rnn")
    characters, coordinates = project_embedding(model, VOCABULARY)
    assert characters == "日月山水风花"
    table = model.embedding.weight[VOCABULARY.encode(characters)].detach()
    variances = torch.linalg.svdvals(table - table.mean(0)) ** 2
    assert (coordinates**2).sum(0).tolist() == pytest.approx(variances[:2].tolist(), rel=1e-4)


def test_a_run_probes_before_the_first_step_and_at_every_validation(config: TrainConfig, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run_training(config, folder)
    probes = [event for event in events_of(folder, Probed) if isinstance(event, Probed)]
    assert [probe.step for probe in probes] == [0] + [
        event.step for event in events_of(folder, Validated) if isinstance(event, Validated)
    ]
    last = probes[-1]
    assert all(norm > 0 for norm in last.hidden_grad_norms)
    assert len(last.coordinates) == 2 * len(last.projected)
    assert all(0 <= share <= 1 for share in last.accuracy)
    assert [line[0] for line in last.neighbours] == list("日月")
