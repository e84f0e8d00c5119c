"""Python use: the code of docs/python.md and of its notebook runs, and training is an iterator that can be left."""

import contextlib
import io
import json
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.runs.events import RunFinished
from engine.runs.folder import EVENTS
from engine.system.errors import StudioError, UsageError
from tests.small_corpus import write_corpus

DOCS = Path(__file__).parents[2] / "docs"
DEADLINE_S = 300
# The line of the notebook that needs an installed corpus, and what takes its place.
CORPUS, SMALL = 'CORPUS = "tang"', 'CORPUS = "my-poems.txt"'


def run(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the code prints; not in a process of its own, which would load PyTorch once more."""
    write_corpus(folder / "my-poems.txt")
    monkeypatch.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {"__name__": "__main__"})
    return printed.getvalue()


@pytest.mark.slow
def test_the_code_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / "python.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    printed = run("\n".join(blocks), tmp_path, monkeypatch)
    assert "tones='ok'" in printed
    assert len(re.findall(r"^日.{14}。.{15}。 ", printed, re.MULTILINE)) == 3
    assert re.search(r"^40 \d", printed, re.MULTILINE)


@pytest.mark.slow
def test_the_notebook_runs_and_was_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = json.loads((DOCS / "python.ipynb").read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code = "\n".join("".join(cell["source"]) for cell in cells)
    assert code.count(CORPUS) == 1
    printed = run(code.replace(CORPUS, SMALL), tmp_path, monkeypatch)
    stored = "".join("".join(output["text"]) for cell in cells for output in cell["outputs"])
    # The same lines, as far as they do not depend on the processor's arithmetic, the corpus or the device.
    assert layout(printed) == layout(stored)


def layout(text: str) -> list[str]:
    return re.sub(r"\d+(\.\d+)?", "0", re.sub(r"[一-鿿，。？！]+", "诗", text)).splitlines()


def test_importing_the_engine_and_checking_load_no_torch() -> None:
    code = "import sys, engine; engine.check('白日依山尽，黄河入海流。'); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=DEADLINE_S, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_loop_that_is_left_stops_the_training_with_a_checkpoint(tmp_path: Path) -> None:
    write_corpus(tmp_path / "poems.txt")
    folder = tmp_path / "run"
    settings: dict[str, Any] = {
        "corpus": str(tmp_path / "poems.txt"),
        "n_val_poems": 5,
        "batch_size": 8,
        "max_steps": 100_000,
    }
    events = engine.train("nndl", folder, **settings)
    assert not folder.exists()
    assert [event.name for event in islice(events, 3)] == ["run_started", "probed", "step"]
    events.close()  # type: ignore[attr-defined]
    last = json.loads((folder / EVENTS).read_text(encoding="utf-8").splitlines()[-1])
    assert (last["event"], last["reason"]) == ("run_finished", "stopped")
    *_, end = engine.train("nndl", folder, resume=True, **{**settings, "max_steps": last["step"] + 2})
    assert isinstance(end, RunFinished)
    assert (end.reason, end.step) == ("completed", last["step"] + 2)
    assert engine.load(folder, "cpu").name == "run"


def test_an_error_of_the_training_is_raised_where_its_events_are_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no preset called"):
        engine.train("none")
    with pytest.raises(StudioError):
        list(engine.train("nndl", tmp_path / "run", corpus=str(tmp_path / "missing.txt")))
