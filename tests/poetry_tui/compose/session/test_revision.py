"""Writing together with the machine on the Compose screen: requests, candidates, tones, other characters, locks, revisions."""

from pathlib import Path
from typing import Any, cast

import pytest
from textual import events
from textual.widgets import Input, OptionList, Static

from engine.composing.replies import Progress
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from poetry_tui.compose.poem.facts import Facts
from poetry_tui.compose.poem.pager import Pager
from poetry_tui.compose.poem.pane import TYPING_PAUSE_S
from poetry_tui.favourites.search import found_by
from poetry_tui.favourites.store import FavouriteStore
from poetry_tui.preferences.i18n import Language
from poetry_tui.preferences.settings import Settings, load_settings, settings_file
from poetry_tui.widgets.cards import Choose
from poetry_tui.widgets.poem.comparison import ComparisonScreen
from poetry_tui.widgets.poem.poem_view import PoemView
from tests.poetry_tui.compose.open_studio import REGULAR, OpenStudio, open_studio
from tests.poetry_tui.conftest import Until

FIVE = Settings(pace=3, n_candidates=5)
ENDS = "春不人山风"


async def known(studio: OpenStudio) -> None:
    """Wait until it is known which forms there are."""
    await studio.until(lambda: len(studio.screen.fields.form.values) > 4)


def facts(studio: OpenStudio) -> str:
    return studio.screen.query_one(Facts).render().plain


async def test_form_and_rhyme_are_chosen_by_keys_alone_and_remembered(until: Until) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        await studio.press("w", "right", "right", "tab", "东", "enter")
        await studio.written()
        assert (studio.current.config["form"], studio.current.config["rhyme"]) == ("qijue", "一东")
        assert "七绝" in str(studio.screen.poem_pane.border_title)
    kept = load_settings(settings_file())
    assert (kept.form, kept.rhyme) == ("qijue", "一东")


async def test_what_a_form_does_not_know_is_no_longer_chosen(until: Until) -> None:
    settings = Settings(pace=3, form="qijue", rhyme="一东", tone_pattern="aBbA", n_candidates=1)
    async with open_studio(until, settings=settings) as studio:
        await known(studio)
        assert studio.screen.fields.options["tone_pattern"] == "aBbA"
        await studio.press("w", "left", "left")
        assert (studio.screen.fields.options["form"], studio.screen.fields.options["rhyme"]) == ("free", None)


async def test_a_form_is_chosen_from_the_list_with_the_mouse(until: Until) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        await studio.pilot.click("#form", offset=(18, 0))
        await studio.until(lambda: isinstance(studio.app.screen, Choose))
        await studio.press("浪", "enter")
        assert studio.screen.fields.options["form"] == "langtaosha"


async def test_an_acrostic_begins_the_poem_in_place_of_the_chips(until: Until) -> None:
    async with open_studio(until) as studio:
        studio.screen.query_one("#acrostic", Input).value = "春江花月"
        studio.screen.query_one("#title", Input).value = "登高"
        await studio.press("enter")
        await studio.written()
        config = studio.current.config
        assert (config["begin"], config["acrostic"], config["title"]) == ("", "春江花月", "登高")
        await studio.until(lambda: not studio.screen.request_form.picker.is_active)


async def test_a_favourite_has_the_title_that_was_asked_for(until: Until) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        studio.screen.query_one("#title", Input).value = "贺王小明生日"
        await studio.press("enter")
        await studio.written()
        await studio.press("f")
        await studio.until(lambda: studio.current.is_favourite)
        (kept,) = FavouriteStore().list()
        assert kept.title == "贺王小明生日"
        assert found_by("小明", FavouriteStore().list()) == [kept]


async def test_keywords_are_asked_for_shown_and_kept_with_the_poem(until: Until) -> None:
    seven = Settings(pace=3, n_candidates=1, form="qijue")
    async with open_studio(until, settings=seven) as studio:
        await known(studio)
        studio.screen.query_one("#keywords", Input).value = " 琵琶 秋 醉 "
        await studio.press("enter")
        await studio.written()
        assert studio.current.config["keywords"] == "琵琶 秋 醉"
        assert str(studio.screen.poem_pane.border_title).endswith("琵琶 秋 醉")
        await studio.press("f")
        await studio.until(lambda: studio.current.is_favourite)
        (kept,) = FavouriteStore().list()
        assert kept.settings["keywords"] == "琵琶 秋 醉"
        studio.screen.query_one("#keywords", Input).value = ""
        studio.screen.recreate(kept)
        await studio.written(2)
        assert studio.current.config["keywords"] == "琵琶 秋 醉"
    async with open_studio(until) as studio:
        await studio.until(lambda: len(studio.screen.session.compositions) > 0)
        assert studio.current.config["keywords"] == "琵琶 秋 醉"


