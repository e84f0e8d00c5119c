"""Training with several workers under torchrun: the same result, and a death that mends itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.runs.folder import EVENTS
from tests.children import ForkedEngine
from tests.small_corpus import write_corpus

N_STEPS = 50


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    return str(write_corpus(tmp_path / "poems.txt"))


def train(run: Path, corpus: str) -> list[str]:
    names = ("--preset", "tiny", "--corpus", corpus, "--run-folder", str(run))
    return ["train", *names, "--device", "cpu", "--n-epochs", "1000"]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}


def said(run: Path, event: str) -> list[dict[str, Any]]:
    lines = (run / EVENTS).read_text(encoding="utf-8").splitlines() if (run / EVENTS).exists() else []
    return [record for record in map(json.loads, lines) if record["event"] == event]


def validations(run: Path) -> list[tuple[int, float, float, float]]:
    names = ("step", "val_nats_per_han", "train_nats", "train_nats_per_han")
    return [tuple(one[name] for name in names) for one in said(run, "validated")]


def train_in(world_size: int, words: list[str]) -> list[int]:
    """Train in processes that talk to each other as torchrun's do; returns their exit statuses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        rendezvous = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(world_size)]
    shared = {**environment(), **rendezvous, "WORLD_SIZE": str(world_size)}
    return [one.wait() for one in [ForkedEngine(words, environment=shared | rank) for rank in ranks]]


@pytest.mark.parametrize("more", [(), ("--residual", "--layer-norm")], ids=str)
def test_two_workers_come_to_the_same_losses_as_one(tmp_path: Path, corpus: str, more: tuple[str, ...]) -> None:
    found, n_chars = [], []
    for world_size in (1, 2):
        run = tmp_path / f"with-{world_size}"
        # A batch of seven cannot be shared evenly, and the last one of an epoch is smaller still.
        steps = ("--max-steps", str(N_STEPS), "--validate-every", "10", "--batch-size", "7")
        assert train_in(world_size, [*train(run, corpus), *steps, *more]) == [0] * world_size
        assert [one["reason"] for one in said(run, "run_finished")] == ["completed"]
        found.append(validations(run))
        n_chars.append(said(run, "step")[-1]["n_chars"])
    assert [step for step, *_ in found[0]] == [10, 20, 30, 40, 50]
    assert n_chars[0] == n_chars[1]
    for alone, together in zip(*found, strict=True):
        assert together == pytest.approx(alone, abs=1e-4)


@pytest.fixture
def torchrun(tmp_path: Path, corpus: str) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    run = tmp_path / "run"
    words = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone", "--max-restarts=2"]
    # torchrun shows every worker's own words; -m engine must be ours, wherever it is started.
    words += ["-m", "engine", *train(run, corpus), "--max-steps", "200"]
    words += ["--checkpoint-every", "10", "--validate-every", "100"]
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield process, run
    for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
        child.kill()
    process.kill()
    process.wait()


def test_a_worker_that_dies_is_replaced_and_the_run_goes_on_from_its_checkpoint(
    torchrun: tuple["subprocess.Popen[bytes]", Path],
) -> None:
    process, run = torchrun
    while not said(run, "checkpoint_saved"):
        assert process.poll() is None
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children()
    assert len(workers) == 2
    lead = said(run, "run_started")[0]["pid"]
    other = next(worker for worker in workers if worker.pid != lead)
    os.kill(other.pid, signal.SIGKILL)
    assert process.wait(timeout=300) == 0
    starts = said(run, "run_started")
    assert [start["resumed_from_step"] is None for start in starts] == [True, False]
    assert said(run, "run_finished")[-1]["reason"] == "completed"
    assert said(run, "validated")[-1]["step"] == 200


def test_without_a_name_for_the_run_the_workers_say_so(tmp_path: Path, corpus: str) -> None:
    narration = tmp_path / "narration.txt"
    env = {**environment(), "WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}
    assert ForkedEngine(["train", "--preset", "tiny", "--corpus", corpus], narration, env).wait() == 2
    assert "Name it with --run-folder" in narration.read_text(encoding="utf-8")
