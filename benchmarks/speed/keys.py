"""Latency of a key on the screen, on an idle machine and beside a training."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.speed.racing import Result
from benchmarks.speed.terminal import MAX_WAIT_S, in_terminal, wait_for, wait_for_quiet

RIGHT, LEFT = b"\x1b[C", b"\x1b[D"
QUIET_S = 0.4


def bench_keys(corpus: Path, folder: Path, n_keys: int) -> None:
    """The arrow keys move between the begin characters of the Compose screen."""
    print("a key press until the screen answers")
    with in_terminal([sys.executable, "-m", "poetry_tui"]) as terminal:
        wait_for(terminal, "studio-lstm")
        wait_for_quiet(terminal, 2.0)
        print(Result(tuple(_answer_ms(terminal, number) for number in range(n_keys))).line("idle", "ms"))
        run = folder / "run"
        training = start_training(corpus, run)
        try:
            wait_for_steps(run, training)
            result = Result(tuple(_answer_ms(terminal, number) for number in range(n_keys)))
            print(result.line("beside a training at full speed", "ms"))
        finally:
            training.kill()
            training.wait()


def _answer_ms(terminal: int, number: int) -> float:
    wait_for_quiet(terminal, QUIET_S)
    pressed_s = time.perf_counter()
    os.write(terminal, LEFT if number % 2 else RIGHT)
    if not select.select([terminal], [], [], MAX_WAIT_S)[0]:
        raise RuntimeError("the studio did not answer a key")
    os.read(terminal, 65536)
    return (time.perf_counter() - pressed_s) * 1000


def start_training(corpus: Path, run: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "engine", "train", "--preset", "nndl", "--corpus", str(corpus), "--run", str(run)]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def wait_for_steps(run: Path, training: "subprocess.Popen[bytes]") -> None:
    deadline_s = time.perf_counter() + MAX_WAIT_S
    while time.perf_counter() < deadline_s and training.poll() is None:
        if (run / "events.jsonl").exists() and b'"step"' in (run / "events.jsonl").read_bytes():
            return
        time.sleep(0.1)
    raise RuntimeError("the training did not start")
