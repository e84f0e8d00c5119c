"""An error of ours, wherever Textual calls us, is notified and ends nothing."""

from collections.abc import Callable

import pytest
from textual.app import App
from textual.widgets import Static

from engine.system.errors import StudioError
from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from tests.poetry_tui.conftest import Until


def _refuse() -> None:
    raise StudioError("It is too long.", "Shorten it.")


WAYS: dict[str, Callable[[App[None]], object]] = {
    "a message's handler": lambda app: app.screen.query(Static).first().call_later(_refuse),
    "a callback": lambda app: app.screen.call_next(_refuse),
    "a callback after painting": lambda app: app.screen.call_after_refresh(_refuse),
    "a timer": lambda app: app.screen.set_timer(0.01, _refuse),
}


@pytest.mark.parametrize("way", WAYS)
async def test_an_error_is_notified_and_the_studio_goes_on(way: str, no_engine: None, until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        await app.screen.mount(Static())
        WAYS[way](app)
        await until(pilot, lambda: [notice.title for notice in app._notifications] == ["It is too long."])
        await pilot.press("question_mark")
        await until(pilot, lambda: len(app.screen_stack) == 2)


async def test_an_error_of_a_key_is_notified(no_engine: None, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PoetryApp, "action_help", lambda app: _refuse())
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        await pilot.press("question_mark")
        assert [notice.message for notice in app._notifications] == ["Shorten it."]
        await pilot.press("2")
        assert app.current_mode == "train"
