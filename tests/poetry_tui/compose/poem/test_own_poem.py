"""A poem that the user types or pastes: judged, put on the stage, revised, kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Paste
from textual.widgets import TextArea

from engine.prosody.text import LINE_MARKS, is_han
from engine.system.errors import UsageError
from poetry_tui.compose.poem.own_poem import MAX_OWN_CHARS, own_composition, verse_of
from poetry_tui.compose.poem.own_poem_dialog import OwnPoemDialog
from poetry_tui.favourites.store import FavouriteStore
from tests.poetry_tui.compose.open_studio import OpenStudio, open_studio
from tests.poetry_tui.conftest import Until

SPRING = "红豆生南国，春来发几枝。愿君多采撷，此物最相思。"
IN_ORDER = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
AGAINST_THE_RULES = "白日依山尽，黄河入海流。白日依山尽，更上一层天。"


@pytest.mark.parametrize(
    ("typed", "title", "verse"),
    [
        (SPRING, "", SPRING),
        ("红豆生南国\n春来发几枝\n愿君多采撷\n此物最相思", "", SPRING),
        ("《相思》\n" + SPRING, "相思", SPRING),
        ("紅豆生南國，春來發幾枝。", "", "红豆生南国，春来发几枝。"),
        ("  红豆生南国, 春来发几枝! ", "", "红豆生南国，春来发几枝。"),
        ("几处早莺争暖树？谁家新燕啄春泥！", "", "几处早莺争暖树？谁家新燕啄春泥！"),
        ("\x1b[31m红豆[/red]生南国", "", "红豆，生南国。"),
        ("no verse, 123", "", ""),
        ("", "", ""),
    ],
)
def test_a_typed_text_becomes_lines_closed_by_marks(typed: str, title: str, verse: str) -> None:
    assert verse_of(typed) == (title, verse)


@given(st.text(max_size=60))
def test_any_text_becomes_verse_of_han_characters_and_marks_or_nothing(typed: str) -> None:
    verse = verse_of(typed)[1]
    assert all(is_han(one) or one in LINE_MARKS for one in verse)
    assert verse == "" or (is_han(verse[0]) and verse[-1] in LINE_MARKS)


def test_verse_in_order_keeps_its_form_and_other_verse_its_line_lengths() -> None:
    assert own_composition(IN_ORDER, None).config["form"] == "wujue"
    faulty = own_composition(AGAINST_THE_RULES, None).config
    assert faulty["form"] == "free"
    assert faulty["keep"] == "□□□□□，□□□□□。" * 2


def test_a_text_without_verse_and_one_that_is_too_long_are_refused() -> None:
    with pytest.raises(UsageError, match="no line of verse"):
        own_composition("hello", None)
    with pytest.raises(UsageError, match=f"{MAX_OWN_CHARS} at most"):
        own_composition("春" * (MAX_OWN_CHARS + 1), None)


async def _typed(studio: OpenStudio, text: str) -> None:
    await studio.press("n")
    await studio.until(lambda: isinstance(studio.app.screen, OwnPoemDialog))
    studio.app.screen.query_one(TextArea).insert(text)


async def test_a_typed_poem_is_displayed_with_its_tones_and_is_revised(until: Until) -> None:
    async with open_studio(until) as studio:
        await _typed(studio, IN_ORDER)
        await studio.press("ctrl+s")
        await studio.written()
        assert studio.current.text == IN_ORDER
        assert studio.current.is_own
        assert studio.app.services.settings.current.with_tones
        await studio.until(lambda: bool(studio.screen.poem_pane.view.view_state.annotations))
        await studio.press("right", "l")
        revision = studio.screen.session.revision
        assert revision is not None
        assert revision.locked == {0}


async def test_the_card_says_what_is_wrong_while_a_poem_is_typed(until: Until) -> None:
    async with open_studio(until) as studio:
        await _typed(studio, AGAINST_THE_RULES)
        card = studio.app.screen
        assert isinstance(card, OwnPoemDialog)
        await studio.until(lambda: "does not rhyme" in str(card._verdict.render()))


async def test_a_text_that_is_too_long_is_said_to_be_at_once(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("n")
        await studio.until(lambda: isinstance(studio.app.screen, OwnPoemDialog))
        card = studio.app.screen
        assert isinstance(card, OwnPoemDialog)
        studio.app.post_message(Paste("红豆生南国，" * 200))
        await studio.until(lambda: "1,200 characters" in str(card._verdict.render()))
        assert "single poem" in str(card._verdict.render())


async def test_a_text_that_is_left_is_there_when_the_card_opens_again(until: Until) -> None:
    async with open_studio(until) as studio:
        await _typed(studio, "红豆生南国")
        await studio.press("escape")
        await studio.until(lambda: not isinstance(studio.app.screen, OwnPoemDialog))
        assert studio.screen.session.compositions == []
        await studio.press("n")
        await studio.until(lambda: isinstance(studio.app.screen, OwnPoemDialog))
        assert studio.app.screen.query_one(TextArea).text == "红豆生南国"


async def test_a_text_without_verse_is_refused_and_kept(until: Until) -> None:
    async with open_studio(until) as studio:
        await _typed(studio, "hello")
        await studio.press("ctrl+s")
        await studio.until(lambda: any("no line of verse" in said for said in studio.said))
        assert studio.screen.poem_pane.dialogs.own_text == "hello"


async def test_a_kept_poem_of_ones_own_comes_back_as_it_was(until: Until) -> None:
    async with open_studio(until) as studio:
        await _typed(studio, "《登楼》" + IN_ORDER)
        await studio.press("ctrl+s")
        await studio.written()
        await studio.press("f")
        await studio.until(lambda: studio.current.is_favourite)
        (kept,) = FavouriteStore().list()
        assert (kept.text, kept.model, kept.logprob) == (IN_ORDER, "", None)
        studio.screen.recreate(kept)
        await studio.written(2)
        assert studio.current.is_own
        assert studio.current.text == IN_ORDER
