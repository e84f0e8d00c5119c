"""What a signal means to a command, and to a training."""

import functools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from engine.system import interruption
from engine.system.interruption import StopRequest, deferred, interruptible

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def handlers_of_a_new_process() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    # As in a process that a person starts, also where the suite runs under nohup or in the background.
    for number in numbers:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_cleans_up_at_a_signal_and_further_ones_do_not_disturb_it(number: signal.Signals) -> None:
    cleaned = []

    def work() -> None:
        try:
            send(number)
            pytest.fail("it goes on")
        finally:
            send(signal.SIGHUP)
            send(signal.SIGTERM)
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt), interruptible():
        work()
    assert cleaned
    assert signal.getsignal(number) is signal.SIG_DFL


@pytest.mark.parametrize("context", [interruptible, functools.partial(StopRequest, print)])
def test_a_hang_up_that_is_ignored_stays_so(context: Callable[[], AbstractContextManager[object]]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with context():
        send(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_before_there_is_something_to_save_a_signal_ends_a_training_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), StopRequest(print):
        send(signal.SIGTERM)


def test_hang_ups_in_a_row_are_no_impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "REPEAT_WINDOW_S", 0.0)
    said: list[str] = []
    with StopRequest(said.append) as stop:
        stop.can_save = True
        for _ in range(3):
            send(signal.SIGHUP)
        assert stop.requested
        assert len(said) == 1
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_an_interrupt_that_comes_twice_at_once_is_one() -> None:
    with StopRequest(lambda _line: None) as stop:
        stop.can_save = True
        send(signal.SIGINT)
        send(signal.SIGINT)
        assert stop.requested


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_deferred_signal_takes_effect_when_the_block_has_ended(number: signal.Signals) -> None:
    done = []

    def start() -> None:
        with interruptible():
            with deferred():
                send(number)
                done.append("started")
            done.append("after the block")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert done == ["started"]


def test_a_block_without_a_signal_leaves_the_handlers_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
