"""A program in its own pseudo-terminal, and its response times."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence

ROWS, COLUMNS = 40, 120
MAX_WAIT_S = 60.0
# The question for a terminal's attributes, and an answer: nearly every terminal gives one at once.
ATTRIBUTES_WANTED, ATTRIBUTES = b"\x1b[c", b"\x1b[?62;22c"


@contextlib.contextmanager
def in_terminal(command: Sequence[str]) -> Iterator[int]:
    """Run a program in a pseudo-terminal and yield our end of it; the program is ended with the block."""
    with process_in_terminal(command) as (terminal, _process):
        yield terminal


@contextlib.contextmanager
def process_in_terminal(command: Sequence[str]) -> "Iterator[tuple[int, subprocess.Popen[bytes]]]":
    """The same, with its process."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
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
        yield ours, process
    finally:
        # Asked politely first: the studio has a child to end.
        process.send_signal(signal.SIGTERM)
        _drain_until_ended(ours, process)
        os.close(ours)


def wait_for(terminal: int, marker: str) -> None:
    """Return as soon as the program has written the marker. RuntimeError when it does not."""
    written, began_s = b"", time.perf_counter()
    while (left_s := began_s + MAX_WAIT_S - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left_s)[0]:
            read = os.read(terminal, 65536)
            written += read
            if ATTRIBUTES_WANTED in read:
                os.write(terminal, ATTRIBUTES)
        if marker.encode() in written:
            return
    raise RuntimeError(f"{marker} was not painted within {MAX_WAIT_S:.0f} s; written: {written[-500:]!r}")


def watch(terminal: int, seconds: float) -> None:
    """Read the output for a given time, as a terminal does."""
    until_s = time.perf_counter() + seconds
    while (left_s := until_s - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left_s)[0]:
            os.read(terminal, 65536)


def wait_for_quiet(terminal: int, quiet_s: float) -> None:
    """Read the output until there is none for a given time."""
    while select.select([terminal], [], [], quiet_s)[0]:
        os.read(terminal, 65536)


def _drain_until_ended(terminal: int, process: "subprocess.Popen[bytes]") -> None:
    os.set_blocking(terminal, False)
    deadline_s = time.perf_counter() + 5
    while process.poll() is None:
        if time.perf_counter() > deadline_s:
            process.kill()
        with contextlib.suppress(BlockingIOError, OSError):
            os.read(terminal, 65536)
        time.sleep(0.01)
