"""The inspector on a screen: what it asks for, what it shows, what keys and clicks do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from textual.app import App, ComposeResult

from engine.composing.replies import Alternative
from engine.composing.requests import InspectCharacter
from poetry_tui.compose.inspector.character_inspector import CharacterInspector
from poetry_tui.preferences.i18n import set_language, tr
from poetry_tui.preferences.themes import PAPER, THEMES
from tests.poetry_tui.compose.inspector.inspector_samples import PLACE, a_token, an_inspection
from tests.poetry_tui.conftest import Until

OTHER_PLACE = InspectCharacter(PLACE.text, 5, PLACE.config)


class Box(App[None]):
    """The inspector alone, and what it says."""

    CSS = "CharacterInspector { width: 40; height: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = PAPER
        self.wanted: list[InspectCharacter] = []
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield CharacterInspector()

    def on_character_inspector_inspection_wanted(self, event: CharacterInspector.InspectionWanted) -> None:
        self.wanted.append(event.inspected)

    def on_character_inspector_chosen(self, event: CharacterInspector.Chosen) -> None:
        self.chosen.append(event.alternative.character)

    @property
    def box(self) -> CharacterInspector:
        return self.query_one(CharacterInspector)

    @property
    def lines(self) -> list[str]:
        return ["".join(segment.text for segment in self.box.render_line(y)) for y in range(self.box.size.height)]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@asynccontextmanager
async def open_box(size: tuple[int, int] = (60, 40)) -> AsyncIterator[tuple[Box, Any]]:
    app = Box()
    async with app.run_test(size=size) as pilot:
        app.box.focus()
        await pilot.pause()
        yield app, pilot


async def test_a_token_shows_its_alternatives_before_the_engine_is_asked() -> None:
    async with open_box() as (app, _):
        app.box.show(a_token())
        assert "风" in app.text
        assert "30.0%" in app.text
        assert "LSTM" not in app.text


async def test_what_the_rules_forbid_is_marked_as_soon_as_it_is_written() -> None:
    async with open_box() as (app, _):
        forbidden = Alternative("声", 0.15, 0.0)
        app.box.show(msgspec.structs.replace(a_token(), alternatives=(Alternative("风", 0.3, 0.6), forbidden)))
        assert "30.0% → 60.0%" in app.text
        assert "✗" in app.text


async def test_a_character_of_which_nothing_is_known_yet_has_no_alternatives() -> None:
    async with open_box() as (app, _):
        app.box.show(msgspec.structs.replace(a_token(), probability=0.0, alternatives=()), PLACE)
        assert app.box.alternatives.items == ()
        assert "…" in app.text
        app.box.set_inspection(PLACE, an_inspection())
        assert len(app.box.alternatives.items) == 10


async def test_only_the_place_where_the_cursor_comes_to_rest_is_asked_for(until: Until) -> None:
    async with open_box() as (app, pilot):
        for index in range(6):
            app.box.show(a_token(), InspectCharacter(PLACE.text, index, PLACE.config))
        app.box.show(a_token(), PLACE)
        await until(pilot, lambda: app.wanted)
        assert app.wanted == [PLACE]


async def test_what_the_engine_found_is_shown_and_remembered(until: Until) -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection(forbidden="声"))
        assert "LSTM layer 2/2" in app.text
        assert "一东" in app.text
        assert "✗" in app.text
        app.box.show(a_token("笛"), OTHER_PLACE)
        assert "LSTM" not in app.text
        await until(pilot, lambda: app.wanted)
        app.box.show(a_token(), PLACE)
        assert "LSTM layer 2/2" in app.text
        assert app.wanted == [OTHER_PLACE]


async def test_an_answer_that_comes_too_late_does_not_stand_under_another_character() -> None:
    async with open_box() as (app, _):
        app.box.show(a_token("笛"), OTHER_PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        assert app.box.inspection is None
        assert "LSTM" not in app.text


async def test_the_keys_pick_an_alternative_and_choose_it() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        await pilot.press("enter", "down", "down", "up", "enter")
        await pilot.pause()
        assert app.chosen == ["声"]
        assert "› 声" in app.text


async def test_picking_stops_at_both_ends() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        await pilot.press("up")
        assert app.box.alternatives.picked == 0
        await pilot.press(*["down"] * 20)
        assert app.box.alternatives.picked == 9


async def test_a_pick_outlives_the_answer_of_the_engine_but_not_the_next_character() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        await pilot.press("down")
        app.box.set_inspection(PLACE, an_inspection())
        assert app.box.alternatives.picked == 1
        app.box.show(a_token("笛"), OTHER_PLACE)
        assert app.box.alternatives.picked is None


async def test_where_a_form_puts_a_mark_none_can_be_chosen() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token("，"), InspectCharacter(PLACE.text, 7, {"form": "qijue"}))
        await pilot.press("up", "enter")
        await pilot.pause()
        assert app.chosen == []
        assert [notice.message for notice in app._notifications] == [tr("inspector.marks_stay")]


async def test_a_click_on_an_alternative_chooses_it() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        y = next(y for y, line in enumerate(app.lines) if "翁" in line)
        await pilot.click(CharacterInspector, offset=(3, y))
        await pilot.pause()
        assert app.chosen == ["翁"]


async def test_a_character_beyond_the_likeliest_stands_below_them() -> None:
    async with open_box() as (app, _):
        app.box.show(a_token("笛"), PLACE)
        assert [one.character for one in app.box.alternatives.items][-1] == "笛"
        app.box.set_inspection(PLACE, an_inspection(character="笛"))
        assert [one.character for one in app.box.alternatives.items][-1] == "笛"


async def test_keys_go_through_layers_and_units() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        assert "layer 2/2 · means" in app.text
        await pilot.press("g")
        assert "layer 1/2 · means" in app.text
        await pilot.press("full_stop")
        assert "layer 1/2 · unit 0" in app.text
        await pilot.press("comma", "comma")
        assert "layer 1/2 · unit 511" in app.text


async def test_a_click_on_a_strip_looks_at_a_unit_and_another_at_the_means_again() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        y = next(y for y, line in enumerate(app.lines) if line.startswith("f "))
        await pilot.click(CharacterInspector, offset=(4, y))
        assert "unit 146" in app.text
        await pilot.click(CharacterInspector, offset=(4, y))
        assert "means" in app.text


async def test_a_click_on_another_layer_looks_at_that_one() -> None:
    async with open_box() as (app, pilot):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        y = next(y for y, line in enumerate(app.lines) if "layer 1/2" in line)
        await pilot.click(CharacterInspector, offset=(3, y))
        assert "layer 1/2 · means" in app.text


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("height", [5, 12, 18, 34, 54])
async def test_every_cell_is_shown_at_every_height(cell: str, height: int) -> None:
    async with open_box((60, height)) as (app, pilot):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection(cell))
        await pilot.pause()
        assert "风" in app.text
        assert cell.upper() in app.text or height == 5


async def test_text_that_looks_like_markup_is_shown_as_it_is() -> None:
    async with open_box() as (app, _):
        app.box.show(a_token("["), PLACE)
        app.box.set_inspection(PLACE, an_inspection(character="["))
        assert "［" in app.text


async def test_without_colour_the_strips_are_blocks() -> None:
    async with open_box() as (app, _):
        app.no_color = True
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        assert "▁▂" in app.text


async def test_it_speaks_the_language_of_the_moment() -> None:
    async with open_box() as (app, _):
        app.box.show(a_token(), PLACE)
        app.box.set_inspection(PLACE, an_inspection())
        set_language("zh")
        assert "LSTM 第 2/2 层" in app.text


async def test_no_character_is_said_in_a_sentence() -> None:
    async with open_box() as (app, _):
        assert "step through" in app.text
