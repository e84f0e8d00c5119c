"""A trainer killed without warning loses nothing: resumed, it ends where an undisturbed one ends, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from engine.model.checkpoint import CheckpointFolder
from engine.model.metadata import read_metadata
from engine.runs import events
from engine.runs.event_log import from_line
from engine.runs.folder import CHECKPOINTS, EVENTS, run_is_alive
from tests.children import ForkedEngine
from tests.small_corpus import write_corpus

DEADLINE_S = 120.0


Training = subprocess.Popen[bytes] | ForkedEngine


def train(narration: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a training; what it says on stderr goes to a file."""
    command = [sys.executable, "-m", "engine", "train", *arguments]
    with narration.open("ab") as file:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file)


def train_forked(narration: Path, *arguments: str) -> ForkedEngine:
    """Start a training as `train` does, in a process that has loaded PyTorch already."""
    return ForkedEngine(["train", *arguments], narration)


def settings(corpus: Path) -> list[str]:
    return [
        *("--preset", "tiny", "--corpus", str(corpus), "--max-steps", "240", "--n-epochs", "100", "--dropout", "0.1"),
        *("--checkpoint-every", "7", "--validate-every", "50", "--begin-characters", "日"),
    ]


def steps_of(run: Path) -> list[int]:
    """The steps told so far, in order; a half-written last line is not told yet."""
    if not (run / EVENTS).exists():
        return []
    lines = (run / EVENTS).read_text(encoding="utf-8").split("\n")[:-1]
    # A line that a kill cut short was ended by the next writer: it is no event and says nothing.
    bodies = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [body["step"] for body in bodies if "step" in body]


def wait_for_step(run: Path, process: Training, step: int) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s and process.poll() is None:
        if max(steps_of(run), default=0) >= step:
            return
        time.sleep(0.01)
    pytest.fail(f"the training in {run} never came to step {step}")


def weights_of(run: Path) -> dict[str, bytes]:
    last = CheckpointFolder(run / CHECKPOINTS).find("last")
    assert last is not None
    return {name: value.numpy().tobytes() for name, value in load_file(last / "model.safetensors").items()}


@pytest.mark.parametrize(("optimizer", "killed_at"), [("adamw", (30, 100, 170)), ("rmsprop", (100,))])
def test_kill_and_resume_gives_the_weights_and_losses_of_an_undisturbed_run(
    tmp_path: Path, optimizer: str, killed_at: tuple[int, ...]
) -> None:
    words = [*settings(write_corpus(tmp_path / "poems.txt")), "--optimizer", optimizer]
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"

    narration = tmp_path / "narration.txt"
    assert train(narration, *words, "--run", str(undisturbed)).wait(DEADLINE_S) == 0, narration.read_text()

    process: Training = train_forked(narration, *words, "--run", str(disturbed))
    for step in killed_at:
        wait_for_step(disturbed, process, step)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not [path for path in (disturbed / CHECKPOINTS).glob("step-*") if not read_metadata(path)]
        process = train_forked(narration, "--resume", str(disturbed))
    assert process.wait(DEADLINE_S) == 0, narration.read_text()

    assert weights_of(disturbed) == weights_of(undisturbed)
    assert validations_of(disturbed)[-1] == validations_of(undisturbed)[-1]
    assert not run_is_alive(disturbed)


def validations_of(run: Path) -> list[events.Validated]:
    validations = []
    for line in (run / EVENTS).read_text(encoding="utf-8").splitlines():
        try:
            record = from_line(line)
        except ValueError:
            continue
        if isinstance(record.event, events.Validated):
            validations.append(record.event)
    return validations


def test_a_polite_interrupt_saves_stops_and_exits_with_130(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "poems.txt")
    run = tmp_path / "run"
    process = train_forked(
        tmp_path / "narration.txt",
        *settings(corpus),
        "--run",
        str(run),
        "--max-steps",
        "100000",
        "--n-epochs",
        "100000",
    )
    wait_for_step(run, process, 3)
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE_S) == 130
    last = from_line((run / EVENTS).read_text(encoding="utf-8").splitlines()[-1]).event
    assert isinstance(last, events.RunFinished)
    assert last.reason == "stopped"
    assert CheckpointFolder(run / CHECKPOINTS).find("last") == CheckpointFolder(run / CHECKPOINTS).path_of(last.step)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "poems.txt")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    narration = tmp_path / "narration.txt"
    assert train(narration, *settings(corpus), "--run", str(closed / "run")).wait(DEADLINE_S) == 1
    assert "cannot be written" in narration.read_text()
    assert "Traceback" not in narration.read_text()
