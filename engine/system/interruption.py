"""Handling of the signals that ask a process to end: Ctrl-C (SIGINT), SIGTERM, SIGHUP."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import NoReturn

# Signals that end a process by default, and can be handled. Windows has no SIGHUP.
TERMINATION_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
# Two signals within this time count as one: a Ctrl-C may arrive twice, from the terminal and from a parent that forwards it.
REPEAT_WINDOW_S = 0.5


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], object], numbers: Collection[int]) -> Iterator[None]:
    """Context manager: handle some signals by another handler during the block."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, own in before.items():
            signal.signal(number, own)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Context manager: SIGTERM and SIGHUP end the block as Ctrl-C does, so that it can clean up.

    Further signals are ignored during the cleanup, because a closing terminal sends several. Ignored signals (nohup) stay ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = [number for number in TERMINATION_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    with _handled_by(interrupt, numbers):
        yield


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Context manager: defer signals that would end the block until its end.

    For `Popen`: an interrupt between the start of the child and the assignment of its name would leave the child behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = [number for number in (signal.SIGINT, *TERMINATION_SIGNALS) if callable(signal.getsignal(number))]
    try:
        with _handled_by(lambda number, _frame: came.append(number), numbers):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)


class StopRequest:
    """Context manager: the first signal asks a training to save and stop; a second SIGINT or SIGTERM ends it immediately.

    A closing terminal may send SIGHUP twice, which does not count as a second signal. Until `can_save` is set, the first signal
    ends the process immediately. Ignored signals (nohup) stay ignored.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.requested = False
        self.can_save = False
        self._say = say
        self._first_s = 0.0

    def __enter__(self) -> "StopRequest":
        numbers = [
            number for number in (signal.SIGINT, *TERMINATION_SIGNALS) if signal.getsignal(number) is not signal.SIG_IGN
        ]
        self._handled = _handled_by(self._ask, numbers)
        self._handled.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._handled.__exit__(None, None, None)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if not self.can_save:
            raise KeyboardInterrupt
        now_s = time.monotonic()
        if not self.requested:
            self.requested, self._first_s = True, now_s
            # The signal may arrive while a line is being written, and writing is not reentrant.
            with contextlib.suppress(RuntimeError):
                self._say("saving, then stopping (once more to stop at once) …")
        elif number in (signal.SIGINT, signal.SIGTERM) and now_s - self._first_s > REPEAT_WINDOW_S:
            raise KeyboardInterrupt
