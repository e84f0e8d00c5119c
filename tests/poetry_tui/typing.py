"""Keys and clicks that arrive together, as from a fast typist, a slow terminal or a script."""

from typing import Any

from textual import events
from textual.keys import _character_to_key

from poetry_tui.app import PoetryApp
from tests.poetry_tui.conftest import Until


def key(name: str) -> events.Key:
    """The event of a key, by its name or its character."""
    if len(name) == 1:
        return events.Key(name if name.isalnum() else _character_to_key(name), name)
    characters = {"enter": "\r", "tab": "\t", "escape": "\x1b", "space": " "}
    return events.Key(name, characters.get(name))


async def type_at_once(app: PoetryApp, pilot: Any, until: Until, *names: str) -> None:
    """Send keys without waiting between them, then wait until all of them are done."""
    for name in names:
        app.post_message(key(name))
    await pilot.pause(0)
    await until(pilot, lambda: app.services.input_gate.is_settled)
    await pilot.pause()


def _mouse(kind: type[events.MouseEvent], x: int, y: int) -> events.MouseEvent:
    return kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)


async def click_at_once(app: PoetryApp, pilot: Any, until: Until, x: int, y: int, times: int) -> None:
    """Click the same place several times without waiting between."""
    for _ in range(times):
        app.post_message(_mouse(events.MouseDown, x, y))
        app.post_message(_mouse(events.MouseUp, x, y))
    await pilot.pause(0)
    await until(pilot, lambda: app.services.input_gate.is_settled)
    await pilot.pause()
