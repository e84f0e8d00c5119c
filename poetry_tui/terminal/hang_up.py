"""Leaving the studio when its terminal is gone, or at a signal, whatever the studio is doing just then.

A terminal that closes need not send SIGHUP: the kernel tells the leader of its session, and that may be make, a shell with
a trap, or another program. So a thread watches the terminal itself. The same thread hears the signals, through Python's
wakeup descriptor: the main thread may be waiting for a terminal that nobody reads, or for a locked file, where neither
asyncio's handlers nor Python's run.

Either way the app is asked to leave as if by `q`, and has `DEADLINE_S` for it; where a person leaves, `MAX_LEAVING_S`, lest a
thread that waits for a disk holds the studio for ever. After that its children are ended, the terminal is restored as far
as it takes something, and the process leaves. Trainings go on: they outlive the studio by design.
"""

import contextlib
import errno
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from engine.system.errors import INTERRUPTED

# A terminal's settings, as `termios.tcgetattr` gives them; None where there are none.
Attributes = list[Any] | None

DEADLINE_S = 3.0
MAX_LEAVING_S = 10.0
# How long a child that has been told to end may take for it.
_PATIENCE_S = 1.0
# Where a system's `poll` cannot tell of a hang-up, the terminal is asked so often.
_LOOK_EVERY_MS = 1000
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# What wakes the watching thread, besides the numbers of signals.
_HUNG_UP, _IS_LEAVING = 0, 255

# The writing end of the pipe that wakes the watching thread; None while nobody watches.
_wake: int | None = None


def hang_up() -> None:
    """Say that the terminal is gone, from any thread: a read or a write has failed."""
    _wake_with(_HUNG_UP)


def is_leaving() -> None:
    """Say that the app leaves by itself; from now on it has `MAX_LEAVING_S`."""
    _wake_with(_IS_LEAVING)


def _wake_with(message: int) -> None:
    if _wake is not None:
        with contextlib.suppress(OSError):
            os.write(_wake, bytes([message]))


@contextlib.contextmanager
def watching(ask_to_leave: Callable[[], object], restore_terminal: Callable[[Attributes], object]) -> Iterator[None]:
    """As long as the block lasts, call `ask_to_leave` when the terminal is gone or a signal wants us to go.

    `ask_to_leave` is called in another thread. If the block has not ended `DEADLINE_S` later, the process does, after
    `restore_terminal` was called, also in that thread, with the terminal's settings of the beginning. In the main thread only.
    Nothing is watched on Windows, which itself ends the programs of a console that closes.
    """
    global _wake
    if sys.platform == "win32":
        yield
        return
    import termios

    terminal = sys.stdin.fileno()
    attributes: Attributes = None
    with contextlib.suppress(termios.error):
        attributes = termios.tcgetattr(terminal)
    listening, _wake = os.pipe()
    os.set_blocking(_wake, False)
    shall_leave, has_left = threading.Event(), threading.Event()

    def watch() -> None:
        if _IS_LEAVING in _wait_for_end(terminal, listening):
            if not has_left.wait(MAX_LEAVING_S):
                _leave_at_once(restore_terminal, attributes, 0)
            return
        shall_leave.set()
        ask_to_leave()
        if not has_left.wait(DEADLINE_S):
            _leave_at_once(restore_terminal, attributes, INTERRUPTED)

    # What is ignored stays so (nohup); the others are heard through the wakeup descriptor, and their handlers do nothing.
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(_wake, warn_on_full_buffer=False)
    threading.Thread(target=watch, name="watch-terminal", daemon=True).start()
    try:
        yield
    finally:
        if shall_leave.is_set():
            end_children(_PATIENCE_S)
        has_left.set()


def _wait_for_end(terminal: int, listening: int) -> set[int]:
    """Wait until the terminal hangs up, a signal wants us to go, or the app leaves; returns the signals and messages that came."""
    poll = select.poll()
    # A hang-up is told even to those who ask for nothing.
    poll.register(terminal, 0)
    poll.register(listening, select.POLLIN)
    while True:
        for descriptor, event in poll.poll(_LOOK_EVERY_MS):
            if descriptor == listening:
                if ends := {_HUNG_UP, _IS_LEAVING, *_SIGNALS} & set(os.read(listening, 512)):
                    return ends
            elif event & (select.POLLHUP | select.POLLERR):
                return {_HUNG_UP}
            else:
                poll.unregister(terminal)
        if _is_gone(terminal):
            return {_HUNG_UP}


def _is_gone(terminal: int) -> bool:
    import termios

    try:
        termios.tcgetattr(terminal)
    except termios.error as error:
        return error.args[0] in (errno.EIO, errno.ENXIO, errno.EBADF)
    return False


def _leave_at_once(restore_terminal: Callable[[Attributes], object], attributes: Attributes, status: int) -> NoReturn:
    try:
        end_children()
        restore_terminal(attributes)
    finally:
        os._exit(status)


def end_children(patience_s: float = 0.0) -> None:
    """Let every process that came from this one end by itself for so long, then end it; except trainings and theirs."""
    import psutil

    runs = sys.modules.get("poetry_tui.tracking.control")
    trainers = set(runs.trainer_pids()) if runs else set()
    below = []
    for child in psutil.Process().children():
        if child.pid not in trainers:
            with contextlib.suppress(psutil.Error):
                below += [*child.children(recursive=True), child]
    _, left = psutil.wait_procs(below, timeout=patience_s)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
