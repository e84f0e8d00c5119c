"""The terminal as Textual drives it, made to stand a terminal that goes away. All private Textual API of leaving is here.

Textual 8.2 takes the end of input for nothing to read, and its input thread spins; an error of a write ends its writer
thread, and the main thread then waits for room in a queue that nobody empties. `poetry_tui.terminal.hang_up` watches the terminal;
here a write that fails is dropped and an error of a read ends the thread, and both are told as a hang-up.
`tests/poetry_tui/terminal/test_driver.py` tells when a new Textual works otherwise.
"""

import contextlib
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from typing import Any, TextIO

from textual.drivers.linux_driver import LinuxDriver

from poetry_tui.terminal.hang_up import hang_up

# CAN ends an escape sequence that was cut short; then what Textual's driver says when it leaves, in its order.
RESTORING = (
    "\x18\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


# How often a writer that waits for the terminal asks whether that is still wanted.
_LOOK_EVERY_S = 0.2
# From when on nothing more is drawn.
_is_over = threading.Event()


class TerminalFile:
    """What the writer thread writes to: straight to the terminal, whole, and into nothing once that is gone."""

    def __init__(self, fileno: int, on_gone: Callable[[], None]) -> None:
        self._fileno = _opened_anew(fileno)
        self._on_gone = on_gone
        self._is_gone = False

    def write(self, text: str) -> int:
        data = text.encode("utf-8", errors="replace")
        while data and not self._is_gone and not _is_over.is_set():
            try:
                data = data[os.write(self._fileno, data) :]
            except BlockingIOError:
                select.select([], [self._fileno], [], _LOOK_EVERY_S)
            except OSError:
                self._is_gone = True
                self._on_gone()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        return self._fileno

    def isatty(self) -> bool:
        return os.isatty(self._fileno)


def _opened_anew(fileno: int) -> int:
    """The same terminal, for writing without waiting: who waits within the system holds it, and nobody could restore it.

    The descriptor that we share with the shell stays a blocking one; where its terminal has no name, that one must do.
    """
    try:
        return os.open(os.ttyname(fileno), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return fileno


class StudioDriver(LinuxDriver):
    """Textual's driver, for which a terminal that is gone is no error."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = TerminalFile(drawn_on().fileno(), hang_up)  # type: ignore[assignment]

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError:
            hang_up()


def drawn_on() -> TextIO:
    """Where the screen is drawn: stderr, as Textual does, or stdout where stderr goes elsewhere (`2> file`)."""
    stderr, stdout = sys.__stderr__, sys.__stdout__
    assert stdout is not None
    return stderr if stderr is not None and stderr.isatty() else stdout


def restore_terminal(attributes: list[Any] | None) -> None:
    """Give the terminal back without waiting for it: what nobody has read so far is thrown away.

    For a process that is about to leave by `os._exit`; callable from any thread.
    """
    _is_over.set()
    # From the background, changing the terminal would stop us instead.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    with contextlib.suppress(OSError, termios.error):
        fileno = drawn_on().fileno()
        if attributes is not None:
            termios.tcsetattr(fileno, termios.TCSANOW, attributes)
        termios.tcflush(fileno, termios.TCOFLUSH)
        if (own := _opened_anew(fileno)) != fileno:
            os.write(own, RESTORING.encode())
