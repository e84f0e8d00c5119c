"""The rhyme dictionary: groups by frequency, the groups of a character, a group chosen as the rhyme."""

import pytest
from textual.widgets import Input, OptionList

from poetry_tui.compose.rhyme_dictionary import places_of, rhyme_entries
from poetry_tui.compose.rhyme_dictionary_screen import RhymeDictionary
from tests.poetry_tui.compose.desk import Desk, open_desk
from tests.poetry_tui.conftest import Until


def test_a_group_lists_its_frequent_characters_first() -> None:
    first = rhyme_entries("pingshui")[0]
    assert first.title == "一东 平"
    assert first.common.index("风") < first.common.index("桐") < first.common.index("烘")


def test_the_pingshui_book_has_its_106_groups() -> None:
    assert len(rhyme_entries("pingshui")) == 106


def test_a_part_of_both_tones_comes_once_for_each() -> None:
    assert [entry.title for entry in rhyme_entries("cilin")[:2]] == ["第一部 平", "第一部 仄"]


@pytest.mark.parametrize(
    ("character", "titles"), [("看", {"十四寒 平", "十五翰 仄"}), ("風", {"一东 平"}), ("x", set())]
)
def test_a_character_is_found_in_all_its_groups_in_either_script(character: str, titles: set[str]) -> None:
    found = {rhyme_entries("pingshui")[place].title for place in places_of(character, "pingshui")}
    assert titles <= found
    assert bool(found) == bool(titles)


async def _opened(desk: Desk) -> RhymeDictionary:
    await desk.until(lambda: bool(desk.screen.fields.rhyme.values[1:]))
    await desk.press("d")
    await desk.until(lambda: isinstance(desk.app.screen, RhymeDictionary))
    card = desk.app.screen
    assert isinstance(card, RhymeDictionary)
    await desk.until(lambda: card.query_one(OptionList).option_count == 106)
    return card


async def test_a_typed_character_leads_to_its_group_and_enter_rhymes_in_it(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.until(lambda: len(desk.screen.fields.form.values) > 2)
        desk.screen.fields.form.step(2)
        card = await _opened(desk)
        await desk.press("楼")
        await desk.until(lambda: card.query_one(OptionList).highlighted == 25)
        await desk.press("enter")
        await desk.until(lambda: not isinstance(desk.app.screen, RhymeDictionary))
        assert desk.screen.fields.wanted_rhyme == "十一尤"


async def test_escape_leaves_the_rhyme_as_it_was_and_an_unknown_character_is_said(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.until(lambda: len(desk.screen.fields.form.values) > 2)
        desk.screen.fields.form.step(2)
        card = await _opened(desk)
        card.query_one(Input).value = "㐂"
        await desk.until(lambda: "does not have 㐂" in card.said)
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, RhymeDictionary))
        assert desk.screen.fields.wanted_rhyme is None
