"""The private parts of Textual that the studio relies on: these fail when a new release moves them."""

import asyncio

import pytest
from rich.style import Style
from textual import events
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList

from poetry_tui.app import PoetryApp
from poetry_tui.compose.request.form import RequestForm
from poetry_tui.preferences.settings import Settings
from poetry_tui.terminal import compat
from poetry_tui.widgets.poem.poem_view import PoemView
from tests.poetry_tui.conftest import Until


async def test_the_app_is_at_rest_when_every_message_was_handled(until: Until) -> None:
    class Slow(Message):
        pass

    class Busy(PoetryApp):
        async def on_slow(self) -> None:
            await asyncio.sleep(0.05)

    app = Busy(Settings())
    async with app.run_test() as pilot:
        await until(pilot, lambda: compat.busy_pump(app) is None)
        app.post_message(Slow())
        assert compat.busy_pump(app) is not None
        await asyncio.sleep(0.01)
        # Nothing lies in a queue any more, but a handler still works.
        assert compat.busy_pump(app) is not None
        await until(pilot, lambda: compat.busy_pump(app) is None)


async def test_a_widget_that_works_is_not_at_rest(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        await until(pilot, lambda: compat.busy_pump(app) is None)
        app.screen.focused.post_message(events.Key("left", None))  # type: ignore[union-attr]
        assert compat.busy_pump(app) is not None
        await until(pilot, lambda: compat.busy_pump(app) is None)


async def test_every_screen_is_dismissed_only_in_front() -> None:
    app = PoetryApp(Settings())
    async with app.run_test():
        assert Screen.dismiss is compat.dismiss_in_front
        age_s = compat.clock_of_events_s() - events.Event().time
        assert abs(age_s) < 60


async def test_textual_asks_a_screen_to_style_a_change_of_focus(monkeypatch: pytest.MonkeyPatch) -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        asked: list[tuple[object, object]] = []
        screen, verse = app.screen, app.screen.query_one(PoemView)
        before = screen.focused
        monkeypatch.setattr(screen, "_update_focus_styles", lambda focused, blurred: asked.append((focused, blurred)))
        screen.set_focus(verse)
        await pilot.pause()
        assert asked == [(verse, before)]
        assert app.screen.query_one(RequestForm)._has_focus_within
        assert not verse._has_focus_within


async def test_a_page_of_a_list_that_was_not_laid_out_ends_nothing() -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        options = OptionList("one", "two")
        options.display = False
        await app.screen.mount(options)
        options.highlighted = 1
        options._move_page(1)
        await pilot.pause()
        assert app._exception is None


async def test_a_click_on_an_option_that_is_no_more_ends_nothing() -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        options = OptionList("one", "two")
        await app.screen.mount(options)
        click = events.Click(options, 0, 0, 0, 0, 1, False, False, False, style=Style(meta={"option": 1}))
        options.clear_options()
        await options._on_click(click)
        await pilot.pause()
        assert app._exception is None
