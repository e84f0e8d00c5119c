"""Processor time of a Tab key in the settings of the Train screen, relative to a bare Textual app with as many fields."""

import os
import sys

import psutil

from benchmarks.speed.racing import race
from benchmarks.speed.terminal import process_in_terminal, wait_for, wait_for_quiet, watch

N_FIELDS = 17
TAB = b"\t"
TRAIN = b"2"
FORM_MARKER = "learning rate"
TAB_EVERY_S = 0.15
QUIET_S = 0.4
BARE = f"""
from textual.app import App
from textual.widgets import Input
class Bare(App[None]):
    def compose(self):
        for number in range({N_FIELDS}):
            yield Input(placeholder="field")
Bare().run()
"""


def bench_tabs(n_tabs: int) -> None:
    """Processor time of the program over `n_tabs` Tabs, minus that of the same time without a key."""
    print("processor time of a Tab from field to field")
    with (
        process_in_terminal([sys.executable, "-m", "poetry_tui"]) as (studio, studio_process),
        process_in_terminal([sys.executable, "-c", BARE]) as (bare, bare_process),
    ):
        wait_for(studio, "studio-lstm")
        os.write(studio, TRAIN)
        wait_for(studio, FORM_MARKER)
        wait_for_quiet(studio, QUIET_S)
        wait_for_quiet(bare, QUIET_S)
        results = race(
            {
                "settings of the Train screen": lambda: _tab_ms(studio, studio_process.pid, n_tabs),
                f"a bare app with {N_FIELDS} fields": lambda: _tab_ms(bare, bare_process.pid, n_tabs),
            },
            n_rounds=3,
        )
        for name, result in results.items():
            print(result.line(name, "ms"))


def _tab_ms(terminal: int, pid: int, n_tabs: int) -> float:
    before_s = _processor_s(pid)
    watch(terminal, n_tabs * TAB_EVERY_S)
    idle_s = _processor_s(pid) - before_s
    for _ in range(n_tabs):
        os.write(terminal, TAB)
        watch(terminal, TAB_EVERY_S)
    return 1000 * (_processor_s(pid) - before_s - 2 * idle_s) / n_tabs


def _processor_s(pid: int) -> float:
    """The processor time of a process without its children."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
