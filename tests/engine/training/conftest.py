"""A short training for the tests of this folder."""

from pathlib import Path

import pytest

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from tests.engine.training.training_run import N_STEPS
from tests.small_corpus import write_corpus


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    corpus = write_corpus(tmp_path / "poems.txt")
    return preset("tiny").replace(
        corpus=str(corpus),
        max_steps=N_STEPS,
        validate_every=8,
        checkpoint_every=8,
        compare_every=4,
        begin_characters="日月",
    )
