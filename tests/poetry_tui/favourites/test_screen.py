"""The favourites screen through its keys, and how it looks."""

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.favourites.poem_list import PoemShelf
from poetry_tui.favourites.store import Favourite, FavouriteStore, heading_of
from poetry_tui.preferences.i18n import Language
from poetry_tui.preferences.themes import INK, PAPER
from poetry_tui.widgets.fields import AskLine
from poetry_tui.widgets.poem.comparison import ComparisonScreen
from tests.poetry_tui.favourites.shelf import Shelf, loaded, until

SIZES = {"small": (80, 24), "comfortable": (120, 40)}
THEMES = {"dark": INK, "light": PAPER}


async def test_poems_stand_newest_first_and_the_first_is_shown(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        assert app.shelf == ["湖", "夜", "山", "日"]
        assert "studio-lstm" in str(app.screen.query_one("#page-made", Static).content)
        await pilot.press("down", "down", "down")
        assert "#江 #秋" in str(app.screen.query_one("#page-made", Static).content)


async def test_a_search_narrows_the_shelf_and_escape_widens_it(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("slash")
        search = app.screen.query_one("#favourites-search", Input)
        assert search.has_focus
        search.value = "江头"
        await pilot.pause()
        assert app.shelf == ["夜", "日"]
        search.value = "#江 月满船"
        await pilot.pause()
        assert app.shelf == ["山"]
        search.value = "没有"
        await pilot.pause()
        assert app.screen.has_class("-none-found")
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.shelf) == 4
        assert app.screen.query_one(PoemShelf).has_focus


async def test_a_deleted_poem_comes_back_with_u(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("down", "d")
        await until(pilot, lambda: app.shelf == ["湖", "山", "日"])
        await pilot.press("d")
        await until(pilot, lambda: app.shelf == ["湖", "日"])
        await pilot.press("u")
        await until(pilot, lambda: app.shelf == ["湖", "山", "日"])
        await pilot.press("u")
        await until(pilot, lambda: len(app.shelf) == 4)
        assert len(kept.list()) == 4


async def test_the_last_poem_deleted_comes_back_too() -> None:
    FavouriteStore().add(Favourite(0, "山。", "山", "m", 1))
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("d")
        await until(pilot, lambda: app.screen.has_class("-empty"))
        await pilot.press("u")
        await until(pilot, lambda: app.shelf == ["山"])
        assert not app.screen.has_class("-empty")


async def test_a_deleted_poem_comes_back_after_a_restart(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("d")
        await until(pilot, lambda: app.shelf == ["夜", "山", "日"])
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("u")
        await until(pilot, lambda: app.shelf == ["湖", "夜", "山", "日"])
    assert any("Put back: 钱塘湖春行" in said for said in app.said)


async def test_deleted_poems_are_shown_and_any_of_them_is_put_back(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        for n_left in (3, 2, 1, 0):
            await pilot.press("d")
            await until(pilot, lambda: len(app.shelf) == len(kept.list()))
            assert len(kept.list()) == n_left
        await pilot.press("D")
        await until(pilot, lambda: app.shelf == ["日", "山", "夜", "湖"])
        assert {"d", "t", "r", "e", "E"}.isdisjoint(app.screen.active_bindings)
        await pilot.press("down", "u")
        await until(pilot, lambda: app.shelf == ["日", "夜", "湖"])
        await pilot.press("enter")
        await until(pilot, lambda: len(kept.list()) == 2)
        await pilot.press("D")
        await until(pilot, lambda: set(app.shelf) == {poem.begin for poem in kept.list()})


async def test_tags_are_asked_for_and_kept(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press("s", "e", "a", "space", "l", "a", "k", "e", "enter")
        await loaded(pilot)
        assert kept.list()[0].tags == ("sea", "lake")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press("escape")
        await loaded(pilot)
        assert kept.list()[0].tags == ("sea", "lake")


async def test_a_poem_is_put_into_a_collection_and_the_collections_are_shown_in_turn(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        app.screen.query_one(Input).value = "西湖 集"
        await pilot.press("enter")
        await loaded(pilot)
        assert "@西湖-集" in str(app.screen.query_one("#page-made", Static).content)
        await pilot.press("C")
        await pilot.pause()
        assert app.shelf == ["湖"]
        await pilot.press("C")
        await pilot.pause()
        assert len(app.shelf) == 4


async def test_two_poems_are_marked_and_stand_side_by_side(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("m", "m")
        assert "taken away" in app.said[-1]
        await pilot.press("m")
        assert "on another poem" in app.said[-1]
        await pilot.press("down", "m")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        # The note of how to go on is of no use any more.
        assert not [notice for notice in app._notifications if "on another poem" in notice.message]
        await loaded(pilot)
        columns = [str(column.render()) for column in app.screen.query(Static)]
        for text, poem in zip(columns, kept.list(), strict=False):
            assert heading_of(poem) in text
            assert "平" in text
        await pilot.press("escape")
        assert not isinstance(app.screen, ComparisonScreen)


async def test_a_poem_is_sent_to_the_clipboard(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("down", "y")
        await until(pilot, lambda: "Sent to the terminal (OSC 52), which may refuse it." in app.said)
        assert app.clipboard == "夜深人静月如霜，独坐江头望故乡。"


@pytest.mark.parametrize(
    ("language", "endings"),
    [("en", "Choose one of: .md, .jsonl, .txt, .html, .epub."), ("zh", ".md、.jsonl、.txt、.html、.epub。")],
)
async def test_a_picture_of_poems_is_refused_with_the_endings_there_are(
    language: Language, endings: str, kept: FavouriteStore, tmp_path: Path
) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        app.action_language(language)
        for name in ("out.png", "out"):
            await pilot.press("E")
            await until(pilot, lambda: isinstance(app.screen, AskLine))
            app.screen.query_one(Input).value = str(tmp_path / name)
            await pilot.press("enter")
            await until(pilot, lambda: bool(app.said))
            assert endings in app.said.pop()
    assert not [path for path in tmp_path.iterdir() if path.suffix]


async def test_the_listed_poems_are_exported_and_no_file_is_replaced_unasked(
    kept: FavouriteStore, tmp_path: Path
) -> None:
    target = tmp_path / "poems.jsonl"
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        app.screen.query_one("#favourites-search", Input).value = "#秋"
        await pilot.pause()
        for answer in (target, tmp_path / "poems.jsonl" / "below.md", target):
            await pilot.press("E")
            await until(pilot, lambda: isinstance(app.screen, AskLine))
            app.screen.query_one(Input).value = str(answer)
            await pilot.press("enter")
            await loaded(pilot)
        await until(pilot, lambda: isinstance(app.screen, AskLine) and "is there already" in app.screen._question)
        target.write_text("mine", encoding="utf-8")
        await pilot.press("escape")
        await loaded(pilot)
        assert target.read_text(encoding="utf-8") == "mine"
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AskLine) and "is there already" in app.screen._question)
        await pilot.press("enter")
        await loaded(pilot)
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [line["begin"] for line in lines] == ["山", "日"]
    assert "2 poems were written" in "\n".join(app.said)
    assert "There is no folder" in "\n".join(app.said)


@pytest.mark.parametrize("key", ["r", "enter"])
async def test_a_poem_is_made_again_on_the_compose_screen(
    key: str, kept: FavouriteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[Favourite] = []
    monkeypatch.setattr(ComposeScreen, "recreate", lambda self, favourite: wanted.append(favourite))
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("down", key)
        await until(pilot, lambda: bool(wanted))
        assert isinstance(app.screen, ComposeScreen)
        assert (wanted[0].begin, wanted[0].seed, wanted[0].settings["temperature"]) == ("夜", 9, 0.8)


async def test_a_poem_kept_elsewhere_is_there_when_the_screen_is_shown_again(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("2")
        kept.add(Favourite(0, "海上生明月。", "海", "m", 1))
        await pilot.press("3")
        await until(pilot, lambda: "海" in app.shelf)


async def test_what_another_studio_changes_is_shown(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test(size=(120, 40)) as pilot:
        await loaded(pilot)
        kept.delete(kept.list()[0].id)
        await until(pilot, lambda: len(app.shelf) == 3)
        kept.add(Favourite(0, "春眠不觉晓。", "春", "m", 1, created_s=4e9))
        await until(pilot, lambda: app.shelf[0] == "春")


async def test_a_note_of_another_studio_is_in_the_dialog_and_not_replaced_unseen(kept: FavouriteStore) -> None:
    number = kept.list()[0].id
    app = Shelf()
    async with app.run_test(size=(120, 40)) as pilot:
        await loaded(pilot)
        kept.set_note(number, "甲")
        await pilot.press("n")
        assert app.screen.query_one(Input).value == "甲"
        kept.set_note(number, "乙")
        await pilot.press("丙", "enter")
        await until(pilot, lambda: isinstance(app.screen, AskLine) and "乙" in app.screen._question)
        assert kept.get(number).note == "乙"
        assert app.screen.query_one(Input).value == "甲丙"
        await pilot.press("enter")
        await loaded(pilot)
        assert kept.get(number).note == "甲丙"


async def test_a_poem_that_another_studio_has_deleted_is_not_asked_about(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test(size=(120, 40)) as pilot:
        await loaded(pilot)
        kept.delete(kept.list()[0].id)
        await pilot.press("n")
        assert any("favourites list" in said for said in app.said)
        assert not isinstance(app.screen, AskLine)


async def test_a_damaged_file_is_said_where_the_list_would_be(studio_home: Path) -> None:
    studio_home.mkdir()
    (studio_home / "favourites.db").write_bytes(b"no database" * 100)
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        assert "damaged" in str(app.screen.query_one("#favourites-empty", Static).content)


async def test_markup_in_a_poem_is_only_text() -> None:
    text = "床前[/明月光，疑是[bold]地上霜。"
    FavouriteStore().add(Favourite(0, text, "床", "[red]m", 1, title="[/x", tags=("[/y",), note="[/z"))
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("d")
        await pilot.press("u")
        await until(pilot, lambda: app.shelf == ["床"])
        assert "[red]m" in str(app.screen.query_one("#page-made", Static).content)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_the_shelf_looks_as_it_did(size: str, theme: str, kept: FavouriteStore, snap_compare: Any) -> None:
    assert snap_compare(Shelf(THEMES[theme]), terminal_size=SIZES[size], run_before=loaded)


@pytest.mark.parametrize("size", SIZES)
def test_the_empty_shelf_looks_as_it_did(size: str, snap_compare: Any) -> None:
    assert snap_compare(Shelf(PAPER), terminal_size=SIZES[size], run_before=loaded)


def test_the_question_looks_as_it_did(kept: FavouriteStore, snap_compare: Any) -> None:
    async def ask(pilot: Pilot[None]) -> None:
        await loaded(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskLine))
        pilot.app.screen.query_one(Input).cursor_blink = False

    assert snap_compare(Shelf(), terminal_size=SIZES["small"], run_before=ask)


async def test_an_empty_shelf_offers_no_key_that_would_do_nothing(no_engine: None) -> None:
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        offered = {one.binding.action for one in app.screen.active_bindings.values() if one.enabled}
        assert not {"next_collection", "deleted_ones", "back"} & offered
