"""Speed of a training while the studio shows it, relative to the same training without the studio.

One training and one studio run all the time, and the studio is made to sleep (SIGSTOP) and woken in turns: each pair of stretches
meets the same machine, the same network and the same text. On a machine that others use too, characters a second of the clock tell
what these took; characters a second of the training's own processor time tell what the studio took from its caches, and the
studio's share what it took from the processor.
"""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from benchmarks.speed.keys import start_training, wait_for_steps
from benchmarks.speed.racing import Result
from benchmarks.speed.terminal import process_in_terminal, wait_for, watch
from engine.runs.events import Step
from poetry_tui.tracking.reader import EventTail

STRETCH_S = 6.0
# Before each stretch: a studio that wakes has some catching up to do.
SETTLING_S = 1.0
OPENING_S = 5.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speed of a training over some seconds, by wall-clock time and by its own processor time."""

    by_clock: float
    by_processor: float
    studio_percent: float


def bench_watched_training(corpus: Path, folder: Path, n_pairs: int) -> None:
    """Print the figures. `folder` is a temporary studio home."""
    run = folder / "runs" / "watched"
    training = start_training(corpus, run)
    try:
        wait_for_steps(run, training)
        tail = EventTail(run)
        with process_in_terminal([sys.executable, "-m", "poetry_tui", "monitor", str(run)]) as (terminal, studio):
            wait_for(terminal, "chars/s")
            watch(terminal, OPENING_S)
            pairs = []
            try:
                for number in range(n_pairs):
                    # What comes first in one pair comes last in the next: a drift of the machine cancels out.
                    order = (True, False) if number % 2 else (False, True)
                    found = {
                        is_seen: _stretch(tail, training.pid, terminal, studio, is_seen=is_seen) for is_seen in order
                    }
                    pairs.append((found[False], found[True]))
            finally:
                studio.send_signal(signal.SIGCONT)
    finally:
        training.kill()
        training.wait()
    unseen, seen = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    print(f"training nndl, the studio on it asleep and awake, {n_pairs} times {STRETCH_S:.0f} s each in turn")
    print(Result(tuple(one.by_clock for one in unseen)).line("asleep", "chars/s"))
    print(Result(tuple(one.by_clock for one in seen)).line("awake", "chars/s"))
    print(Result(tuple(one.studio_percent for one in seen)).line("the studio's share of a core", "%"))
    _print_ratio("a second of the clock", [one.by_clock / other.by_clock for other, one in pairs])
    _print_ratio(
        "a second of the training's processor time", [one.by_processor / other.by_processor for other, one in pairs]
    )


def _print_ratio(of: str, ratios: Sequence[float]) -> None:
    """The median and its 90 % interval."""
    middles = sorted(median(random.choices(ratios, k=len(ratios))) for _ in range(2000))
    print(f"  awake / asleep, {of}: {median(ratios):.3f}   (90 % interval {middles[100]:.3f} to {middles[-100]:.3f})")


def _stretch(tail: EventTail, pid: int, terminal: int, studio: "subprocess.Popen[bytes]", *, is_seen: bool) -> Stretch:
    """Let the training continue for a while, and read its speed in that time from its events."""
    studio.send_signal(signal.SIGCONT if is_seen else signal.SIGSTOP)
    watch(terminal, SETTLING_S)
    _chars_per_s(tail)  # what was before does not count
    processes = [psutil.Process(pid), psutil.Process(studio.pid)]
    before_s, began_s = [_processor_s(one) for one in processes], time.perf_counter()
    watch(terminal, STRETCH_S)
    passed_s = time.perf_counter() - began_s
    shares = [(_processor_s(one) - before) / passed_s for one, before in zip(processes, before_s, strict=True)]
    by_clock = _chars_per_s(tail)
    return Stretch(by_clock, by_clock / shares[0], 100 * shares[1])


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _chars_per_s(tail: EventTail) -> float:
    """The mean speed over the step events since the last call, weighted by time; other work is left out."""
    n_chars = seconds = 0.0
    before_s: float | None = None
    for record in tail.poll(1 << 30).records:
        if isinstance(record.event, Step) and before_s is not None:
            n_chars += record.event.chars_per_s * (record.time_s - before_s)
            seconds += record.time_s - before_s
        before_s = record.time_s
    return n_chars / seconds if seconds else 0.0
