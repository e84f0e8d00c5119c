"""From the start of `poetry-tui` to its first painted screen, beside a bare Textual app with a header and a footer."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence

from tests.bench.racing import race

ROWS, COLUMNS = 40, 120
LONGEST_WAIT_S = 30.0
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
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    started_s = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    os.close(theirs)
    try:
        return _wait_for(ours, marker.encode(), started_s)
    finally:
        # Asked politely first: the studio has a child to end.
        process.send_signal(signal.SIGTERM)
        _drain_until_ended(ours, process)
        os.close(ours)


def _wait_for(terminal: int, marker: bytes, started_s: float) -> float:
    written = b""
    while (left_s := started_s + LONGEST_WAIT_S - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left_s)[0]:
            written += os.read(terminal, 65536)
        if marker in written:
            return time.perf_counter() - started_s
    raise RuntimeError(f"{marker.decode()} was not painted within {LONGEST_WAIT_S:.0f} s; written: {written[-500:]!r}")


def _drain_until_ended(terminal: int, process: "subprocess.Popen[bytes]") -> None:
    os.set_blocking(terminal, False)
    deadline_s = time.perf_counter() + 5
    while process.poll() is None:
        if time.perf_counter() > deadline_s:
            process.kill()
        with contextlib.suppress(BlockingIOError, OSError):
            os.read(terminal, 65536)
        time.sleep(0.01)