@pytest.mark.parametrize("n_candidates", [1, 5])
async def test_refused_keywords_are_said_with_a_hint_and_stay_in_their_field(until: Until, n_candidates: int) -> None:
    async with open_studio(until, settings=Settings(pace=3, n_candidates=n_candidates)) as studio:
        field = studio.screen.query_one("#keywords", Input)
        field.focus()
        field.value = "琵琶 误"
        await studio.press("enter")
        said = "This model was trained without keywords and titles. Leave them out, or choose another model."
        await studio.until(lambda: any(said in notice for notice in studio.said))
        await studio.until(lambda: studio.screen.focused is field)
        assert field.value == "琵琶 误"
        assert studio.screen.session.current is None


async def test_the_mind_of_the_network_is_shown_while_the_best_candidate_appears(until: Until) -> None:
    async with open_studio(until, settings=FIVE) as studio:
        await studio.press("enter")
        await studio.written(5)
        *before, _end, _mark = studio.current.tokens
        await studio.until(lambda: all(token.is_known for token in studio.current.tokens[: len(before)]))
        assert all(token.alternatives for token in studio.current.tokens[: len(before)])
        revision = studio.screen.session.revision
        assert revision is not None
        assert all(token.is_known for token in revision.tokens[: len(before)])


@pytest.mark.parametrize(
    ("language", "composing", "ranking"),
    [
        ("zh", "24 首候选 … 40 %", "评选 24 首候选 …"),
        ("en", "24 candidates … 40 %", "ranking 24 candidates …"),
    ],
)
async def test_while_candidates_are_composed_the_pane_shows_how_far_the_pool_is(
    until: Until, language: Language, composing: str, ranking: str
) -> None:
    settings = Settings(pace=3, n_candidates=5, language=language)
    async with open_studio(until, settings=settings) as studio:
        await studio.press("b", "慢", "enter")
        await studio.until(lambda: studio.screen.query_one(PoemView).view_state.hint == composing)
        studio.current.set_progress(Progress(5, 5, 24))
        await studio.until(lambda: studio.screen.query_one(PoemView).view_state.hint == ranking)
        await studio.press("s")
        await studio.until(lambda: not studio.screen.generation.is_writing)
        assert "%" not in studio.screen.query_one(PoemView).view_state.hint


async def test_candidates_come_the_best_first_and_are_turned_by_keys_and_clicks(until: Until) -> None:
    async with open_studio(until, settings=FIVE) as studio:
        await studio.press("enter")
        await studio.written(5)
        pager = studio.screen.query_one(Pager)
        assert [poem.text[-2] for poem in studio.screen.session.compositions] == list(ENDS)
        assert studio.screen.session.index == 0
        assert f"1 {studio.current.nats_per_han:.2f}" in pager.render().plain
        await studio.press("right_square_bracket")
        assert studio.current.text[-2] == ENDS[1]
        await studio.until(lambda: pager.region.height)
        await studio.pilot.click(Pager, offset=(pager._columns[3].start + 1, 0))
        await studio.until(lambda: studio.screen.session.index == 3)


async def test_what_the_model_thought_of_another_candidates_character_is_learnt_by_looking(until: Until) -> None:
    async with open_studio(until, settings=FIVE) as studio:
        await studio.press("enter")
        await studio.written(5)
        await studio.press("right_square_bracket")
        assert not studio.current.tokens[1].is_known
        await studio.press("right", "right")
        await studio.until(lambda: studio.current.tokens[1].is_known)
        assert studio.screen.inspector_pane.inspector.inspection is not None


async def test_a_refused_request_for_candidates_is_said_and_leaves_no_trace(until: Until) -> None:
    async with open_studio(until, settings=FIVE) as studio:
        await studio.press("b", "误", "enter")
        await studio.until(lambda: any("Try 日" in said for said in studio.said))
        assert studio.screen.session.current is None


async def test_another_character_is_picked_and_the_machine_goes_on_from_there(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "right", "down")
        alternatives = studio.screen.inspector_pane.inspector.alternatives
        assert alternatives.picked is not None
        await studio.press("enter")
        await studio.written(2)
        revision = studio.screen.session.revision
        assert revision is not None
        assert (revision.parent, revision.changed, studio.screen.session.cursor) == (0, 1, 1)
        assert studio.current.config["keep"] == "日" + alternatives.items[alternatives.picked].character
        await studio.press("u")
        assert studio.current.text == REGULAR
        await studio.press("U")
        assert studio.screen.session.index == 1


