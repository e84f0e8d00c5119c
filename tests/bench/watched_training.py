"""How fast a training goes with the studio looking at it, beside the same training with nobody there.

One training runs all the time, and the studio is opened and closed on it: every pair of stretches meets the same machine
and the same network. On a machine that others use too, characters a second of the clock tell what these took; characters a
second of the training's own processor time tell what the studio took from its caches, and the studio's share what it took
from the processor.
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from engine.events import Step
from poetry_tui.run_reader import EventTail
from tests.bench.keys import start_training, wait_for_steps
from tests.bench.racing import Result
from tests.bench.terminal import process_in_terminal, wait_for, watch

STRETCH_S = 12.0
SETTLING_S = 3.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a training did in some seconds: characters a second by the clock, and by its own processor time."""

    by_clock: float
    by_processor: float
    studio_percent: float = 0.0


def bench_watched_training(corpus: Path, folder: Path, n_rounds: int) -> None:
    """`folder` is a studio home of our own."""
    run = folder / "runs" / "watched"
    training = start_training(corpus, run)
    try:
        wait_for_steps(run, training)
        tail = EventTail(run)
        pairs = [_pair(run, tail, training.pid, is_alone_first=number % 2 == 0) for number in range(n_rounds)]
    finally:
        training.kill()
        training.wait()
    alone, seen = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    print(f"training nndl, the studio closed and open on it, {STRETCH_S:.0f} s each in turn")
    print(Result(tuple(one.by_clock for one in alone)).line("closed", "chars/s"))
    print(Result(tuple(one.by_clock for one in seen)).line("open", "chars/s"))
    print(Result(tuple(one.studio_percent for one in seen)).line("the studio's share of a core", "%"))
    by_clock = [one.by_clock / other.by_clock for one, other in zip(seen, alone, strict=True)]
    by_processor = [one.by_processor / other.by_processor for one, other in zip(seen, alone, strict=True)]
    print(
        f"  open / closed, a second of the clock: {median(by_clock):.3f}   (min {min(by_clock):.3f}, max {max(by_clock):.3f})"
    )
    print(
        f"  open / closed, a second of the training's processor time: {median(by_processor):.3f}   "
        f"(min {min(by_processor):.3f}, max {max(by_processor):.3f})"
    )


def _pair(run: Path, tail: EventTail, pid: int, *, is_alone_first: bool) -> tuple[Stretch, Stretch]:
    alone = _stretch(tail, pid) if is_alone_first else None
    with process_in_terminal([sys.executable, "-m", "poetry_tui", "monitor", str(run)]) as (terminal, studio):
        wait_for(terminal, "chars/s")
        watch(terminal, SETTLING_S)
        seen = _stretch(tail, pid, terminal, studio)
    return alone or _stretch(tail, pid), seen


def _stretch(
    tail: EventTail, pid: int, terminal: int | None = None, studio: "subprocess.Popen[bytes] | None" = None
) -> Stretch:
    """Let the training go on for a while, and read from its events how fast it learnt in that time."""
    _chars_per_s(tail)  # what was before does not count
    processes = [psutil.Process(pid), *([psutil.Process(studio.pid)] if studio else [])]
    before_s, began_s = [_processor_s(one) for one in processes], time.perf_counter()
    if terminal is None:
        time.sleep(STRETCH_S)
    else:
        watch(terminal, STRETCH_S)
    passed_s = time.perf_counter() - began_s
    shares = [(_processor_s(one) - before) / passed_s for one, before in zip(processes, before_s, strict=True)]
    by_clock = _chars_per_s(tail)
    return Stretch(by_clock, by_clock / shares[0], 100 * shares[1] if studio else 0.0)


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _chars_per_s(tail: EventTail) -> float:
    """The mean over the steps told since the last call, each weighed by the time that it took; what else was done is left out."""
    n_chars = seconds = 0.0
    before_s: float | None = None
    for record in tail.poll(1 << 30).records:
        if isinstance(record.event, Step) and before_s is not None:
            n_chars += record.event.chars_per_s * (record.time_s - before_s)
            seconds += record.time_s - before_s
        before_s = record.time_s
    return n_chars / seconds if seconds else 0.0
