"""Writing together with the machine on the Compose screen: wishes, candidates, tones, other characters, locks, variants."""

from typing import Any, cast

from textual.widgets import Input

from poetry_tui.compose.facts import Facts
from poetry_tui.compose.pager import Pager
from poetry_tui.settings import Settings, load_settings, settings_file
from poetry_tui.verse.poem_view import Verse
from poetry_tui.widgets.choose import Choose
from tests.poetry_tui.compose.desk import REGULAR, Desk, open_desk
from tests.poetry_tui.conftest import Until

FIVE = Settings(pace=3, n_candidates=5)
ENDS = "春不人山风"


async def known(desk: Desk) -> None:
    """Wait until it is known which forms there are."""
    await desk.until(lambda: len(desk.screen.fields.form.values) > 4)


def facts(desk: Desk) -> str:
    return desk.screen.query_one(Facts).render().plain


async def test_form_and_rhyme_are_wished_for_by_keys_alone_and_remembered(until: Until) -> None:
    async with open_desk(until) as desk:
        await known(desk)
        await desk.press("w", "right", "right", "tab", "东", "enter")
        await desk.written()
        assert (desk.current.config["form"], desk.current.config["rhyme"]) == ("qijue", "一东")
        assert "七绝" in str(desk.screen.stage.border_title)
    kept = load_settings(settings_file())
    assert (kept.form, kept.rhyme) == ("qijue", "一东")


async def test_what_a_form_does_not_know_is_no_longer_wished_for(until: Until) -> None:
    settings = Settings(pace=3, form="qijue", rhyme="一东", tone_order="aBbA", n_candidates=1)
    async with open_desk(until, settings=settings) as desk:
        await known(desk)
        assert desk.screen.fields.wishes["tone_order"] == "aBbA"
        await desk.press("w", "left", "left")
        assert (desk.screen.fields.wishes["form"], desk.screen.fields.wishes["rhyme"]) == ("free", None)


async def test_a_form_is_chosen_from_the_list_with_the_mouse(until: Until) -> None:
    async with open_desk(until) as desk:
        await known(desk)
        await desk.pilot.click("#form", offset=(18, 0))
        await desk.until(lambda: isinstance(desk.app.screen, Choose))
        await desk.press("浪", "enter")
        assert desk.screen.fields.wishes["form"] == "langtaosha"


async def test_an_acrostic_begins_the_poem_in_place_of_the_chips(until: Until) -> None:
    async with open_desk(until) as desk:
        desk.screen.query_one("#acrostic", Input).value = "春江花月"
        desk.screen.query_one("#title", Input).value = "登高"
        await desk.press("enter")
        await desk.written()
        wished = desk.current.config
        assert (wished["begin"], wished["acrostic"], wished["title"]) == ("", "春江花月", "登高")
        assert not desk.screen.wished.picker.is_active


async def test_the_mind_of_the_network_is_shown_while_the_best_candidate_appears(until: Until) -> None:
    async with open_desk(until, settings=FIVE) as desk:
        await desk.press("enter")
        await desk.written(5)
        *before, _end, _mark = desk.current.glyphs
        await desk.until(lambda: all(glyph.is_known for glyph in desk.current.glyphs[: len(before)]))
        assert all(glyph.alternatives for glyph in desk.current.glyphs[: len(before)])
        variant = desk.screen.sitting.variant
        assert variant is not None
        assert all(glyph.is_known for glyph in variant.glyphs[: len(before)])


async def test_candidates_come_the_best_first_and_are_turned_by_keys_and_clicks(until: Until) -> None:
    async with open_desk(until, settings=FIVE) as desk:
        await desk.press("enter")
        await desk.written(5)
        pager = desk.screen.query_one(Pager)
        assert [poem.text[-2] for poem in desk.screen.sitting.compositions] == list(ENDS)
        assert desk.screen.sitting.index == 0
        assert f"1 {desk.current.nats_per_han:.2f}" in pager.render().plain
        await desk.press("right_square_bracket")
        assert desk.current.text[-2] == ENDS[1]
        await desk.until(lambda: pager.region.height)
        await desk.pilot.click(Pager, offset=(pager._columns[3].start + 1, 0))
        await desk.until(lambda: desk.screen.sitting.index == 3)


