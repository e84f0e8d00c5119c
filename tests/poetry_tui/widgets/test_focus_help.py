"""The help of the focused field in the forms of both screens."""

import pytest
from textual.content import Content

from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.preferences.i18n import TRANSLATIONS
from poetry_tui.preferences.settings import Settings
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.widgets.fields import FocusHelp
from tests.poetry_tui.conftest import Until

COMPOSE_CELLS, COMPOSE_ROWS = 22, 5


async def test_the_help_of_the_focused_setting_stands_in_the_form(train_first: None, until: Until) -> None:
    app = PoetryApp(Settings(language="en"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("n", "tab", "tab")
        await pilot.pause()
        said = app.screen.query_one(FocusHelp)
        assert str(said.render()) == "recurrent cell"
        await pilot.press("tab")
        await pilot.pause()
        assert str(said.render()) == "number of recurrent layers"
        app.action_language("zh")
        await pilot.pause()
        assert str(said.render()) == "循环层数"
        await pilot.press("escape")
        await pilot.pause()
        assert str(said.render()) == ""
        assert app.screen.query_one(RunSettings).region.contains_region(said.region)


async def test_no_field_of_the_compose_form_lies_below_its_help(no_engine: None, until: Until) -> None:
    app = PoetryApp(Settings(language="en"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: screen.query(FocusHelp))
        said = screen.query_one(FocusHelp)
        assert not said.display
        await pilot.press("b")
        for _ in range(30):
            await pilot.pause()
            focused = app.focused
            assert focused is not None
            if screen.fields not in focused.ancestors:
                break
            assert str(said.render()) == focused.tooltip
            assert not focused.region.overlaps(said.region)
            await pilot.press("tab")
        assert not said.display


@pytest.mark.parametrize("language", [0, 1], ids=["zh", "en"])
def test_the_help_of_every_field_of_the_compose_form_fits(language: int) -> None:
    app = PoetryApp(Settings())
    fields = ComposeScreen(app.services).fields
    keys = [f"compose.{field.id}.tip" for field in fields.inputs]
    keys += [f"{stepper.words}.tip" for stepper in (fields.form, fields.rhyme, fields.tone_pattern, fields.book)]
    for key in (*keys, "compose.candidates.tip", "compose.temperature.tip", "compose.pace.tip", "compose.model.tip"):
        assert len(Content(TRANSLATIONS[key][language]).wrap(COMPOSE_CELLS)) <= COMPOSE_ROWS, key
