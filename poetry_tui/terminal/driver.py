"""Textual's Linux driver, made robust against the loss of its terminal. All private Textual API for quitting is here.

Textual 8.2 treats the end of input as no input, so its input thread spins; a write error ends its writer thread, and the main
thread then blocks on a full queue that is never emptied. `poetry_tui.terminal.hang_up` watches the terminal; here a failed write
is dropped, a read error ends the input thread, and both are reported as a hang-up.
`tests/poetry_tui/terminal/test_driver.py` fails when a new Textual behaves differently.
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

# CAN ends an incomplete escape sequence; the rest is what Textual's driver writes when it stops, in its order.
RESTORING = (
    "\x18\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


# Interval at which a writer that waits for the terminal checks `_is_over`.
_LOOK_EVERY_S = 0.2
# Set when nothing more may be drawn.
_is_over = threading.Event()


class TerminalFile:
    """The file of the writer thread: writes unbuffered and completely to the terminal, and discards data once it is gone."""

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
        """Do nothing, because writes are not buffered."""

    def fileno(self) -> int:
        return self._fileno

    def isatty(self) -> bool:
        return os.isatty(self._fileno)


def _opened_anew(fileno: int) -> int:
    """Open the same terminal for non-blocking writes: a write blocked in the kernel would keep others from restoring it.

    The descriptor shared with the shell stays blocking; it is returned if the terminal has no name.
    """
    try:
        return os.open(os.ttyname(fileno), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return fileno


class StudioDriver(LinuxDriver):
    """Textual's driver, except that the loss of the terminal is a hang-up, not an error."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file = TerminalFile(drawn_on().fileno(), hang_up)  # type: ignore[assignment]

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError:
            hang_up()


def drawn_on() -> TextIO:
    """The stream that the screen is drawn on: stderr, as in Textual, or stdout if stderr is redirected (`2> file`)."""
    stderr, stdout = sys.__stderr__, sys.__stdout__
    assert stdout is not None
    return stderr if stderr is not None and stderr.isatty() else stdout


def restore_terminal(attributes: list[Any] | None) -> None:
    """Restore the terminal without blocking; output that it has not read is discarded.

    For a process that is about to call `os._exit`; callable from any thread.
    """
    _is_over.set()
    # SIGTTOU would stop a background process that changes the terminal.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    with contextlib.suppress(OSError, termios.error):
        fileno = drawn_on().fileno()
        if attributes is not None:
            termios.tcsetattr(fileno, termios.TCSANOW, attributes)
        termios.tcflush(fileno, termios.TCOFLUSH)
        if (own := _opened_anew(fileno)) != fileno:
            os.write(own, RESTORING.encode())
