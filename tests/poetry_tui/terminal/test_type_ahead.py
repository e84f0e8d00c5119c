"""What is typed goes where the first key leads; what closes a screen twice takes nothing else away."""

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.compose.poem.pane import PoemPane
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.favourites.poem_list import PoemShelf
from poetry_tui.favourites.screen import FavouritesScreen
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.settings import Settings
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.screen import TrainScreen
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.widgets.fields import AskLine, Stepper
from poetry_tui.widgets.shell.header import StudioHeader
from poetry_tui.widgets.shell.help_screen import HelpScreen
from poetry_tui.widgets.shell.studio_screen import StudioScreen
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio
from tests.poetry_tui.typing import click_at_once, type_at_once

POEMS = ("日暮江头一笛风。", "山中有客不知年。", "夜深人静月如霜。")
SIZE = (120, 40)


class Shelf(PoetryApp):
    """The studio, opened on its favourites."""

    DEFAULT_MODE = "favourites"


@pytest.fixture
def kept(no_engine: None) -> FavouriteStore:
    store = FavouriteStore()
    for number, text in enumerate(POEMS):
        store.add(Favourite(0, text, text[0], "studio-lstm", number, created_s=1_800_000_000.0 + number))
    return store


@asynccontextmanager
async def favourites(until: Until) -> AsyncIterator[tuple[PoetryApp, Any]]:
    app = Shelf(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query_one(PoemShelf)._poems)
        await pilot.pause()
        yield app, pilot


async def test_what_follows_the_search_key_is_searched_for(kept: FavouriteStore, until: Until) -> None:
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, "/", "z", "d")
        assert app.screen.query_one("#favourites-search", Input).value == "zd"
        assert len(kept.list()) == 3


@pytest.mark.parametrize("opening", ["t", "n", "i", "E"])
async def test_what_follows_a_prompts_key_is_the_answer(opening: str, kept: FavouriteStore, until: Until) -> None:
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, opening, "d", "d", "z")
        assert isinstance(app.screen, AskLine)
        assert app.screen.query_one(Input).value.endswith("ddz")
        assert len(kept.list()) == 3


async def test_an_answer_may_be_typed_with_its_question(kept: FavouriteStore, until: Until) -> None:
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, "t", "d", "enter", "down", "t", "s", "enter")
        await until(pilot, lambda: [poem.tags for poem in kept.list()] == [("d",), ("s",), ()])
        assert isinstance(app.screen, FavouritesScreen)


async def test_a_change_that_is_written_slowly_leaves_the_cursor_where_it_was_moved(
    kept: FavouriteStore, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, set_tags = threading.Event(), FavouriteStore.set_tags

    def write_slowly(store: FavouriteStore, number: int, tags: Sequence[str]) -> None:
        may_write.wait(60)
        set_tags(store, number, tags)

    monkeypatch.setattr(FavouriteStore, "set_tags", write_slowly)
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, "t", "d", "enter", "down")
        may_write.set()
        shelf = app.screen.query_one(PoemShelf)
        await until(pilot, lambda: shelf._poems[0].tags == ("d",))
        assert shelf.chosen == shelf._poems[1]


async def test_what_follows_a_key_of_the_frame_is_for_its_screen(kept: FavouriteStore, until: Until) -> None:
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, "?", "q", "ctrl+p", "d", "d")
        assert isinstance(app.screen, CommandPalette)
        assert app.screen.query_one(Input).value == "dd"
        assert len(kept.list()) == 3


async def test_a_poem_that_was_not_seen_yet_is_not_deleted(kept: FavouriteStore, until: Until) -> None:
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, "1", "3", "d")
        assert isinstance(app.screen, FavouritesScreen)
        assert len(kept.list()) == 3


async def test_two_deletions_at_once_are_two_poems_and_two_undos(kept: FavouriteStore, until: Until) -> None:
    async with favourites(until) as (app, pilot):
        await type_at_once(app, pilot, until, "d", "d")
        assert [poem.begin for poem in kept.list()] == ["日"]
        await type_at_once(app, pilot, until, "u", "u")
        assert len(kept.list()) == 3


