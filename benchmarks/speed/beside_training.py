"""Composing beside a training, and the training beside composing.

One training runs all the time, and is made to sleep (SIGSTOP) and woken in turns, so that both states meet the same machine.
Commands and service run as processes, as the studio runs them: how their threads wait is set by their own start.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.keys import start_training, wait_for_steps
from benchmarks.speed.racing import Result
from engine.runs.events import Step
from poetry_tui.tracking.reader import EventTail

N_POEMS = 200
N_SINGLE_POEMS = 5
ALONE_S = 8.0
ENGINE = (sys.executable, "-m", "engine")
MANY = (*ENGINE, "compose", "日", "--form", "qijue", "-n", str(N_POEMS), "--json")
# The first steps of a new round belong to the change from one state to the other.
SETTLING_S = 1.0


@dataclass(frozen=True, slots=True)
class Round:
    """Figures of one round: composing with the training stopped and running, the training alone and beside composing."""

    many_alone_s: float
    many_beside_s: float
    single_alone_chars_per_s: float
    single_beside_chars_per_s: float
    training_alone_chars_per_s: float
    training_beside_chars_per_s: float


def bench_beside_training(corpus: Path, folder: Path, n_rounds: int) -> None:
    """Print the figures. `folder` is a temporary studio home."""
    run = folder / "runs" / "beside"
    training = start_training(corpus, run)
    try:
        wait_for_steps(run, training)
        tail = EventTail(run)
        with _composing_service() as service:
            rounds = [_round(training, service, tail) for _ in range(1 + n_rounds)][1:]
    finally:
        training.send_signal(signal.SIGCONT)
        training.kill()
        training.wait()
    _print(rounds)


def _print(rounds: Sequence[Round]) -> None:
    print(f"composing beside a training of nndl, {len(rounds)} rounds, by the clock on the wall")
    many_alone, many_beside = (
        Result(tuple(one.many_alone_s for one in rounds)),
        Result(tuple(one.many_beside_s for one in rounds)),
    )
    single_alone = Result(tuple(one.single_alone_chars_per_s for one in rounds))
    single_beside = Result(tuple(one.single_beside_chars_per_s for one in rounds))
    training_alone = Result(tuple(one.training_alone_chars_per_s for one in rounds))
    training_beside = Result(tuple(one.training_beside_chars_per_s for one in rounds))
    print(many_alone.line(f"{N_POEMS} 七绝 by the command, alone", "s"))
    print(many_beside.line("beside the training", "s"))
    print(f"  beside / alone: {many_beside.over(many_alone):.2f}")
    print(single_alone.line("a single 七绝 of the service, alone", "chars/s"))
    print(single_beside.line("beside the training", "chars/s"))
    print(f"  beside / alone: {single_beside.over(single_alone):.2f}")
    print(training_alone.line("the training, alone", "chars/s"))
    print(training_beside.line(f"beside {N_POEMS} 七绝", "chars/s"))
    print(f"  beside / alone: {training_beside.over(training_alone):.2f}")


def _round(training: "subprocess.Popen[bytes]", service: "subprocess.Popen[bytes]", tail: EventTail) -> Round:
    training.send_signal(signal.SIGSTOP)
    single_alone = _single_poems_chars_per_s(service)
    many_alone_s = _many_poems_s()
    training.send_signal(signal.SIGCONT)
    time.sleep(SETTLING_S)
    _training_chars_per_s(tail)  # what was before does not count
    time.sleep(ALONE_S)
    training_alone = _training_chars_per_s(tail)
    single_beside = _single_poems_chars_per_s(service)
    _training_chars_per_s(tail)
    many_beside_s = _many_poems_s()
    training_beside = _training_chars_per_s(tail)
    return Round(many_alone_s, many_beside_s, single_alone, single_beside, training_alone, training_beside)


def _many_poems_s() -> float:
    began_s = time.perf_counter()
    subprocess.run(MANY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began_s


@contextmanager
def _composing_service() -> "Iterator[subprocess.Popen[bytes]]":
    service = subprocess.Popen(
        (*ENGINE, "service"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        _poem_of(service, seed=0)
        yield service
    finally:
        service.kill()
        service.wait()


def _single_poems_chars_per_s(service: "subprocess.Popen[bytes]") -> float:
    n_chars, began_s = 0, time.perf_counter()
    for seed in range(1, 1 + N_SINGLE_POEMS):
        n_chars += len(_poem_of(service, seed))
    return n_chars / (time.perf_counter() - began_s)


def _poem_of(service: "subprocess.Popen[bytes]", seed: int) -> str:
    """Compose one 七绝 and wait for it."""
    assert service.stdin is not None
    assert service.stdout is not None
    config = {"begin": "日", "form": "qijue", "seed": seed}
    request = {"id": seed + 1, "op": "compose", "model": None, "config": config, "n_alternatives": 10}
    service.stdin.write(json.dumps(request).encode() + b"\n")
    service.stdin.flush()
    for line in service.stdout:
        reply = json.loads(line)
        if reply["reply"] == "poem":
            return str(reply["text"])
        if reply["reply"] == "error":
            raise RuntimeError(f"the service does not compose: {reply['message']}")
    raise RuntimeError(f"the service ended with status {os.waitstatus_to_exitcode(service.wait())}")


def _training_chars_per_s(tail: EventTail) -> float:
    """Mean speed of the steps since the last call, by the clock: each step event has the mean since the one before."""
    n_chars = 0.0
    first_s = last_s = None
    for record in tail.poll(1 << 30).records:
        if first_s is not None and last_s is not None and isinstance(record.event, Step):
            n_chars += record.event.chars_per_s * (record.time_s - last_s)
        first_s = record.time_s if first_s is None else first_s
        last_s = record.time_s
    return n_chars / (last_s - first_s) if first_s is not None and last_s is not None and last_s > first_s else 0.0