async def test_what_is_locked_stays_when_the_rest_is_written_anew(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        assert "R" not in studio.screen.active_bindings
        await studio.press("j", "j", "L", "right", "l")
        revision = studio.screen.session.revision
        assert revision is not None
        assert revision.locked == frozenset({16, *range(18, 24)})
        assert studio.screen.query_one(PoemView).view_state.locked == revision.locked
        await studio.press("R")
        await studio.written(2)
        assert studio.current.config["keep"].startswith("日□")
        assert REGULAR[18:23] in studio.current.config["keep"]


async def test_every_revision_stands_in_the_tree_and_can_be_walked_to(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "right", "down", "enter")
        await studio.written(2)
        await studio.press("h")
        await studio.until(lambda: isinstance(studio.app.screen, Choose))
        await studio.press("up", "enter")
        await studio.until(lambda: studio.app.screen is studio.screen)
        assert studio.screen.session.index == 0


async def test_the_tones_are_shown_and_judged_even_for_free_verse(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("t")
        await studio.until(lambda: studio.screen.query_one(PoemView).view_state.annotations)
        assert "七绝" in facts(studio)
        assert "一东" in facts(studio)
    assert load_settings(settings_file()).with_tones


async def test_revisions_and_compared_poems_are_in_the_characters_that_are_displayed(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("z", "enter")
        await studio.written()
        await studio.press("m", "r")
        await studio.written(2)
        await studio.until(lambda: "滿船" in studio.screen.poem_pane.to_display_chars("满船"))
        await studio.press("h")
        await studio.until(lambda: isinstance(studio.app.screen, Choose))
        assert "江頭一笛風，滿船" in studio.app.screen._values[0]  # type: ignore[attr-defined]
        await studio.press("escape", "b", "月", "enter")
        await studio.written(3)
        await studio.press("m")
        await studio.until(lambda: isinstance(studio.app.screen, ComparisonScreen))
        shown = "".join(str(column.render()) for column in studio.app.screen.query(Static))
        assert "滿船" in shown
        assert "满船" not in shown


async def test_columns_and_traditional_characters_are_for_the_eye_alone(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("v", "z")
        verse = studio.screen.query_one(PoemView)
        await studio.until(lambda: "滿船" in verse.view_state.display_chars)
        first, last = verse.cell_of(0), verse.cell_of(len(REGULAR) - 1)
        assert first is not None
        assert last is not None
        assert first.x > last.x
        assert studio.current.text == REGULAR


async def test_it_is_said_what_a_poem_shares_with_those_that_were_learnt(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.until(lambda: "杜甫《旅夜》" in facts(studio))
        assert "no line copied" in facts(studio)


async def test_everything_that_a_key_does_is_in_the_palette(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        commands = {command.title: command for command in studio.app.get_system_commands(cast(Any, studio.screen))}
        await commands["竖排 vertical"].callback()
        assert studio.screen.query_one(PoemView).view_state.is_upright
        for title in ("平仄 tones", "繁体 traditional", "变体 revisions", "收藏 favourite"):
            assert title in commands


async def test_up_and_down_go_from_field_to_field_and_enter_there_writes_another_poem(until: Until) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "right", "down")
        assert studio.screen.inspector_pane.is_picking
        await studio.press("w", "down")
        focused = [studio.screen.focused]
        await studio.press("up", "up")
        focused.append(studio.screen.focused)
        assert focused == [studio.screen.fields.rhyme, studio.screen.fields.own]
        await studio.press("enter")
        await studio.written(2)
        revision = studio.screen.session.revision
        assert revision is not None
        assert revision.parent is None


async def test_characters_typed_at_the_cursor_stand_there_and_the_machine_goes_on(until: Until) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        await studio.press("enter")
        await studio.written()
        before = studio.current.text
        await studio.press("right", "right", "明", "月")
        await studio.written(2)
        assert studio.current.text[:3] == before[0] + "明月"
        assert str(studio.current.config["keep"]).startswith(before[0] + "明月")
        studio.screen.poem_pane.post_message(events.Paste("春风\n"))
        await studio.written(3)
        assert studio.current.text[:3] == before[0] + "春风"
        await studio.press("u")
        assert studio.current.text[:3] == before[0] + "明月"


async def test_a_typed_character_without_a_cursor_changes_nothing(until: Until) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        await studio.press("enter")
        await studio.written()
        await studio.press("明")
        await studio.pilot.pause(2 * TYPING_PAUSE_S)
        assert len(studio.screen.session.compositions) == 1


async def test_a_pattern_is_kept_and_filled_up_to_the_length_of_the_form(until: Until) -> None:
    async with open_studio(until, settings=Settings(pace=3, form="qijue", n_candidates=1)) as studio:
        await known(studio)
        studio.screen.fields.keep.value = "□□江头 □笛风"
        await studio.until(lambda: not studio.screen.request_form.picker.is_active)
        (request,) = studio.screen.request_form.requests(None)
        assert (request.config["begin"], request.config["keep"]) == ("", "□□江头□笛风" + "□" * 21)


async def test_older_poems_with_the_words_at_the_cursor_are_listed_or_said_to_be_missing(
    until: Until, tmp_path: Path
) -> None:
    async with open_studio(until) as studio:
        await known(studio)
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "o")
        await studio.until(lambda: "corpus install" in " ".join(studio.said))
        file = tmp_path / "poems.txt"
        file.write_text("旧作：" + studio.current.text[:3] + "山河远，一别故人心。", encoding="utf-8")
        import_poems(open_poems(file), "old")
        await studio.press("o")
        await studio.until(lambda: isinstance(studio.app.screen, Choose))
        assert "《旧作》" in str(studio.app.screen.query_one(OptionList).get_option_at_index(0).prompt)