async def test_keys_for_the_own_beginning_are_no_commands(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await type_at_once(app, pilot, until, "b", "q", "v", "2")
        assert isinstance(app.screen, ComposeScreen)
        assert app.screen.fields.own.value == "qv2"


async def test_keys_for_a_list_of_values_choose_from_it(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: len(screen.fields.form.values) > 1)
        form = screen.fields.form.index
        await type_at_once(app, pilot, until, "w", "space", "down", "down", "enter")
        assert app.screen is screen
        assert screen.query_one("#form", Stepper).index == form + 2


@pytest.mark.usefixtures("train_first")
async def test_a_learning_rate_may_be_typed_with_its_question(heartbeats: None, until: Until) -> None:
    folder = make(make_run.life(50), alive=True)
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await type_at_once(app, pilot, until, "a", *"0.0005", "enter")
        await until(pilot, (folder / "control" / "lr").exists)
        assert {path.name for path in (folder / "control").iterdir()} == {"lr"}


# Nothing is closed twice


OPENINGS: dict[str, tuple[str, ...]] = {
    "palette": ("ctrl+p",),
    "help": ("?",),
    "tags": ("t",),
    "note": ("n",),
    "title": ("i",),
    "export": ("e",),
}


@pytest.mark.parametrize("closing", ["enter", "escape", "click"])
@pytest.mark.parametrize("opening", OPENINGS)
async def test_a_card_closed_three_times_at_once_closes_once(
    opening: str, closing: str, kept: FavouriteStore, until: Until, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    async with favourites(until) as (app, pilot):
        below = app.screen
        await type_at_once(app, pilot, until, *OPENINGS[opening])
        assert app.screen is not below
        if closing == "click":
            await click_at_once(app, pilot, until, 1, 1, times=2)
            await click_at_once(app, pilot, until, 1, SIZE[1] - 2, times=3)
        else:
            await type_at_once(app, pilot, until, closing, closing, closing)
        await pilot.pause()
        assert app.is_running
        assert any(isinstance(screen, StudioScreen) for screen in app.screen_stack)
        assert len(kept.list()) == 3


async def test_a_screen_dismisses_only_while_it_is_in_front(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        answers: list[str | None] = []
        below, card = app.screen, AskLine("?")
        await app.push_screen(card, answers.append)
        await app.push_screen(HelpScreen([]))
        card.dismiss("too early")
        assert len(app.screen_stack) == 3
        app.screen.dismiss()
        card.dismiss("once")
        card.dismiss("twice")
        await pilot.pause()
        assert app.screen is below
        assert answers == ["once"]


async def test_the_second_half_of_a_double_click_that_closed_a_card_reaches_nothing_below(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        tab = app.screen.query_one(StudioHeader)._columns["train"]
        await type_at_once(app, pilot, until, "?")
        await click_at_once(app, pilot, until, tab.start + 3, 0, times=2)
        assert isinstance(app.screen, ComposeScreen)


async def test_a_click_on_what_was_just_taken_away_ends_nothing(until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        stage = app.screen.query_one(PoemPane)
        x, y = stage.region.x + 4, stage.region.y + 4
        with monkeypatch.context() as patched:
            patched.setattr(app.screen.get_widget_at(x, y)[0], "_parent", None)
            await click_at_once(app, pilot, until, x, y, times=1)
        assert app.is_running
        assert app._exception is None


# What costs something wants a key that was typed on what was visible


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The trainings that were started, none of them for real."""
    configs: list[Any] = []

    def start(config: Any) -> Path:
        configs.append(config)
        return make_run.write_run(paths.runs() / "started", make_run.life(10), alive=True)

    monkeypatch.setattr(runs, "start_run", start)
    return configs


def _form_is_there(app: PoetryApp) -> Callable[[], bool]:
    return lambda: (
        isinstance(app.screen, TrainScreen) and app.screen.query_one(RunSettings).row("preset").control.has_focus
    )


@pytest.mark.usefixtures("train_first")
@pytest.mark.parametrize("keys", [("tab",) * 17 + ("enter",), ("tab", "tab", "tab", "enter"), ("tab", "ctrl+r")])
async def test_queued_keys_start_no_training(keys: tuple[str, ...], started: list[Any], until: Until) -> None:
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, _form_is_there(app))
        await pilot.pause(0.1)
        await type_at_once(app, pilot, until, *keys)
        await pilot.pause(0.1)
        assert started == []


@pytest.mark.usefixtures("train_first")
@pytest.mark.parametrize("key", ["enter", "ctrl+r"])
async def test_a_key_on_what_is_seen_starts_a_training(key: str, started: list[Any], until: Until) -> None:
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, _form_is_there(app))
        app.screen.query_one("#start").focus()
        await pilot.pause(0.1)
        await type_at_once(app, pilot, until, key)
        await until(pilot, lambda: len(started) == 1)


async def test_a_training_is_not_started_from_a_screen_that_was_not_seen(started: list[Any], until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await type_at_once(app, pilot, until, "2", "ctrl+r")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await pilot.pause(0.1)
        assert started == []
        assert any("Press it again" in notice.message for notice in app._notifications)
