"""The studio opens, shows and goes on, whatever stands in its user's folder."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from engine.runs.event_log import to_line
from engine.runs.folder import CONFIG, EVENTS
from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.favourites.poem_list import PoemShelf
from poetry_tui.favourites.screen import FavouritesScreen
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.settings import settings_file
from poetry_tui.train.run_list import RunList
from poetry_tui.train.screen import TrainScreen
from tests.hostile.mutations import FACTOR, as_json, documents, rng
from tests.hostile.test_hostile_runs import LINES
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking.make_run import OTHERS, life, records, write_run


@pytest.fixture(autouse=True)
def nothing_is_unforeseen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A screen tells of a mistake in the background by a notice, and goes on: here none may come."""
    said: list[str] = []
    notify = PoetryApp.notify

    def heard(self: PoetryApp, message: str, **options: Any) -> None:
        said.append(message)
        notify(self, message, **options)

    monkeypatch.setattr(PoetryApp, "notify", heard)
    yield
    assert [message for message in said if "not foreseen" in message] == []


def hostile_runs(n: int) -> set[str]:
    """Runs with a damaged line each, or several."""
    chance = rng("screens")
    lines = [to_line(record).encode() for record in records([*life(250), *OTHERS[:2]])]
    for number in range(n):
        said = list(lines)
        for at in chance.sample(range(len(said)), chance.choice((1, 3, 12))):
            (bad,) = documents(json.loads(said[at]), chance, 1)
            said[at] = as_json(bad)
        folder = write_run(paths.runs() / f"damaged-{number}", [])
        (folder / EVENTS).write_bytes(b"\n".join([*said, b""]))
    for number, line in enumerate(LINES.values()):
        folder = write_run(paths.runs() / f"line-{number}", life(20))
        with (folder / EVENTS).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    odd = write_run(paths.runs() / "[red]odd[/", life(20))
    (odd / CONFIG).write_bytes(b"[" * 1000)
    return {folder.name for folder in paths.runs().iterdir()}


@pytest.mark.usefixtures("train_first")
async def test_the_train_screen_shows_every_damaged_run(until: Until) -> None:
    write_run(paths.runs() / "good", life(250))
    names = hostile_runs(3 * FACTOR)
    app = PoetryApp()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, TrainScreen)
        runs = screen.query_one(RunList)
        await until(pilot, lambda: runs.option_count == len(names))
        rows = [str(runs.get_option_at_index(index).prompt) for index in range(len(names))]
        assert sum("was written in" in row for row in rows) == 2
        for _ in range(len(names)):
            runs.focus()
            await pilot.press("down", "enter")
            await pilot.pause(0.15)
            assert isinstance(app.screen, TrainScreen)
        await pilot.press("l")
        await pilot.pause(0.1)
    assert app.return_code in (0, None)


def hostile_favourites() -> None:
    store = FavouriteStore()
    for text in ("日暮江头一笛风，", "山中何所有，", "夜来风雨声，"):
        store.add(Favourite(id=0, text=text, begin=text[0], model="studio-lstm", seed=7, settings={"form": "qijue"}))
    changes = {
        "settings": "{",
        "tags": "3",
        "created_s": "x",
        "title": "[red]\x1b[2J[/",
        "note": "a\nb",
        "begin": "日" * 500,
    }
    with sqlite3.connect(store.path) as db:
        for column, value in changes.items():
            db.execute(f"UPDATE favourites SET {column} = ? WHERE id = 2", (value,))
        db.execute(
            "UPDATE favourites SET settings = ? WHERE id = 3", ('{"form": "nonsense", "foo": [[1]], "rhyme": "[/"}',)
        )
    db.close()


async def test_the_favourites_screen_shows_the_good_ones_and_why_one_is_bad(until: Until) -> None:
    hostile_favourites()
    app = PoetryApp()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, FavouritesScreen))
        shelf = app.screen.query_one(PoemShelf)
        await until(pilot, lambda: shelf.option_count == 3)
        rows = [str(shelf.get_option_at_index(index).prompt) for index in range(3)]
        assert sum("cannot be read" in row for row in rows) == 1
        for key in ("down", "down", "v", "z", "up", "enter"):
            await pilot.press(key)
            await pilot.pause(0.05)
        # Made anew, or a sentence on why it cannot be.
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen))
        await pilot.pause(0.3)


async def test_a_database_that_is_none_is_told_where_the_poems_would_be(until: Until) -> None:
    path = FavouriteStore().path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 500)
    app = PoetryApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: app.screen.has_class("-empty"))
        assert "damaged" in str(app.screen.query_one("#favourites-empty").render())
    assert path.read_bytes().startswith(b"SQLite format 3")


BAD_SETTINGS: tuple[Any, ...] = (
    [],
    {"language": ["zh"], "theme": "nope", "model": "x" * 300, "temperature": "hot", "pace": 10**18, "form": "sonnet"},
    {
        "form": "[red]",
        "rhyme": "\u202e",
        "tone_pattern": "x\ny",
        "model": "../..",
        "n_candidates": 2**62,
        "charts": None,
    },
    {
        "form": "",
        "rhyme": "",
        "tone_pattern": "",
        "model": "",
        "theme": "",
        "temperature": -0.0,
        "pace": 0,
        "n_candidates": 0,
    },
    {"model": "/dev/null", "temperature": 9.99, "is_upright": True, "with_tones": 1, "of_the_future": {"a": [1]}},
)


@pytest.mark.parametrize("number", range(len(BAD_SETTINGS) + 1))
async def test_the_studio_opens_with_any_settings(number: int, until: Until) -> None:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"[" * 100_000 if number == len(BAD_SETTINGS) else as_json(BAD_SETTINGS[number])
    path.write_bytes(content)
    app = PoetryApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ComposeScreen) and app.screen.is_mounted)
        await pilot.press("2")
        await pilot.pause(0.1)
        await pilot.press("1")
        await pilot.pause(0.1)
        is_damaged = number in (0, 1, 2, 4, len(BAD_SETTINGS))
        notices = [str(notice.message) for notice in app._notifications]
        assert any("settings.damaged" in notice for notice in notices) == is_damaged
        app.services.settings.change(pace=2)
    if is_damaged:
        (aside,) = path.parent.glob("settings.damaged-*")
        assert aside.read_bytes() == content
    assert json.loads(path.read_text("utf-8"))["pace"] == 2


async def test_what_a_newer_studio_remembers_stays() -> None:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_json({"pace": 3, "of_the_future": {"a": [1]}}))
    app = PoetryApp()
    async with app.run_test(size=(100, 30)):
        app.services.settings.change(pace=0)
    values = json.loads(path.read_text("utf-8"))
    assert (values["pace"], values["of_the_future"]) == (0, {"a": [1]})
    assert not list(path.parent.glob("settings.damaged-*"))
