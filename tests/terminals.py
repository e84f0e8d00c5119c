"""A program in a terminal of its own, below a leader that may keep a hang-up to itself; and what is left of it afterwards."""

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
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

STUDIO = (sys.executable, "-m", "poetry_tui")
# Generous: it only tells a hang from a slow machine.
DEADLINE_S = 60.0

_WRAPPER = """
import signal, subprocess, sys
signal.signal(signal.SIGHUP, lambda *_: None)
sys.exit(subprocess.call(sys.argv[1:]))
"""


def below(leader: str, command: Sequence[str], folder: Path) -> list[str]:
    """The command line that runs `command` below a leader of the terminal's session: the command itself, a shell with a trap …"""
    if leader == "make":
        makefile = folder / "Makefile"
        makefile.write_text("studio:\n\t@" + " ".join(command) + "\n", encoding="utf-8")
        return ["make", "-f", str(makefile), "studio"]
    lines = {
        "direct": [*command],
        "trap": ["bash", "-c", 'trap : HUP; "$@"; exit $?', "-", *command],
        "wrapper": [sys.executable, "-c", _WRAPPER, *command],
        "setsid": ["setsid", "-w", *command],
    }
    return lines[leader]


class Terminal:
    """Our end of a terminal: reads what comes, unless stalled, until it is closed."""

    def __init__(self, line: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (120, 40)) -> None:
        self.ours, theirs = pty.openpty()
        self.name = os.ttyname(theirs)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.leader = subprocess.Popen(
            line,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )
        self._theirs: int | None = theirs
        self.written = b""
        self._reads = threading.Event()
        self._reads.set()
        self._is_closed = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._is_closed.is_set():
            self._reads.wait(0.02)
            if self._reads.is_set() and select.select([self.ours], [], [], 0.02)[0]:
                try:
                    self.written += os.read(self.ours, 65536)
                except OSError:
                    return

    def stall(self) -> None:
        """Read no more."""
        self._reads.clear()

    def read_again(self) -> None:
        self._reads.set()

    def wait_until_full(self) -> None:
        """Until the terminal takes no more from the program."""
        assert self._theirs is not None
        theirs = self._theirs
        wait_until(lambda: not select.select([], [theirs], [], 0)[1] and not select.select([], [theirs], [], 0.5)[1])

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def wait_for(self, marker: str | bytes, since: int = 0) -> None:
        wanted = marker.encode() if isinstance(marker, str) else marker
        wait_until(lambda: wanted in self.written[since:], lambda: f"{marker!r} in {self.written[-2000:]!r}")

    def wait_for_quiet(self, seconds: float = 0.3) -> None:
        """Until nothing has come for so long."""
        wait_until(lambda: not self._has_come_within(seconds))

    def _has_come_within(self, seconds: float) -> bool:
        before = len(self.written)
        time.sleep(seconds)
        return len(self.written) != before

    def modes(self) -> list[object]:
        """How the terminal is set now."""
        assert self._theirs is not None
        return termios.tcgetattr(self._theirs)

    def let_go(self) -> None:
        """Hold no longer the end of the program itself: from now on a closed terminal is a hang-up to nobody but it."""
        if self._theirs is not None:
            os.close(self._theirs)
            self._theirs = None

    def close(self) -> None:
        """What closing the window does."""
        self._is_closed.set()
        self._reader.join()
        self.let_go()
        with contextlib.suppress(OSError):
            os.close(self.ours)

    def processes(self) -> list[psutil.Process]:
        """The leader and everything below it, now."""
        leader = psutil.Process(self.leader.pid)
        return [leader, *leader.children(recursive=True)]


@contextlib.contextmanager
def terminal(line: Sequence[str], size: tuple[int, int] = (120, 40), **environment: str) -> Iterator[Terminal]:
    opened = Terminal(line, environment, size)
    began = {}
    try:
        yield opened
        began = {process.pid: process for process in _still_there(opened)}
    finally:
        for process in began.values():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for process in _still_there(opened):
            with contextlib.suppress(psutil.Error):
                process.kill()
        opened.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(opened.leader.pid, signal.SIGKILL)
        opened.leader.wait()


def _still_there(opened: Terminal) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return opened.processes()
    return []


def wait_until(
    holds: Callable[[], object], what: Callable[[], str] = lambda: "it never came", seconds: float = DEADLINE_S
) -> None:
    deadline_s = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline_s:
            raise AssertionError(what())
        time.sleep(0.02)


def are_gone(processes: Sequence[psutil.Process]) -> bool:
    return not [process for process in processes if _lives(process)]


def wait_until_gone(processes: Sequence[psutil.Process]) -> None:
    """Every one of them has ended; a zombie has."""
    wait_until(lambda: are_gone(processes), lambda: f"left: {[p for p in processes if _lives(p)]}")


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
