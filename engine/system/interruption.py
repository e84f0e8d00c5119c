"""What the signals mean that ask a process to end: Ctrl-C, a polite kill, a terminal that closes."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

# Signals that end a process which does not listen. Windows has no SIGHUP.
POLITE = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
# One Ctrl-C may come twice, from the terminal and from a program between that passes it on.
ONE_WISH_S = 0.5


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """For as long as the block lasts, SIGTERM and SIGHUP end it as Ctrl-C does, so that what it began is cleaned up.

    Those that come later do not disturb the cleaning: a terminal that closes sends several. What is ignored (nohup) stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: handler for number in POLITE if (handler := signal.getsignal(number)) is signal.SIG_DFL}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """For as long as the block lasts, signals that would end it wait for its end.

    Around `Popen`: an interrupt between the start of the child and the assignment of its name would leave it behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *POLITE)}
    before = {number: handler for number, handler in before.items() if callable(handler)}
    for number in before:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
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
        numbers = (signal.SIGINT, *POLITE)
        self._before = {number: signal.getsignal(number) for number in numbers}
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

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
