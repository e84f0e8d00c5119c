"""`poetry-tui experiment`: a question answered by real trainings and a report on them."""

import contextlib
import csv
import io
import itertools
import shutil
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.__main__ import main as engine_main
from engine.config.presets import preset
from engine.config.schema import CELLS
from engine.runs.folder import EVENTS, read_config
from engine.system import paths
from poetry_tui.commands.cli import main
from poetry_tui.tracking.experiments import EXPERIMENTS, plan
from poetry_tui.tracking.report.history import read_history
from tests.children import ForkedEngine
from tests.small_corpus import write_corpus


@pytest.fixture
def forked_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings are processes that have loaded PyTorch already."""

    def call(line: Sequence[str], **_options: object) -> int:
        return ForkedEngine(line[line.index("engine") + 1 :]).wait()

    monkeypatch.setattr("poetry_tui.tracking.experiments.call_politely", call)


@pytest.mark.usefixtures("forked_trainings")
def test_the_three_cells_are_trained_alike_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = str(write_corpus(tmp_path / "poems.txt"))
    folder = tmp_path / "report"
    words = ["--preset", "tiny", "--corpus", corpus, "--max-steps", "12", "--device", "cpu", "--seeds", "1"]
    assert main(["experiment", "cells", *words, "-o", str(folder)]) == 0
    configs = [read_config(path) for path in sorted(paths.runs().iterdir())]
    assert {config.model.cell for config in configs} == set(CELLS)
    assert len({str(config.replace(model=configs[0].model)) for config in configs}) == 1
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "| **cell** |" in text
    assert text.count("12 / 12") == 3
    assert capsys.readouterr().out.strip() == str(folder)


@pytest.mark.usefixtures("forked_trainings")
def test_a_sweep_trains_every_combination_with_every_seed_and_goes_on_where_it_was_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = str(write_corpus(tmp_path / "poems.txt"))
    folder = tmp_path / "report"
    words = [
        "sweep",
        "--preset",
        "tiny",
        "--corpus",
        corpus,
        "--max-steps",
        "8",
        "--checkpoint-every",
        "4",
        "--device",
        "cpu",
    ]
    words += ["--learning-rate", "0.01,0.02", "--seeds", "2", "--language", "en", "-o", str(folder)]
    assert main(["experiment", *words]) == 0
    runs = sorted(paths.runs().iterdir())
    configs = [read_config(path) for path in runs]
    assert sorted((one.learning_rate, one.seed) for one in configs) == list(itertools.product((0.01, 0.02), (1, 2)))
    with (folder / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    text = (folder / "report.md").read_text(encoding="utf-8")
    mean = statistics.fmean(float(row["val_nats"]) for row in rows[:2])
    assert f"| 0.01 | 2 | {mean:.3f} ± " in text

    # One that was killed after a checkpoint goes on from there, one that never came to one begins anew, the others are left alone.
    events = {run: (run / EVENTS).read_bytes() for run in runs}
    cut = events[runs[0]].index(b'"event":"checkpoint_saved"')
    (runs[0] / EVENTS).write_bytes(events[runs[0]][: events[runs[0]].index(b"\n", cut) + 1])
    (runs[0] / "checkpoints" / "last.json").write_text(
        (runs[0] / "checkpoints" / "last.json").read_text().replace("8", "4")
    )
    shutil.rmtree(runs[1] / "checkpoints")
    (runs[1] / EVENTS).write_bytes(events[runs[1]].splitlines(keepends=True)[0])
    assert main(["experiment", *words]) == 0
    assert sorted(paths.runs().iterdir()) == runs
    assert all((run / EVENTS).read_bytes() == events[run] for run in runs[2:])
    resumed, begun_anew = (read_history(run).state for run in runs[:2])
    assert (resumed.n_starts, resumed.step) == (2, 8)
    assert (begun_anew.n_starts, begun_anew.step) == (1, 8)
    with (folder / "results.csv").open(encoding="utf-8") as file:
        again = list(csv.DictReader(file))
    assert [row["val_nats"] for row in again] == [row["val_nats"] for row in rows]
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["sweep", "--learning-rate", "0.01"], "Nothing varies"),
        (["cells", "--cell", "lstm"], "Nothing varies"),
        (["sweep", "--seed", "1,2"], "Nothing varies"),
        (["sweep", "--learning-rate", "fast,slow"], "--learning-rate cannot be"),
        (["sweep", "--tied", "maybe"], "--tied cannot be"),
        (["sweep", "--cell", "lstm,transformer"], "cell cannot be"),
        (["cells", "--seeds", "0"], "--seeds cannot be 0. Give 1 to 100."),
        (["temperature", "--temperature", "0.5"], "One temperature"),
        (["temperature", "--temperature", "0.5,hot"], "is no temperature"),
    ],
)
def test_an_experiment_without_a_question_is_refused_in_one_sentence(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["experiment", *words, "-o", str(tmp_path / "report")]) == 2
    assert complaint in capsys.readouterr().err
    assert not paths.runs().exists()


def test_a_grid_is_every_combination_of_settings_of_the_training_and_of_its_model() -> None:
    trials = plan({"learning_rate": (0.01, 0.02), "tied": (False, True)}, preset("tiny"), 2)
    assert [(one.config.learning_rate, one.config.model.tied, one.config.seed) for one in trials] == list(
        itertools.product((0.01, 0.02), (False, True), (1, 2))
    )
    assert trials[2].condition == "learning_rate 0.01, tied True"


def test_batch_sizes_read_the_same_number_of_poems() -> None:
    base = preset("nndl").replace(max_steps=500, validate_every=250)
    trials = plan(EXPERIMENTS["batch-sizes"], base, 2)
    assert {trial.config.batch_size * (trial.config.max_steps or 0) for trial in trials} == {50_000}
    assert {(trial.config.max_steps or 0) // trial.config.validate_every for trial in trials} == {2}
    assert len({trial.folder for trial in trials}) == len(trials) == 8


@pytest.mark.slow
def test_temperatures_are_compared_on_poems_of_a_bundled_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(line: Sequence[str], **_options: object) -> "subprocess.CompletedProcess[str]":
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = engine_main(line[line.index("engine") + 1 :])
        return subprocess.CompletedProcess(line, status, output.getvalue())

    monkeypatch.setattr(subprocess, "run", run)
    folder = tmp_path / "report"
    words = [
        "temperature",
        "--model",
        "studio-small",
        "--temperature",
        "0.3,1.2",
        "--seeds",
        "2",
        "-n",
        "6",
        "--form",
        "wujue",
        "--language",
        "en",
    ]
    assert main(["experiment", *words, "-o", str(folder)]) == 0
    with (folder / "results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cold, hot = (
        statistics.fmean(float(row["logprob"]) for row in rows if row["condition"] == temperature)
        for temperature in ("0.3", "1.2")
    )
    assert cold > hot
    assert "ln p a Han character, nats: the best mean is that of 0.3" in capsys.readouterr().err


def test_an_experiment_that_cannot_begin_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "nowhere.txt")
    assert main(["experiment", "initialisations", "--preset", "tiny", "--corpus", missing, "-o", str(tmp_path)]) == 1
    assert "could not begin" in capsys.readouterr().err
    assert not paths.runs().exists()


def test_a_report_that_cannot_be_written_is_refused_before_the_trainings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = str(write_corpus(tmp_path / "poems.txt"))
    for name in (tmp_path, tmp_path / "out.pdf"):
        assert main(["experiment", "cells", "--preset", "tiny", "--corpus", corpus, "-o", str(name)]) == 2
    assert "a report is a folder" in capsys.readouterr().err
    assert not paths.runs().exists() or not list(paths.runs().iterdir())
