"""The Compose screen, driven by keys and mouse."""

import pytest
from textual.widgets import Input

from engine.errors import StudioError
from poetry_tui.compose.begin_picker import BeginPicker
from poetry_tui.compose.inspector.panel import ThisCharacter
from poetry_tui.compose.pager import Pager
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.engine_client.state import Phase
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.messages import RecreateWanted
from poetry_tui.settings import Settings, load_settings, settings_file
from poetry_tui.verse.poem_view import Verse
from tests.poetry_tui.compose.desk import REGULAR, open_desk
from tests.poetry_tui.conftest import FAKE_SERVICE, Until


async def test_enter_writes_a_poem_from_the_chosen_character(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        assert desk.current.text == REGULAR


async def test_the_verse_appears_character_by_character(until: Until) -> None:
    async with open_desk(until, settings=Settings(pace=2, n_candidates=1)) as desk:
        await desk.press("enter")
        seen = set[int]()

        def is_over() -> bool:
            seen.add(len(desk.current.visible) if desk.screen.sitting.current else 0)
            return desk.screen.sitting.current is not None and desk.current.is_over

        await desk.until(is_over)
        assert len(seen) > 10


async def test_a_wish_made_while_the_engine_warms_up_is_said_and_kept(until: Until) -> None:
    async with open_desk(until, "mute") as desk:
        assert "Warming up" in desk.screen.query_one(Verse).sheet.hint
        await desk.press("enter")
        await desk.until(lambda: desk.screen.sitting.current)
        await desk.until(lambda: "in a moment" in desk.screen.query_one(Verse).sheet.hint)


async def test_again_writes_the_same_beginning_with_another_seed(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        first = desk.current
        await desk.press("r")
        await desk.written(2)
        assert desk.current.config["begin"] == first.config["begin"]
        assert desk.current.config["seed"] != first.config["seed"]


async def test_several_characters_give_a_poem_each(until: Until) -> None:
    async with open_desk(until) as desk:
        picker = desk.screen.query_one(BeginPicker)
        await desk.pilot.click(BeginPicker, offset=(6, 0))
        await desk.pilot.click(BeginPicker, offset=(11, 1), control=True)
        assert picker.chosen == ["红", "月"]
        await desk.press("enter")
        await desk.written(2)
        assert [wish.config["begin"] for wish in desk.screen.sitting.compositions] == ["红", "月"]


async def test_arrows_and_space_choose_among_the_characters(until: Until) -> None:
    async with open_desk(until) as desk:
        picker = desk.screen.query_one(BeginPicker)
        await desk.press("right", "right", "down")
        assert picker.chosen == ["月"]
        await desk.press("space")
        assert picker.chosen == ["月"]
        await desk.press("left", "space")
        assert picker.chosen == ["海"]


async def test_characters_of_ones_own_begin_poems_and_typing_is_not_taken_for_commands(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("b", *"q1春", "space", *"月")
        assert desk.screen.query_one("#own", Input).value == "q1春 月"
        desk.screen.query_one("#own", Input).value = "春江 月"
        await desk.press("enter")
        await desk.written(2)
        assert [wish.config["begin"] for wish in desk.screen.sitting.compositions] == ["春江", "月"]


async def test_stop_keeps_what_stands_on_the_stage(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("b", "慢", "enter")
        await desk.until(lambda: desk.screen.sitting.current and len(desk.current.visible) >= 4)
        await desk.press("s")
        assert desk.current.is_stopped
        assert desk.current.text == "慢色入江"
        await desk.press("r")
        await desk.until(lambda: len(desk.screen.sitting.compositions) == 2)


async def test_a_new_wish_replaces_the_one_being_written(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("b", "慢", "enter")
        await desk.until(lambda: desk.screen.sitting.current and len(desk.current.visible) >= 4)
        desk.screen.query_one("#own", Input).value = "月"
        await desk.press("enter")
        await desk.written(2)
        assert desk.current.text.startswith("月色入江流，")


async def test_the_arrows_step_through_the_verse_and_show_what_the_model_thought(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("right", "right")
        assert desk.screen.cursor == 1
        shown = desk.screen.query_one(ThisCharacter)
        assert shown.glyph is desk.current.glyphs[1]
        await desk.press("j")
        assert desk.screen.cursor == 17
        await desk.press("k", "left", "left")
        assert desk.screen.cursor == 0
        assert shown.glyph is not None
        assert shown.glyph.is_forced


async def test_a_click_on_a_character_shows_it(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        # The last of the facts below the verse, which moves it.
        await desk.until(lambda: desk.current.novelty is not None)
        await desk.pilot.pause()
        verse = desk.screen.query_one(Verse)
        place = verse.place_of(20)
        assert place is not None
        await desk.pilot.click(Verse, offset=(place.x + 1, place.y))
        assert desk.screen.cursor == 20


async def test_brackets_turn_to_earlier_and_later_poems(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("r")
        await desk.written(2)
        await desk.press("left_square_bracket", "left_square_bracket")
        assert desk.screen.sitting.index == 0
        assert " 1 " in desk.screen.query_one(Pager).render().plain
        await desk.press("right_square_bracket")
        assert desk.screen.sitting.index == 1


async def test_a_favourite_is_kept_with_all_that_made_it(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("f")
        await desk.until(lambda: desk.current.is_kept)
        (kept,) = FavouriteStore().list()
        assert (kept.text, kept.begin, kept.model) == (REGULAR, "日", "studio-lstm")
        assert kept.seed == desk.current.config["seed"]
        assert kept.settings["temperature"] == 0.8
        assert kept.logprob == pytest.approx(-61.3)


async def test_favourites_that_cannot_be_written_are_said_and_nothing_breaks(
    until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StudioError("The disk is full.", "Make room [/there].")

    monkeypatch.setattr(FavouriteStore, "add", refuse)
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("f")
        await desk.until(lambda: any("The disk is full" in said for said in desk.said))
        assert not desk.current.is_kept


async def test_a_favourite_is_written_again_as_it_was(until: Until) -> None:
    favourite = Favourite(1, "x", "月", "studio-lstm", 7, {"temperature": 0.3})
    async with open_desk(until) as desk:
        await desk.press("3")
        desk.app.screen.post_message(RecreateWanted(favourite))
        await desk.until(lambda: isinstance(desk.app.screen, ComposeScreen) and desk.screen.sitting.current)
        await desk.written()
        assert desk.current.config == {"temperature": 0.3, "begin": "月", "seed": 7}
        assert desk.current.wish.model == "studio-lstm"


async def test_copy_sends_the_poem_to_the_clipboard(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("y")
        await desk.until(
            lambda: any("Sent to the terminal (OSC 52), which may refuse it." in said for said in desk.said)
        )
        assert desk.app.clipboard == "日暮江头一笛风，满船明月照归篷。\n扁舟夜泊芦花里，不见青山只见鸿。"


async def test_a_refused_beginning_is_said_with_its_hint_and_leaves_no_trace(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("b", "误", "enter")
        await desk.until(lambda: any("Try 日" in said for said in desk.said))
        assert desk.screen.sitting.current is None


async def test_a_refused_beginning_stays_in_its_field_which_keeps_the_keys(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("b", "误", "enter")
        await desk.until(lambda: any("Try 日" in said for said in desk.said))
        field = desk.screen.fields.own
        await desk.until(lambda: desk.screen.focused is field)
        assert field.value == "误"
        await desk.press("backspace", "月", "enter")
        await desk.written()
        assert desk.current.text.startswith("月")
        assert desk.screen.focused is desk.screen.stage.verse


async def test_undo_of_a_lock_says_which_characters_are_free_again(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("right", "l", "right", "l", "u")
        await desk.until(lambda: any("Unlocked again: 暮" in said for said in desk.said))
        await desk.press("U")
        await desk.until(lambda: any("Locked again: 暮" in said for said in desk.said))


async def test_an_engine_that_dies_is_said_and_the_next_poem_is_written(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("b", "崩", "enter")
        await desk.until(lambda: any("died" in said for said in desk.said))
        await desk.until(lambda: desk.app.services.engine.state.phase is Phase.READY)
        n = len(desk.screen.sitting.compositions)
        desk.screen.query_one("#own", Input).value = "月"
        await desk.press("enter")
        await desk.written(n + 1)


async def test_an_engine_that_was_given_up_is_tried_again_on_the_next_wish(until: Until) -> None:
    async with open_desk(until, "dead") as desk:
        await desk.until(lambda: desk.app.services.engine.state.phase is Phase.FAILED)
        desk.app.services.engine._command = FAKE_SERVICE
        await desk.press("enter")
        await desk.written()


async def test_temperature_and_pace_are_used_and_remembered(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("plus", "plus", "minus")
        await desk.press("enter")
        await desk.written()
        assert desk.current.config["temperature"] == pytest.approx(0.85)
        assert load_settings(settings_file()).temperature == pytest.approx(0.85)


async def test_keys_that_would_do_nothing_are_not_in_the_footer(until: Until) -> None:
    async with open_desk(until) as desk:
        assert not {"r", "f", "y", "s"} & desk.screen.active_bindings.keys()
        await desk.press("enter")
        await desk.written()
        assert {"r", "f", "y"} <= desk.screen.active_bindings.keys()


async def test_the_panel_of_chances_takes_the_place_of_the_wishes_on_a_narrow_screen(until: Until) -> None:
    async with open_desk(until, size=(80, 24)) as desk:
        assert not desk.screen.query_one("CharacterPanel").display
        await desk.press("p")
        await desk.until(lambda: desk.screen.query_one("CharacterPanel").display)
        assert not desk.screen.query_one("WishPanel").display


async def test_text_that_looks_like_markup_is_only_text(until: Until) -> None:
    async with open_desk(until) as desk:
        desk.screen.query_one("#own", Input).value = "[/红]"
        desk.screen.query_one("#own", Input).focus()
        await desk.press("enter")
        await desk.written()
        await desk.press("right", "i", "p", "p", "question_mark")
        assert desk.app.is_running
