"""The rhyme dictionary: groups by frequency, the groups of a character, a group chosen as the rhyme."""

import pytest
from textual.widgets import Input, OptionList

from poetry_tui.compose.request.rhyme_dictionary import entries_of, rhyme_entries
from poetry_tui.compose.request.rhyme_dictionary_screen import RhymeDictionary
from tests.poetry_tui.compose.open_studio import OpenStudio, open_studio
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
    found = {rhyme_entries("pingshui")[position].title for position in entries_of(character, "pingshui")}
    assert titles <= found
    assert bool(found) == bool(titles)


async def _opened(studio: OpenStudio) -> RhymeDictionary:
    await studio.until(lambda: bool(studio.screen.fields.rhyme.values[1:]))
    await studio.press("d")
    await studio.until(lambda: isinstance(studio.app.screen, RhymeDictionary))
    card = studio.app.screen
    assert isinstance(card, RhymeDictionary)
    await studio.until(lambda: card.query_one(OptionList).option_count == 106)
    return card


async def test_a_typed_character_leads_to_its_group_and_enter_rhymes_in_it(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.until(lambda: len(studio.screen.fields.form.values) > 2)
        studio.screen.fields.form.step(2)
        card = await _opened(studio)
        await studio.press("楼")
        await studio.until(lambda: card.query_one(OptionList).highlighted == 25)
        await studio.press("enter")
        await studio.until(lambda: not isinstance(studio.app.screen, RhymeDictionary))
        assert studio.screen.fields.wanted_rhyme == "十一尤"


async def test_escape_leaves_the_rhyme_as_it_was_and_an_unknown_character_is_said(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.until(lambda: len(studio.screen.fields.form.values) > 2)
        studio.screen.fields.form.step(2)
        card = await _opened(studio)
        card.query_one(Input).value = "㐂"
        await studio.until(lambda: "does not have 㐂" in str(card._where.render()))
        await studio.press("escape")
        await studio.until(lambda: not isinstance(studio.app.screen, RhymeDictionary))
        assert studio.screen.fields.wanted_rhyme is None
