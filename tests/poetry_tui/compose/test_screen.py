"""The Compose screen, driven by keys and mouse."""

import pytest
from textual.events import Paste
from textual.widgets import Input, TextArea

from engine.system.errors import StudioError
from poetry_tui.compose.inspector.character_inspector import CharacterInspector
from poetry_tui.compose.poem.own_poem_dialog import OwnPoemDialog
from poetry_tui.compose.poem.pager import Pager
from poetry_tui.compose.request.begin_picker import BeginPicker
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.engine_client.client import Phase
from poetry_tui.favourites.screen import FavouritesScreen
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.settings import Settings, load_settings, settings_file
from poetry_tui.widgets.poem.comparison import ComparisonScreen, differing
from poetry_tui.widgets.poem.poem_view import PoemView
from tests.poetry_tui.compose.open_studio import REGULAR, open_studio
from tests.poetry_tui.conftest import FAKE_SERVICE, Until


async def test_enter_writes_a_poem_from_the_chosen_character(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        assert studio.current.text == REGULAR


async def test_the_verse_appears_character_by_character(until: Until) -> None:
    async with open_studio(until, settings=Settings(pace=2, n_candidates=1)) as studio:
        await studio.press("enter")
        seen = set[int]()

        def is_over() -> bool:
            seen.add(len(studio.current.visible) if studio.screen.session.current else 0)
            return studio.screen.session.current is not None and studio.current.is_over

        await studio.until(is_over)
        assert len(seen) > 10


async def test_a_request_made_while_the_engine_warms_up_is_said_and_kept(until: Until) -> None:
    async with open_studio(until, "mute") as studio:
        assert "Warming up" in studio.screen.query_one(PoemView).view_state.hint
        await studio.press("enter")
        await studio.until(lambda: studio.screen.session.current)
        await studio.until(lambda: "in a moment" in studio.screen.query_one(PoemView).view_state.hint)


async def test_a_hint_that_is_wider_than_its_pane_goes_on_in_the_next_row(until: Until) -> None:
    async with open_studio(until, "mute", size=(60, 16)) as studio:
        view = studio.screen.query_one(PoemView)
        await studio.until(lambda: view.size.width < len(view.view_state.hint))
        rows = [view.render_line(row).text for row in range(view.size.height)]
        assert " ".join(" ".join(rows).split()) == view.view_state.hint


async def test_again_writes_the_same_beginning_with_another_seed(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        first = studio.current
        await studio.press("r")
        await studio.written(2)
        assert studio.current.config["begin"] == first.config["begin"]
        assert studio.current.config["seed"] != first.config["seed"]


async def test_several_characters_give_a_poem_each(until: Until) -> None:
    async with open_studio(until) as studio:
        picker = studio.screen.query_one(BeginPicker)
        await studio.pilot.click(BeginPicker, offset=(6, 0))
        await studio.pilot.click(BeginPicker, offset=(11, 1), control=True)
        assert picker.chosen == ["红", "月"]
        await studio.press("enter")
        await studio.written(2)
        assert [request.config["begin"] for request in studio.screen.session.compositions] == ["红", "月"]


async def test_arrows_and_space_choose_among_the_characters(until: Until) -> None:
    async with open_studio(until) as studio:
        picker = studio.screen.query_one(BeginPicker)
        await studio.press("right", "right", "down")
        assert picker.chosen == ["月"]
        await studio.press("space")
        assert picker.chosen == ["月"]
        await studio.press("left", "space")
        assert picker.chosen == ["海"]


async def test_characters_of_ones_own_begin_poems_and_typing_is_not_taken_for_commands(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("b", *"q1春", "space", *"月")
        assert studio.screen.query_one("#own", Input).value == "q1春 月"
        studio.screen.query_one("#own", Input).value = "春江 月"
        await studio.press("enter")
        await studio.written(2)
        assert [request.config["begin"] for request in studio.screen.session.compositions] == ["春江", "月"]


async def test_stop_keeps_the_revealed_characters(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("b", "慢", "enter")
        await studio.until(lambda: studio.screen.session.current and len(studio.current.visible) >= 4)
        await studio.press("s")
        assert studio.current.is_stopped
        assert studio.current.text == "慢色入江"
        await studio.press("r")
        await studio.until(lambda: len(studio.screen.session.compositions) == 2)


async def test_a_new_request_replaces_the_one_being_written(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("b", "慢", "enter")
        await studio.until(lambda: studio.screen.session.current and len(studio.current.visible) >= 4)
        studio.screen.query_one("#own", Input).value = "月"
        await studio.press("enter")
        await studio.written(2)
        assert studio.current.text.startswith("月色入江流，")


async def test_the_arrows_step_through_the_verse_and_show_what_the_model_thought(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "right")
        assert studio.screen.session.cursor == 1
        shown = studio.screen.query_one(CharacterInspector)
        assert shown.token is studio.current.tokens[1]
        await studio.press("j")
        assert studio.screen.session.cursor == 17
        await studio.press("k", "left", "left")
        assert studio.screen.session.cursor == 0
        assert shown.token is not None
        assert shown.token.is_forced


async def test_a_click_on_a_character_shows_it(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        # The last of the facts below the verse, which moves it.
        await studio.until(lambda: studio.current.novelty is not None)
        await studio.pilot.pause()
        verse = studio.screen.query_one(PoemView)
        position = verse.cell_of(20)
        assert position is not None
        await studio.pilot.click(PoemView, offset=(position.x + 1, position.y))
        assert studio.screen.session.cursor == 20


async def test_brackets_turn_to_earlier_and_later_poems(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("r")
        await studio.written(2)
        await studio.press("left_square_bracket", "left_square_bracket")
        assert studio.screen.session.index == 0
        assert " 1 " in studio.screen.query_one(Pager).render().plain
        await studio.press("right_square_bracket")
        assert studio.screen.session.index == 1


async def test_a_poem_and_its_revision_are_compared(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        first = studio.current.text
        await studio.press("m", "n")
        await studio.until(lambda: isinstance(studio.app.screen, OwnPoemDialog))
        revised = first.replace(first[2], "山", 1)
        studio.app.screen.query_one(TextArea).text = revised
        await studio.press("ctrl+s")
        await studio.until(lambda: isinstance(studio.app.screen, ComposeScreen) and studio.current.text == revised)
        await studio.press("m")
        await studio.until(lambda: isinstance(studio.app.screen, ComparisonScreen))
        assert len(differing(first, revised)) == 1
        await studio.press("escape")
        assert isinstance(studio.app.screen, ComposeScreen)


async def test_a_favourite_is_kept_with_all_that_made_it(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("f")
        await studio.until(lambda: studio.current.is_favourite)
        (kept,) = FavouriteStore().list()
        assert (kept.text, kept.begin, kept.model) == (REGULAR, "日", "studio-lstm")
        assert kept.seed == studio.current.config["seed"]
        assert kept.settings["temperature"] == 0.8
        assert kept.logprob == pytest.approx(-61.3)


async def test_favourites_that_cannot_be_written_are_said_and_nothing_breaks(
    until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StudioError("The disk is full.", "Make room [/there].")

    monkeypatch.setattr(FavouriteStore, "add", refuse)
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("f")
        await studio.until(lambda: any("The disk is full" in said for said in studio.said))
        assert not studio.current.is_favourite


async def test_a_favourite_is_written_again_as_it_was(until: Until) -> None:
    favourite = Favourite(1, "x", "月", "studio-lstm", 7, {"temperature": 0.3})
    async with open_studio(until) as studio:
        await studio.press("3")
        studio.app.screen.post_message(FavouritesScreen.RecreateWanted(favourite))
        await studio.until(lambda: isinstance(studio.app.screen, ComposeScreen) and studio.screen.session.current)
        await studio.written()
        assert studio.current.config == {"temperature": 0.3, "begin": "月", "seed": 7}
        assert studio.current.request.model == "studio-lstm"


async def test_copy_sends_the_poem_to_the_clipboard(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("y")
        await studio.until(
            lambda: any("Sent to the terminal (OSC 52), which may refuse it." in said for said in studio.said)
        )
        assert studio.app.clipboard == "日暮江头一笛风，满船明月照归篷。\n扁舟夜泊芦花里，不见青山只见鸿。"


async def test_a_refused_beginning_is_said_with_its_hint_and_leaves_no_trace(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("b", "误", "enter")
        await studio.until(lambda: any("Try 日" in said for said in studio.said))
        assert studio.screen.session.current is None


@pytest.mark.parametrize("field", ["own", "title", "keywords", "style", "acrostic", "acrostic_tail", "keep"])
async def test_a_paste_too_long_for_a_field_is_refused_there_and_the_studio_goes_on(field: str, until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.until(lambda: studio.screen.query(f"#{field}"))
        studio.screen.query_one(f"#{field}", Input).focus()
        studio.app.post_message(Paste("春" * 5_000))
        await studio.until(lambda: len(studio.screen.query_one(f"#{field}", Input).value) == 5_000)
        await studio.press("enter")
        assert any("5,000 characters" in notice for notice in studio.said)
        assert studio.screen.focused is studio.screen.query_one(f"#{field}")
        assert not studio.screen.session.compositions


async def test_another_poem_with_a_title_too_long_is_refused(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        studio.screen.query_one("#title", Input).value = "春" * 5_000
        await studio.press("r")
        assert any("5,000 characters" in notice for notice in studio.said)
        assert len(studio.screen.session.compositions) == 1


async def test_a_refused_beginning_stays_in_its_field_which_keeps_the_keys(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("b", "误", "enter")
        await studio.until(lambda: any("Try 日" in said for said in studio.said))
        field = studio.screen.fields.own
        await studio.until(lambda: studio.screen.focused is field)
        assert field.value == "误"
        await studio.press("backspace", "月", "enter")
        await studio.written()
        assert studio.current.text.startswith("月")
        assert studio.screen.focused is studio.screen.poem_pane.view


async def test_undo_of_a_lock_says_which_characters_are_free_again(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "l", "right", "l", "u")
        await studio.until(lambda: any("Unlocked again: 暮" in said for said in studio.said))
        await studio.press("U")
        await studio.until(lambda: any("Locked again: 暮" in said for said in studio.said))


async def test_an_engine_that_dies_is_said_and_the_next_poem_is_written(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("b", "崩", "enter")
        await studio.until(lambda: any("died" in said for said in studio.said))
        await studio.until(lambda: studio.app.services.engine.state.phase is Phase.READY)
        n = len(studio.screen.session.compositions)
        studio.screen.query_one("#own", Input).value = "月"
        await studio.press("enter")
        await studio.written(n + 1)


async def test_an_engine_that_was_given_up_is_tried_again_on_the_next_request(until: Until) -> None:
    async with open_studio(until, "dead") as studio:
        await studio.until(lambda: studio.app.services.engine.state.phase is Phase.FAILED)
        studio.app.services.engine._command = FAKE_SERVICE
        await studio.press("enter")
        await studio.written()


async def test_temperature_and_pace_are_used_and_remembered(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("plus", "plus", "minus")
        await studio.press("enter")
        await studio.written()
        assert studio.current.config["temperature"] == pytest.approx(0.85)
        assert load_settings(settings_file()).temperature == pytest.approx(0.85)


async def test_keys_that_would_do_nothing_are_not_in_the_footer(until: Until) -> None:
    async with open_studio(until) as studio:
        assert not {"r", "f", "y", "s"} & studio.screen.active_bindings.keys()
        await studio.press("enter")
        await studio.written()
        assert {"r", "f", "y"} <= studio.screen.active_bindings.keys()


async def test_the_inspector_takes_the_place_of_the_request_form_on_a_narrow_screen(until: Until) -> None:
    async with open_studio(until, size=(80, 24)) as studio:
        assert not studio.screen.query_one("InspectorPane").display
        await studio.press("p")
        await studio.until(lambda: studio.screen.query_one("InspectorPane").display)
        assert not studio.screen.query_one("RequestForm").display


async def test_text_that_looks_like_markup_is_only_text(until: Until) -> None:
    async with open_studio(until) as studio:
        studio.screen.query_one("#own", Input).value = "[/红]"
        studio.screen.query_one("#own", Input).focus()
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "i", "p", "p", "question_mark")
        assert studio.app.is_running
