"""What it costs to watch a training, and how soon it is seen: redrawing, attaching, from the event to the screen, the
studio's share of a processor, the training's speed with the screen open, leaving.
"""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.speed.racing import Result
from benchmarks.speed.terminal import process_in_terminal, wait_for, watch
from engine.runs import events
from engine.runs.event_log import RunWriter
from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.train.monitor.loss_chart import LossChart
from poetry_tui.train.screen import TrainScreen
from tests.poetry_tui.tracking import make_run

N_POINTS = 100_000
SIZES = ((80, 24), (120, 40), (200, 60))
EVENT_PERIOD_S = 0.1
SETTLING_S = 3.0


def bench_watching(folder: Path, n_rounds: int) -> None:
    """Print everything except the speed of a watched training. `folder` is a temporary studio home."""
    os.environ[paths.HOME_VARIABLE] = str(folder)
    long = make_run.write_run(folder / "runs" / "long", make_run.life(N_POINTS, every=1, total_steps=2 * N_POINTS))
    bench_redrawing(long, n_rounds * 3)
    for name, n_points in (("a run of 1,000 points", 1_000), (f"a run of {N_POINTS:,} points", N_POINTS)):
        with writing(folder / "runs" / f"live-{n_points}", n_points) as run:
            print(f"watching {name}, ten events a second")
            bench_live(run, n_rounds)


def bench_redrawing(run: Path, n_times: int) -> None:
    """Processor time in this process, without a terminal, independent of other load."""
    print(f"a run of {N_POINTS:,} points")
    attaching = Result(tuple(_attach_s(run) for _ in range(3)))
    print(attaching.line("attaching: read and folded", "s of CPU"))
    for size in SIZES:
        redrawn = Result(tuple(asyncio.run(_redraw_ms(run, size, n_times))))
        print(redrawn.line(f"the loss chart redrawn at {size[0]}×{size[1]}", "ms of CPU"))


def _attach_s(run: Path) -> float:
    began_s = time.thread_time()
    follower = attached(run)
    assert len(follower.state.loss) == N_POINTS
    return time.thread_time() - began_s


def attached(run: Path) -> RunFollower:
    """A follower that has read everything."""
    follower = RunFollower(run)
    while not follower.is_settled:
        follower.fold(follower.read())
    return follower


async def _redraw_ms(run: Path, size: tuple[int, int], n_times: int) -> list[float]:
    """Draw the whole chart repeatedly, as the Train screen does."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    app = PoetryApp(Settings(), wanted_run=run)
    app.services.engine.start = lambda: None  # type: ignore[method-assign]
    took_ms = []
    async with app.run_test(size=size) as pilot:
        await app.switch_mode("train")
        screen = app.screen
        assert isinstance(screen, TrainScreen)
        while (follower := screen.runs.followed) is None or not follower.is_settled:
            await pilot.pause(0.05)
        chart, state = screen.query_one(LossChart), follower.state
        for _ in range(n_times):
            began_s = time.thread_time()
            chart.show(state)
            lines = chart.render_lines(chart.size.region)
            took_ms.append((time.thread_time() - began_s) * 1000)
            assert any("⠤" in line.text or "⣀" in line.text or "⠒" in line.text for line in lines)
    return took_ms


@contextmanager
def writing(run: Path, n_points: int) -> "Iterator[Live]":
    """A run with `n_points` points that this process continues to write."""
    make_run.write_run(run, make_run.life(n_points, every=1, total_steps=2 * N_POINTS))
    writer = RunWriter(run)
    try:
        yield Live(run, writer, n_points)
    finally:
        writer.close()


class Live:
    """Writes the events of a training at full speed."""

    def __init__(self, folder: Path, writer: RunWriter, n_points: int) -> None:
        self.folder, self._writer, self._step = folder, writer, n_points

    def say(self) -> int:
        """Write a step, and now and then the other events of a run; return its number."""
        self._step += 1
        self._writer.append(make_run.step(self._step))
        if self._step % 20 == 0:
            self._writer.append(
                events.Resources(
                    step=self._step, cpu_percent=190.0, memory_bytes=900_000_000, gpu_percent=None, gpu_memory_bytes=None,
                    data_share=0.1, forward_share=0.4, backward_share=0.4, optimizer_share=0.1,
                )
            )  # fmt: skip
        if self._step % 50 == 0:
            self._writer.append(make_run.compared(self._step))
        return self._step

    @contextmanager
    def saying(self) -> Iterator[None]:
        """Continue to write ten steps a second during the block."""
        is_over = threading.Event()

        def go_on() -> None:
            while not is_over.wait(EVENT_PERIOD_S):
                self.say()

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def bench_live(live: Live, n_rounds: int) -> None:
    """Latency on the screen, the studio's share of a processor, and the time to quit."""
    leaving = []
    with monitoring(live) as (terminal, process):
        print(
            Result(tuple(_seen_ms(terminal, live) for _ in range(n_rounds * 5))).line(
                "written until on the screen", "ms"
            )
        )
        with live.saying():
            watch(terminal, SETTLING_S)
            shares = tuple(_cpu_percent(terminal, process, 5.0) for _ in range(n_rounds))
        print(Result(shares).line("the studio's share of a core", "%"))
    for _ in range(n_rounds):
        with monitoring(live) as (terminal, process), live.saying():
            watch(terminal, 1.0)
            leaving.append(_leave(terminal, process))
    print(Result(tuple(passed_s for passed_s, _ in leaving)).line("the quit key until the process is gone", "s"))
    print(Result(tuple(used_s for _, used_s in leaving)).line("    of the processor's time", "s"))


@contextmanager
def monitoring(live: Live) -> "Iterator[tuple[int, subprocess.Popen[bytes]]]":
    """The studio in a pseudo-terminal, after it has read the whole run."""
    with process_in_terminal([sys.executable, "-m", "poetry_tui", "monitor", str(live.folder)]) as (terminal, process):
        wait_for(terminal, f"{live.say():,} / ")
        watch(terminal, SETTLING_S)
        yield terminal, process


def _seen_ms(terminal: int, live: Live) -> float:
    # At any moment between two looks of the studio.
    watch(terminal, random.uniform(0.3, 0.5))
    written_s = time.perf_counter()
    step = live.say()
    wait_for(terminal, f"{step:,} / ")
    return (time.perf_counter() - written_s) * 1000


def _cpu_percent(terminal: int, process: "subprocess.Popen[bytes]", seconds: float) -> float:
    watched = psutil.Process(process.pid)
    before, began_s = watched.cpu_times(), time.perf_counter()
    watch(terminal, seconds)
    after, passed_s = watched.cpu_times(), time.perf_counter() - began_s
    return 100 * (after.user - before.user + after.system - before.system) / passed_s


def _leave(terminal: int, process: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Wall-clock seconds, and seconds of the process' processor time while it lives."""
    os.set_blocking(terminal, False)
    watched = psutil.Process(process.pid)
    before = after = watched.cpu_times()
    pressed_s = time.perf_counter()
    os.write(terminal, b"q")
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            now = watched.cpu_times()
            # One that has ended and was not yet waited for has no times left.
            after = now if now.user >= after.user else after
        try:
            os.read(terminal, 65536)
        except OSError:  # nothing there, or nobody any more
            time.sleep(0.001)
        if time.perf_counter() - pressed_s > 30:
            raise RuntimeError("the studio did not end")
    return time.perf_counter() - pressed_s, after.user - before.user + after.system - before.system
