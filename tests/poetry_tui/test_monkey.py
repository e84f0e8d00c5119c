"""Whatever is pressed, clicked, pasted or resized: nothing crashes, nothing hangs, nothing piles up.

`POETRY_TUI_MONKEY_EVENTS` and `POETRY_TUI_MONKEY_SEEDS` let it go on for longer.
"""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.settings import Settings
from poetry_tui.tracking import control as runs
from tests.poetry_tui.monkey import let_loose
from tests.poetry_tui.tracking import make_run

N_EVENTS = int(os.environ.get("POETRY_TUI_MONKEY_EVENTS", "600"))
SEEDS = range(int(os.environ.get("POETRY_TUI_MONKEY_SEEDS", "1")))


class Cage(PoetryApp):
    """The studio, out of which no key leads."""

    def exit(self, *arguments: Any, **options: Any) -> None:
        pass

    def suspend(self) -> Any:
        raise AssertionError("no key shall suspend the studio here")


@pytest.fixture(autouse=True)
def cage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Poems, runs and a corpus to play with; no child but the fake service, no file outside the test's folder."""
    (tmp_path / "Downloads").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    store = FavouriteStore()
    for number, text in enumerate(("日暮江头一笛风。", "山中有客不知年，水上无人月满船。", "夜深人静月如霜。")):
        store.add(Favourite(0, text, text[0], "studio-lstm", number, {"begin": text[0]}, tags=("江",)))
    live = make_run.write_run(paths.runs() / "live", make_run.life(40), alive=True)
    make_run.write_run(paths.runs() / "done", [*make_run.life(60), make_run.finished(60)])
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: ["tang"])
    monkeypatch.setattr(runs, "start_run", lambda config: live)
    monkeypatch.setattr(runs, "continue_run", lambda folder: None)
    monkeypatch.setattr(runs, "started_here", lambda: [live])

    async def no_page(folders: Sequence[Path], target: Path) -> Path:
        return target

    async def no_install(name: str) -> AsyncIterator[float]:
        yield 1.0

    monkeypatch.setattr("poetry_tui.train.monitor.monitor.write_in_child", no_page)
    monkeypatch.setattr("poetry_tui.train.corpus_offer.run_install", no_install)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_monkey_at_the_keyboard_breaks_nothing(seed: int, heartbeats: None) -> None:
    app = Cage(Settings(pace=3, n_candidates=3))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.pause()
        await let_loose(app, seed, N_EVENTS)
        await asyncio.sleep(0.2)
        gc.collect()
        stacks = app._screen_stacks.values()
        # By their types: `isinstance` asks every object for its class, and some of torch's warn when they are asked.
        screens = [one for one in gc.get_objects() if issubclass(type(one), Screen)]
        left = [one for one in screens if not any(one in stack for stack in stacks)]
        # Textual keeps a reference to one or two that were closed last.
        assert len(left) <= 5
        n_widgets = sum(len(screen.query("*")) for stack in stacks for screen in stack)
        assert len(asyncio.all_tasks()) < 2 * n_widgets + 50
    assert app.return_code in (None, 0)
