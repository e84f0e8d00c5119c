"""The figures that a training tells: characters, epochs, and its loss in the unit of its validations."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.corpus.store import open_corpus
from engine.corpus.tokens.batching import in_order
from engine.corpus.tokens.token_cache import open_tokens
from engine.corpus.tokens.vocabulary import END, UNKNOWN, Vocabulary
from engine.evaluation.likelihood import count_targets, han_indices, tally_batches
from engine.model.checkpoint import CheckpointFolder, load_model
from engine.runs import events
from engine.runs.folder import CHECKPOINTS
from engine.training.curriculum import plan_curriculum
from engine.training.loop import run_training
from tests.small_corpus import write_corpus


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    corpus = write_corpus(tmp_path / "poems.txt", n_poems=120)
    usual = preset("tiny").replace(corpus=str(corpus), validate_every=1000, checkpoint_every=7, begin_characters="日")
    return usual.replace(compare_every=1000, max_steps=None)


@dataclass
class Told:
    """What a training says, as it says it; `stop` asks it to stop after the first checkpoint."""

    stops: bool = False
    said: list[events.Event] = field(default_factory=list)

    def take(self, record: events.Record) -> None:
        self.said.append(record.event)

    def stop(self) -> bool:
        return self.stops and any(isinstance(event, events.CheckpointSaved) for event in self.said)

    def steps(self) -> list[events.Step]:
        return [event for event in self.said if isinstance(event, events.Step)]

    def started(self) -> events.RunStarted:
        (event,) = [event for event in self.said if isinstance(event, events.RunStarted)]
        return event

    def validated(self) -> events.Validated:
        return [event for event in self.said if isinstance(event, events.Validated)][-1]


def train(config: TrainConfig, folder: Path, *, stops: bool = False, resume: bool = False) -> Told:
    told = Told(stops)
    run_training(config, folder, resume=resume, on_record=told.take, stop_requested=told.stop)
    return told


def test_the_characters_of_two_epochs_are_twice_those_of_one(config: TrainConfig, tmp_path: Path) -> None:
    told = train(config, tmp_path / "run")
    counts = [step.n_chars or 0 for step in told.steps()]
    assert counts == sorted(counts)
    assert counts[-1] == 2 * told.started().n_chars_per_epoch
    assert told.steps()[-1].epochs_done == told.started().n_epochs == 2


def test_a_run_that_ends_within_an_epoch_tells_the_part(config: TrainConfig, tmp_path: Path) -> None:
    whole = train(config, tmp_path / "whole").started()
    told = train(config.replace(max_steps=whole.total_steps // 4), tmp_path / "run")
    assert told.started().n_epochs == pytest.approx(0.5, abs=0.05)
    assert told.steps()[-1].epochs_done == told.started().n_epochs


def test_characters_and_losses_are_the_same_whether_or_not_a_run_was_interrupted(
    config: TrainConfig, tmp_path: Path
) -> None:
    whole = train(config, tmp_path / "whole")
    halved = train(config, tmp_path / "halved", stops=True)
    assert halved.steps()[-1].step < whole.steps()[-1].step
    rest = train(config, tmp_path / "halved", resume=True)
    assert rest.steps()[-1].n_chars == whole.steps()[-1].n_chars
    assert rest.validated() == whole.validated()


def test_the_training_loss_a_han_character_is_what_a_validation_on_the_same_poems_would_say(
    config: TrainConfig, tmp_path: Path
) -> None:
    # Nothing is learnt, so that the loss of an epoch is that of the weights at its end; some characters are unknown.
    config = config.replace(learning_rate=0.0, n_epochs=1, min_freq=90)
    told = train(config, tmp_path / "run")
    corpus = open_tokens(open_corpus(config.corpus), config.min_freq)
    segments = plan_curriculum(corpus, config).stages[0].segments
    checkpoint = CheckpointFolder(tmp_path / "run" / CHECKPOINTS).find("last")
    assert checkpoint is not None
    model, cpu = load_model(checkpoint, torch.device("cpu")).model, torch.device("cpu")
    tally = tally_batches(model, in_order(segments, 32), corpus.vocabulary, cpu, 512)
    assert tally.n_oov > 100
    validated = told.validated()
    assert validated.train_nats_per_han == pytest.approx(tally.nats_per_han, abs=1e-4)
    assert validated.train_nats < tally.nats_per_han
    assert all((step.loss_nats_per_han or 0) > step.loss_nats for step in told.steps())


def test_marks_and_ends_are_targets_and_no_han_characters() -> None:
    vocabulary = Vocabulary("，。日月")
    targets = np.array([*vocabulary.encode("日月，日。"), UNKNOWN, END])
    assert count_targets(targets, han_indices(vocabulary)) == (7, 4, 1)
