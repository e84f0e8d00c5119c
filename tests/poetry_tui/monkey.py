"""A monkey at the keyboard: random keys, clicks, pastes and sizes, the same for the same seed."""

import asyncio
import random
import string
import time
import traceback
from collections import deque
from dataclasses import dataclass, field

from textual import events
from textual.geometry import Size

from poetry_tui.app import PoetryApp
from tests.poetry_tui.typing import key

SMALLEST, LARGEST = (30, 8), (200, 60)
KEYS = (
    *("tab", "shift+tab", "enter", "escape", "space", "backspace", "delete", "home", "end", "pageup", "pagedown"),
    *(
        "up",
        "down",
        "left",
        "right",
        "shift+left",
        "shift+right",
        "ctrl+left",
        "ctrl+right",
        "ctrl+a",
        "ctrl+k",
        "ctrl+u",
    ),
    *("ctrl+p", "ctrl+r", "ctrl+n", "ctrl+c", "ctrl+v", "ctrl+z", "ctrl+d", "f1", "f12", "alt+x", "ctrl+pageup"),
)
# Keys that open something, or go elsewhere, come more often than chance would have it.
FREQUENT = (
    "1",
    "2",
    "3",
    "enter",
    "escape",
    "escape",
    "tab",
    "ctrl+p",
    "question_mark",
    "t",
    "h",
    "e",
    "w",
    "b",
    "slash",
)
TYPED = string.ascii_letters + string.digits + string.punctuation + " 春日山，。"
GESTURES: tuple[tuple[type[events.MouseEvent], ...], ...] = (
    (events.MouseDown, events.MouseUp),
    (events.MouseDown, events.MouseUp) * 2,
    (events.MouseMove,),
    (events.MouseScrollUp,),
    (events.MouseScrollDown,),
    (events.MouseDown,),
    (events.MouseUp,),
)
PASTES = ("春\n江\n花\n月", "0.5", "[/x]\x1b[2J", "山" * 3000, "", "\n", "a\tb")


@dataclass
class Monkey:
    """`last` are the events that were sent last, for whoever looks for the fault."""

    seed: int
    last: deque[str] = field(default_factory=lambda: deque(maxlen=60))

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._size = (120, 40)

    def burst(self) -> list[events.Event]:
        """Some events that arrive together."""
        n = self._chance.choice((1, 1, 2, 4, 12))
        return [event for _ in range(n) for event in self._some()]

    def _some(self) -> list[events.Event]:
        chance = self._chance
        what = chance.random()
        if what < 0.30:
            return [self._noted(key(chance.choice(FREQUENT)))]
        if what < 0.50:
            return [self._noted(key(chance.choice(KEYS)))]
        if what < 0.75:
            return [self._noted(key(chance.choice(TYPED)))]
        if what < 0.93:
            return self._mouse()
        if what < 0.95:
            self.last.append("paste")
            return [events.Paste(chance.choice(PASTES))]
        if what < 0.96:
            self.last.append("focus")
            return [chance.choice((events.AppFocus, events.AppBlur))()]
        self._size = tuple(chance.randint(least, most) for least, most in zip(SMALLEST, LARGEST, strict=True))  # type: ignore[assignment]
        self.last.append(f"size {self._size}")
        return [events.Resize(Size(*self._size), Size(*self._size))]

    def _noted(self, event: events.Key) -> events.Key:
        self.last.append(event.key)
        return event

    def _mouse(self) -> list[events.Event]:
        chance = self._chance
        x, y = chance.randrange(self._size[0]), chance.randrange(self._size[1])
        kinds = chance.choice(GESTURES)
        self.last.append(f"{[kind.__name__ for kind in kinds]} {x},{y}")
        control = chance.random() < 0.1
        return [kind(None, x, y, 0, 0, 1, False, False, control, screen_x=x, screen_y=y) for kind in kinds]


# Generous: it only tells a hang from a slow machine.
DEADLINE_S = 120.0


async def _settled(app: PoetryApp) -> None:
    """Wait until all that was sent is done."""
    until_s = time.monotonic() + DEADLINE_S
    await asyncio.sleep(0)
    while (
        app.is_running
        and app._exception is None
        and not (app.services.input_gate.is_settled and app._message_queue.empty())
    ):
        assert time.monotonic() < until_s, "the studio hangs"
        await asyncio.sleep(0.005)


async def let_loose(app: PoetryApp, seed: int, n_events: int) -> None:
    """Send so many events; a failure names the last ones.

    Raises:
        AssertionError: the app ended, or does not come to rest.
    """
    monkey = Monkey(seed)
    n_sent = 0
    try:
        while n_sent < n_events:
            burst = monkey.burst()
            for event in burst:
                if isinstance(event, events.Resize):
                    app._driver._size = event.size  # type: ignore[union-attr]
                app.post_message(event)
            n_sent += len(burst)
            await _settled(app)
            if app._exception is not None:
                raise app._exception
            assert app.is_running
    except Exception as error:  # noqa: BLE001 - whatever it is, the test fails with it
        where = "".join(traceback.format_exception(error, limit=-6))
        raise AssertionError(f"{where}seed {seed}, after {n_sent} events, the last: {list(monkey.last)}") from None
