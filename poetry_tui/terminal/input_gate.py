"""Process one key or click at a time, so that each reaches the screen and widget to which the previous one led.

Textual sends a key to the widget that has the focus at that moment, and looks for a binding when the key has come back to the
app. Of keys that arrive together (a fast typist, a slow terminal, a paste without brackets) the second would reach the screen
that the first is about to leave. Here each waits until all effects of the previous one are done.
"""

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from textual import events
from textual.errors import NoWidget
from textual.screen import Screen

from poetry_tui.terminal.compat import busy_pump, clock_of_events_s, waits

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

# A handler that takes longer (blocked on a disk, for example) no longer holds back later events.
MAX_HOLD_S = 5.0
# Most events held; more come from a file written to the terminal, not from typing, and are dropped.
MAX_HELD = 500
# Number of message pumps remembered: about as many as work on one key.
MAX_BUSY_BEFORE = 12
# Never held back, because quitting must work at any moment.
QUIT_KEY = "ctrl+q"
# First checks without a pause in between, since most keys take 1 ms.
_N_LOOKS_WITHOUT_PAUSE = 50
# Pause between later checks.
_PAUSE_S = 0.002


class InputGate:
    """Holds back keys, pastes and clicks; the app calls `admit` for each, and processes those admitted."""

    def __init__(self, app: "App[Any]") -> None:
        self._app = app
        self._held: deque[events.Event] = deque()
        self._released: events.Event | None = None
        self._current: events.Event | None = None
        self._is_blind = False
        self._settling: asyncio.Task[None] | None = None
        self._busy_before: deque[MessagePump] = deque(maxlen=MAX_BUSY_BEFORE)
        # The screen and the focused widget as last painted, each with the time since when.
        self._seen: dict[str, tuple[object, float]] = {}
        self._last_press: tuple[Screen[Any], tuple[int, int], float] | None = None

    @property
    def is_settled(self) -> bool:
        """Whether no event is being processed or held."""
        return self._current is None and not self._held

    @property
    def is_blind(self) -> bool:
        """Whether the event being processed was made before its target was visible.

        True for a key queued while another screen or widget had the focus, and for a click queued while another screen was shown.
        Actions that cost or destroy something check this first.
        """
        return self._current is not None and self._is_blind

    def admit(self, event: events.Event) -> bool:
        """Whether the app may process an event now; a held event is posted again when its turn has come."""
        if isinstance(event, events.Key) and event.key == QUIT_KEY:
            self._held.clear()
            return True
        if event is self._released:
            self._released = None
        elif not self.is_settled:
            self._hold(event)
            return False
        if self._is_over_a_removed_widget(event):
            self._release_next()
            return False
        if isinstance(event, events.MouseMove | events.MouseScrollUp | events.MouseScrollDown):
            self._release_next()
            return True
        if self._belongs_to_a_closed_screen(event):
            self._release_next()
            return False
        self._current = event
        self._is_blind = self._was_typed_blind(event)
        self._settling = asyncio.create_task(self._settle())
        return True

    def painted(self) -> None:
        """Note the visible screen and focus; called after each paint."""
        now_s = clock_of_events_s()
        for name, shown in self._shown().items():
            if name not in self._seen or self._seen[name][0] is not shown:
                self._seen[name] = (shown, now_s)

    def close(self) -> None:
        """Drop all held events."""
        self._held.clear()
        if self._settling is not None:
            self._settling.cancel()

    def _hold(self, event: events.Event) -> None:
        if self._held and isinstance(event, events.MouseMove) and isinstance(self._held[-1], events.MouseMove):
            self._held[-1] = event
        elif len(self._held) < MAX_HELD:
            self._held.append(event)

    async def _settle(self) -> None:
        """Wait until all effects of the event are done, then release the next one."""
        until_s = time.monotonic() + MAX_HOLD_S
        n_looks = n_at_rest = 0
        try:
            # Check twice, because a task created meanwhile has begun by the second check.
            while n_at_rest < 2 and time.monotonic() < until_s:
                await asyncio.sleep(0 if n_looks < _N_LOOKS_WITHOUT_PAUSE else _PAUSE_S)
                n_looks += 1
                n_at_rest = n_at_rest + 1 if self._is_at_rest() else 0
        finally:
            self._current = None
            self._release_next()

    def _is_at_rest(self) -> bool:
        # Walking over a whole screen is slow, so check the recently busy pumps first.
        if not all(map(waits, self._busy_before)):
            return False
        if (busy := busy_pump(self._app)) is not None:
            self._busy_before.append(busy)
        return busy is None

    def _release_next(self) -> None:
        if self._current is None and self._released is None and self._held:
            self._released = self._held.popleft()
            self._app.post_message(self._released)

    # What can be seen

    def _shown(self) -> dict[str, object]:
        stack = self._app.screen_stack
        return {"screen": stack[-1], "focus": stack[-1].focused} if stack else {}

    def _was_typed_blind(self, event: events.Event) -> bool:
        names = ("screen",) if isinstance(event, events.MouseEvent) else ("screen", "focus")
        shown = self._shown()
        return any(
            name not in self._seen or self._seen[name][0] is not shown.get(name) or event.time < self._seen[name][1]
            for name in names
        )

    def _is_over_a_removed_widget(self, event: events.Event) -> bool:
        """Whether a mouse event is over a widget that was removed but is still drawn, at which Textual 8.2 crashes."""
        if not isinstance(event, events.MouseEvent) or not self._app.screen_stack:
            return False
        try:
            widget, _ = self._app.screen_stack[-1].get_widget_at(event.x, event.y)
        except NoWidget:
            return False
        return widget.parent is None

    def _belongs_to_a_closed_screen(self, event: events.Event) -> bool:
        """Whether this is the second press of a double click whose first press opened or closed a screen."""
        if not isinstance(event, events.MouseDown):
            return False
        stack = self._app.screen_stack
        before, position = self._last_press, (event.x, event.y)
        self._last_press = (stack[-1], position, event.time) if stack else None
        if before is None or self._last_press is None:
            return False
        is_second = before[1] == position and event.time - before[2] <= self._app.CLICK_CHAIN_TIME_THRESHOLD
        return is_second and before[0] is not stack[-1]
