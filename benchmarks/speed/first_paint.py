"""Time from the start of `poetry-tui` to its first painted screen, relative to a bare Textual app with a header and a footer, and to
the first character of the poem that is asked for at once, or a while later."""

import compileall
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import engine
import poetry_tui
from benchmarks.speed.racing import race
from benchmarks.speed.terminal import COLUMNS, ROWS, in_terminal, wait_for, watch

STUDIO = (sys.executable, "-m", "poetry_tui")
# A word that the inspector shows beside the first character of a poem.
OF_FIRST_CHARACTER = "surprisal"
# How long a person looks before pressing Enter.
PAUSE_S = 3.0
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
            "the studio": lambda: first_paint_s(STUDIO, "詩"),
            "first character, Enter at the first paint": first_character_s,
            f"Enter to first character, after {PAUSE_S:.0f} s": lambda: first_character_s(PAUSE_S),
        },
        n_rounds,
    )
    print(f"start to first painted screen, {COLUMNS}×{ROWS}")
    for name, result in results.items():
        print(result.line(name, "s"))
    bare, studio, *_ = results.values()
    print(f"  ratio: {studio.median / bare.median:.2f}")


def first_paint_s(command: Sequence[str], marker: str) -> float:
    """Seconds until a program, in a terminal of its own, has written the marker that its first screen shows."""
    started_s = time.perf_counter()
    with in_terminal(command) as terminal:
        wait_for(terminal, marker)
        return time.perf_counter() - started_s


def first_character_s(pause_s: float = 0.0) -> float:
    """Seconds from the start of the studio to the first character of a poem, with Enter pressed as soon as the screen is painted; with
    a pause before it, from Enter on."""
    started_s = time.perf_counter()
    with in_terminal(STUDIO) as terminal:
        wait_for(terminal, "詩")
        if pause_s:
            watch(terminal, pause_s)
            started_s = time.perf_counter()
        os.write(terminal, b"\r")
        wait_for(terminal, OF_FIRST_CHARACTER)
        return time.perf_counter() - started_s
