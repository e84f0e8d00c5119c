"""`poetry-tui experiment`: a question answered by real trainings and a report on them."""

from pathlib import Path

import pytest

from engine.config.schema import CELLS
from engine.runs.folder import read_config
from engine.system import paths
from poetry_tui.commands.cli import main
from tests.small_corpus import write_corpus


def test_the_three_cells_are_trained_alike_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = str(write_corpus(tmp_path / "poems.txt"))
    folder = tmp_path / "report"
    words = ["--preset", "tiny", "--corpus", corpus, "--max-steps", "12", "--device", "cpu"]
    assert main(["experiment", "cells", *words, "-o", str(folder)]) == 0
    configs = [read_config(path) for path in sorted(paths.runs().iterdir())]
    assert {config.model.cell for config in configs} == set(CELLS)
    assert len({str(config.replace(model=configs[0].model)) for config in configs}) == 1
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert "| **cell** |" in text
    assert text.count("12 / 12") == 3
    assert capsys.readouterr().out.strip() == str(folder)


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
