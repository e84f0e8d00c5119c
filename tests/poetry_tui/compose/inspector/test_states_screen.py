"""The heat map of a poem's states, over the Compose screen with a service behind it."""

import dataclasses
from typing import cast

import pytest

from engine.composing.replies import PoemStates
from poetry_tui.compose.inspector.states_map import LABEL_CELLS
from poetry_tui.compose.inspector.states_screen import StatesScreen
from poetry_tui.widgets.poem import display_chars
from poetry_tui.widgets.shell.footer import StudioFooter
from tests.poetry_tui.compose.open_studio import AT_ONCE, OpenStudio, open_studio
from tests.poetry_tui.conftest import Until


def card_of(studio: OpenStudio) -> StatesScreen:
    return cast(StatesScreen, studio.app.screen)


def states_of(studio: OpenStudio) -> PoemStates:
    states = card_of(studio).map.states
    assert states is not None
    return states


def lines_of(studio: OpenStudio) -> list[str]:
    shown = card_of(studio).map
    return ["".join(segment.text for segment in shown.render_line(y)) for y in range(shown.size.height)]


async def opened(studio: OpenStudio, begin: str = "") -> None:
    """Write a poem, step to its third character, and open the map of its states."""
    if begin:
        studio.screen.write([studio.screen.request_form.request(begin, None)])
    else:
        await studio.press("enter")
    await studio.written()
    await studio.press("right", "right", "right", "H")
    await studio.until(lambda: isinstance(studio.app.screen, StatesScreen) and card_of(studio).map.states is not None)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_row_for_each_unit_stands_below_the_characters_of_the_poem(until: Until, size: tuple[int, int]) -> None:
    async with open_studio(until, size=size) as studio:
        await opened(studio)
        text = card_of(studio).map.text
        first, *rows = lines_of(studio)
        assert first.split() == [text]
        assert [int(row[:LABEL_CELLS]) for row in rows if row.strip()] == list(states_of(studio).units[: len(rows)])
        assert [row[LABEL_CELLS + 4 : LABEL_CELLS + 6] for row in rows[:3]] == ["[]", "::", "::"]


async def test_the_colours_go_from_negative_to_positive_through_the_paper(until: Until) -> None:
    async with open_studio(until) as studio:
        await opened(studio)
        shown, states = card_of(studio).map, states_of(studio)
        for row in range(3):
            cells = list(shown.render_line(row + 1))[1:]
            for value, cell in zip(states.values[row], cells, strict=False):
                assert cell.style is not None
                assert cell.style.bgcolor == shown.palette.colour_of(value).rich_color
        assert len({shown.palette.colour_of(value) for value in (-1.0, 0.0, 1.0)}) == 3


async def test_layer_and_kind_are_switched_and_a_memory_has_a_wider_scale(until: Until) -> None:
    async with open_studio(until) as studio:
        await opened(studio)
        assert (states_of(studio).layer, states_of(studio).kind, card_of(studio).map.palette.high) == (1, "hidden", 1.0)
        await studio.press("g")
        await studio.until(lambda: states_of(studio).layer == 0)
        await studio.press("c")
        await studio.until(lambda: states_of(studio).kind == "memory")
        assert states_of(studio).layer == 0
        largest = max(abs(value) for row in states_of(studio).values for value in row)
        assert card_of(studio).map.palette.high == pytest.approx(largest)
        assert largest > 1


async def test_it_scrolls_with_the_cursor_in_both_directions(until: Until) -> None:
    async with open_studio(until, size=(80, 24)) as studio:
        await opened(studio, begin="长")
        shown = card_of(studio).map
        assert len(shown.text) > 100
        await studio.press("end", *["pagedown"] * 7)
        await studio.pilot.pause()
        first, *rows = lines_of(studio)
        assert first.rstrip()[-1] == shown.text[-1]
        assert rows[-1].startswith(f"{states_of(studio).units[-1]:>5} ")
        assert "[]" in rows[-1]
        await studio.press("home", *["pageup"] * 7)
        assert lines_of(studio)[0].strip().startswith(shown.text[:5])


async def test_enter_puts_the_cursor_of_the_poem_there_and_escape_leaves_it(until: Until) -> None:
    async with open_studio(until) as studio:
        await opened(studio)
        await studio.press("right", "right", "escape")
        await studio.until(lambda: not isinstance(studio.app.screen, StatesScreen))
        assert studio.screen.session.cursor == 2
        await studio.press("H")
        await studio.until(
            lambda: isinstance(studio.app.screen, StatesScreen) and card_of(studio).map.states is not None
        )
        await studio.press("right", "right", "enter")
        await studio.until(lambda: not isinstance(studio.app.screen, StatesScreen))
        assert studio.screen.session.cursor == 4


async def test_a_click_moves_the_cursor_of_the_map(until: Until) -> None:
    async with open_studio(until) as studio:
        await opened(studio)
        shown = card_of(studio).map
        await studio.pilot.click(shown, offset=(LABEL_CELLS + 13, 5))
        assert (shown.column, shown.row) == (6, 4)


async def test_the_map_of_a_poem_in_traditional_characters_has_these(until: Until) -> None:
    async with open_studio(until, settings=dataclasses.replace(AT_ONCE, is_traditional=True)) as studio:
        await studio.until(lambda: display_chars.load.cache_info().currsize)
        await opened(studio, "红")
        text, shown = card_of(studio)._request.text, card_of(studio).map.text
        assert shown == display_chars.to_display_chars(text) != text


async def test_the_key_of_the_map_is_in_the_footer_of_a_wide_terminal(until: Until) -> None:
    async with open_studio(until, size=(160, 40)) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.pilot.pause()
        assert " H states " in studio.screen.query_one(StudioFooter).render_line(0).text
