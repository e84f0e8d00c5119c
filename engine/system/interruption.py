"""What the signals mean that ask a process to end: Ctrl-C, a polite kill, a terminal that closes."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import NoReturn

# Signals that end a process which does not listen. Windows has no SIGHUP.
POLITE = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
# One Ctrl-C may come twice, from the terminal and from a program between that passes it on.
ONE_WISH_S = 0.5


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], object], numbers: Collection[int]) -> Iterator[None]:
    """For as long as the block lasts, some signals call another handler."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, own in before.items():
            signal.signal(number, own)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """For as long as the block lasts, SIGTERM and SIGHUP end it as Ctrl-C does, so that what it began is cleaned up.

    Those that come later do not disturb the cleaning: a terminal that closes sends several. What is ignored (nohup) stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = [number for number in POLITE if signal.getsignal(number) is signal.SIG_DFL]
    with _handled_by(interrupt, numbers):
        yield


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """For as long as the block lasts, signals that would end it wait for its end.

    Around `Popen`: an interrupt between the start of the child and the assignment of its name would leave it behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = [number for number in (signal.SIGINT, *POLITE) if callable(signal.getsignal(number))]
    try:
        with _handled_by(lambda number, _frame: came.append(number), numbers):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)


class StopRequest:
    """The signals ask a training to save and stop; once more, by Ctrl-C or SIGTERM, they end it at once.

    A terminal that closes may send SIGHUP twice, which is no impatience. Until `can_save` is set there is nothing to save, and
    the first one ends the process at once. What is ignored (nohup) stays so.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.requested = False
        self.can_save = False
        self._say = say
        self._first_s = 0.0

    def __enter__(self) -> "StopRequest":
        numbers = [number for number in (signal.SIGINT, *POLITE) if signal.getsignal(number) is not signal.SIG_IGN]
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
            # The signal may have come in the middle of another line, which allows no second one within.
            with contextlib.suppress(RuntimeError):
                self._say("saving, then stopping (once more to stop at once) …")
        elif number in (signal.SIGINT, signal.SIGTERM) and now_s - self._first_s > ONE_WISH_S:
            raise KeyboardInterrupt
