"""The bench for graphics cards, on the processor: the same path, and no step that would wait for a card."""

from pathlib import Path

import pytest
import torch

from benchmarks.speed.gpu import (
    QUICK,
    bench_gpu,
    composed_per_s,
    never_ending,
    product_flops,
    speed,
    trainer_on,
    waits,
)
from engine.config.presets import preset
from engine.config.schema import PRECISIONS, Precision, TrainConfig
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.training.trainer import StepResult, TrainBatch, Trainer
from tests.small_corpus import write_corpus

CPU = torch.device("cpu")


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    return import_poems(open_poems(write_corpus(tmp_path / "made.txt", n_poems=150))).name


def small(corpus: str, name: str = "studio") -> TrainConfig:
    config = preset(name).replace(corpus=corpus, conditioning_prob=0.0, batch_size=8, min_freq=1)
    return config.replace(model=config.model.replace(embedding_size=12, hidden_size=16))


@pytest.mark.parametrize("name", ["studio", "gpu", "nndl"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_no_operation_of_a_step_waits_for_the_device(
    name: str, precision: Precision, corpus: str, tmp_path: Path
) -> None:
    trainer = trainer_on(CPU, small(corpus, name).replace(precision=precision), tmp_path / "run")
    assert waits(trainer, n_steps=3) == {}
    assert trainer.progress.step == 3


def test_an_operation_that_waits_is_found(corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_on(CPU, small(corpus), tmp_path / "run")
    update = Trainer.update

    def and_look(self: Trainer, batch: TrainBatch) -> StepResult:
        result = update(self, batch)
        result.features.sum().item()
        return result

    monkeypatch.setattr(Trainer, "update", and_look)
    assert waits(trainer, n_steps=3) == {"aten::_local_scalar_dense": 1}


def test_speeds_are_measured(corpus: str, tmp_path: Path) -> None:
    trainer = trainer_on(CPU, small(corpus), tmp_path / "run")
    assert speed(trainer, n_steps=2) > 0
    loaded = never_ending(trainer)
    assert composed_per_s(loaded, 1, 4) > 0
    assert composed_per_s(loaded, 3, 4) > 0
    assert product_flops(CPU, 16) > 0


def test_all_of_it_is_printed(corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bench_gpu(corpus, tmp_path / "runs", CPU, QUICK)
    out = capsys.readouterr().out
    for words in ("studio: 2 layers of 16", "gpu: 2 layers of 16"):
        assert words in out
    assert out.count("of the product\n") == 2 * len(QUICK.batch_factors)
    assert out.count("what waits for the device in every step: nothing") == 2
    assert out.count("poems at once") == 2 * len(QUICK.n_poems)