async def test_what_the_model_thought_of_another_candidates_character_is_learnt_by_looking(until: Until) -> None:
    async with open_desk(until, settings=FIVE) as desk:
        await desk.press("enter")
        await desk.written(5)
        await desk.press("right_square_bracket")
        assert not desk.current.glyphs[1].is_known
        await desk.press("right", "right")
        await desk.until(lambda: desk.current.glyphs[1].is_known)
        assert desk.screen.glass.character.inspection is not None


async def test_a_refused_wish_for_candidates_is_said_and_leaves_no_trace(until: Until) -> None:
    async with open_desk(until, settings=FIVE) as desk:
        await desk.press("b", "误", "enter")
        await desk.until(lambda: any("Try 日" in said for said in desk.said))
        assert desk.screen.sitting.current is None


async def test_another_character_is_picked_and_the_machine_goes_on_from_there(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("right", "right", "down")
        chances = desk.screen.glass.character.chances
        assert chances.picked is not None
        await desk.press("enter")
        await desk.written(2)
        variant = desk.screen.sitting.variant
        assert variant is not None
        assert (variant.parent, variant.changed, desk.screen.cursor) == (0, 1, 1)
        assert desk.current.config["keep"] == "日" + chances.alternatives[chances.picked].character
        await desk.press("u")
        assert desk.current.text == REGULAR
        await desk.press("U")
        assert desk.screen.sitting.index == 1


async def test_what_is_locked_stays_when_the_rest_is_written_anew(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        assert "R" not in desk.screen.active_bindings
        await desk.press("j", "j", "L", "right", "l")
        variant = desk.screen.sitting.variant
        assert variant is not None
        assert variant.locked == frozenset({16, *range(18, 24)})
        assert desk.screen.query_one(Verse).sheet.held == variant.locked
        await desk.press("R")
        await desk.written(2)
        assert desk.current.config["keep"].startswith("日□")
        assert REGULAR[18:23] in desk.current.config["keep"]


async def test_every_variant_stands_in_the_tree_and_can_be_walked_to(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("right", "right", "down", "enter")
        await desk.written(2)
        await desk.press("h")
        await desk.until(lambda: isinstance(desk.app.screen, Choose))
        await desk.press("up", "enter")
        await desk.until(lambda: desk.app.screen is desk.screen)
        assert desk.screen.sitting.index == 0


async def test_the_tones_are_shown_and_judged_even_for_free_verse(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("t")
        await desk.until(lambda: desk.screen.query_one(Verse).sheet.signs)
        assert "七绝" in facts(desk)
        assert "一东" in facts(desk)
    assert load_settings(settings_file()).with_tones


async def test_columns_and_traditional_characters_are_for_the_eye_alone(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("v", "z")
        verse = desk.screen.query_one(Verse)
        await desk.until(lambda: "滿船" in verse.sheet.faces)
        first, last = verse.place_of(0), verse.place_of(len(REGULAR) - 1)
        assert first is not None
        assert last is not None
        assert first.x > last.x
        assert desk.current.text == REGULAR


async def test_it_is_said_what_a_poem_shares_with_those_that_were_learnt(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.until(lambda: "杜甫《旅夜》" in facts(desk))
        assert "no line copied" in facts(desk)


async def test_everything_that_a_key_does_is_in_the_palette(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        commands = {command.title: command for command in desk.app.get_system_commands(cast(Any, desk.screen))}
        await commands["竖排 vertical"].callback()
        assert desk.screen.query_one(Verse).sheet.is_upright
        for title in ("平仄 tones", "繁体 traditional", "变体 variants", "收藏 keep"):
            assert title in commands


async def test_up_and_down_go_from_wish_to_wish_and_enter_there_writes_another_poem(until: Until) -> None:
    async with open_desk(until) as desk:
        await known(desk)
        await desk.press("enter")
        await desk.written()
        await desk.press("right", "right", "down")
        assert desk.screen.is_picking
        await desk.press("w", "down")
        focused = [desk.screen.focused]
        await desk.press("up", "up")
        focused.append(desk.screen.focused)
        assert focused == [desk.screen.fields.rhyme, desk.screen.fields.own]
        await desk.press("enter")
        await desk.written(2)
        variant = desk.screen.sitting.variant
        assert variant is not None
        assert variant.parent is None
