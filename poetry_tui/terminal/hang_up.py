"""Quit the studio when its terminal is gone or a signal arrives, whatever the studio is doing.

A closed terminal need not cause a SIGHUP: the kernel sends it to the session leader only, which may be make, a shell with a
trap, or another program. So a thread watches the terminal itself. The same thread receives the signals through Python's wakeup
descriptor, because the main thread may be blocked on a terminal that is not read, or on a locked file, where neither asyncio's
handlers nor Python's run.

In both cases the app is asked to quit as with `q`, and has `DEADLINE_S` for it. If the user quits, it has `MAX_LEAVING_S`, so that
a thread blocked on a disk cannot hold the studio for ever. After that its children are ended, the terminal is restored as far as
it accepts output, and the process exits. Trainings go on: they outlive the studio by design.
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

# A terminal's settings, as returned by `termios.tcgetattr`; None if they cannot be read.
Attributes = list[Any] | None

# Time to quit after a hang-up or a signal.
DEADLINE_S = 3.0
# Time to quit after the user's command.
MAX_LEAVING_S = 10.0
# Time for a child to end after it was asked to.
_PATIENCE_S = 1.0
# Interval of checks of the terminal, for systems whose `poll` does not report a hang-up.
_LOOK_EVERY_MS = 1000
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# Bytes that wake the watching thread; any other byte is the number of a signal.
_HUNG_UP, _IS_LEAVING = 0, 255

# The write end of the pipe that wakes the watching thread; None before `watching`.
_wake: int | None = None


def hang_up() -> None:
    """Report that the terminal is gone, because a read or a write has failed; callable from any thread."""
    _wake_with(_HUNG_UP)


def is_leaving() -> None:
    """Report that the app quits by itself; from now on it has `MAX_LEAVING_S`."""
    _wake_with(_IS_LEAVING)


def _wake_with(message: int) -> None:
    if _wake is not None:
        with contextlib.suppress(OSError):
            os.write(_wake, bytes([message]))


@contextlib.contextmanager
def watching(ask_to_leave: Callable[[], object], restore_terminal: Callable[[Attributes], object]) -> Iterator[None]:
    """Inside the `with` block, call `ask_to_leave` when the terminal is gone or a signal arrives. Main thread only.

    `ask_to_leave` is called in another thread. If the block has not ended `DEADLINE_S` later, that thread calls
    `restore_terminal` with the terminal's initial settings, and ends the process. Does nothing on Windows, which itself ends the
    programs of a closed console.
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

    # An ignored signal stays ignored (nohup); the others arrive through the wakeup descriptor, and their handlers do nothing.
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
    """Wait until the terminal hangs up, a signal arrives, or the app quits. Returns the signals and messages received."""
    poll = select.poll()
    # poll reports a hang-up even with an empty event mask.
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
    """Wait at most `patience_s` for all descendants to end, then kill the rest; trainings and their descendants are excluded."""
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
