"""Time from the start of `poetry-tui` to its first painted screen, relative to a bare Textual app with a header and a footer."""

import compileall
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import engine
import poetry_tui
from benchmarks.speed.racing import race
from benchmarks.speed.terminal import COLUMNS, ROWS, in_terminal, wait_for

BARE_APP = """
from textual.app import App
from textual.widgets import Footer, Header
class Bare(App):
    TITLE = "Bare"
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Header()
        yield Footer()
Bare().run()
"""


def bench_first_paint(n_rounds: int) -> None:
    # As pip does for every installed package, Textual among them.
    for package in (engine, poetry_tui):
        compileall.compile_dir(Path(package.__path__[0]), quiet=1)
    results = race(
        {
            "bare Textual app": lambda: first_paint_s([sys.executable, "-c", BARE_APP], "Bare"),
            "the studio": lambda: first_paint_s([sys.executable, "-m", "poetry_tui"], "詩"),
        },
        n_rounds,
    )
    print(f"start to first painted screen, {COLUMNS}×{ROWS}")
    for name, result in results.items():
        print(result.line(name, "s"))
    bare, studio = results.values()
    print(f"  ratio: {studio.median / bare.median:.2f}")


def first_paint_s(command: Sequence[str], marker: str) -> float:
    """Seconds until a program, in a terminal of its own, has written the marker that its first screen shows."""
    started_s = time.perf_counter()
    with in_terminal(command) as terminal:
        wait_for(terminal, marker)
        return time.perf_counter() - started_s
