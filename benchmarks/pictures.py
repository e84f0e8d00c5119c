"""The pictures of the README, exported by the studio itself: `python -m benchmarks.pictures FOLDER --run RUN`.

The studio of the pictures is a real one in a temporary home: the bundled model composes, the Train screen follows a copy of
RUN (a run folder), the favourites are poems composed a moment before.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = (120, 36)
BEGINNINGS = ["春江", "月", "山", "红", "夜"]
TRIES = 3000


async def until(pilot: Any, is_so: Callable[[], object]) -> None:
    for _ in range(TRIES):
        if is_so():
            return
        await pilot.pause(0.02)
    raise TimeoutError("the studio never came to the state that the picture should show")


async def take_pictures(folder: Path, run: Path) -> None:
    # Imported here, when the home is moved.
    from engine import paths
    from engine.config import ComposeConfig
    from poetry_tui.app import PoetryApp
    from poetry_tui.compose.revisions import Wish
    from poetry_tui.compose.save_favourite import keep
    from poetry_tui.compose.screen import ComposeScreen
    from poetry_tui.engine_client.replies import Phase
    from poetry_tui.settings import Settings
    from poetry_tui.themes import INK, PAPER
    from poetry_tui.train.run_list import RunList
    from poetry_tui.train.screen import TrainScreen
    from poetry_tui.widgets.footer import StudioFooter

    shutil.copytree(run, paths.runs() / run.name, ignore=shutil.ignore_patterns("checkpoints", "lock", "heartbeat"))
    app = PoetryApp(Settings(theme=INK, pace=3, form="qijue", with_tones=True))
    async with app.run_test(size=SIZE) as pilot:
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: app.services.engine.state.phase is Phase.READY)
        wishes = [ComposeConfig(begin=begin, seed=seed, form="qijue") for seed, begin in enumerate(BEGINNINGS)]
        screen.write([Wish(wish.to_dict()) for wish in wishes])
        poems = screen.sitting.compositions
        await until(pilot, lambda: len(poems) == len(wishes) and all(poem.is_over for poem in poems))
        for poem in poems:
            keep(poem)
        await pilot.press("right", "right", "right", "right", "right")
        await until(pilot, lambda: screen.glass.character.inspection is not None)
        await until(pilot, lambda: poems[-1].novelty is not None and screen.stage.verse.sheet.signs)
        await pilot.pause()
        app.save_screenshot(str(folder / "compose.svg"))

        await pilot.press("2")
        train = app.screen
        assert isinstance(train, TrainScreen)
        train.query_one(RunList).focus()
        await until(pilot, lambda: train.follower is not None and train.follower.is_settled and not train.is_dirty)
        await until(pilot, lambda: train.query_one(StudioFooter).items)
        await pilot.pause(2)
        app.save_screenshot(str(folder / "train.svg"))

        app.theme = PAPER
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query_one(StudioFooter).items)
        await pilot.pause(1)
        app.save_screenshot(str(folder / "favourites.svg"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    from engine import paths

    corpora = paths.corpora().resolve()
    with tempfile.TemporaryDirectory() as home:
        if corpora.is_dir():
            (Path(home) / "corpora").symlink_to(corpora)
        os.environ["POETRY_TUI_HOME"] = home
        asyncio.run(take_pictures(arguments.folder.resolve(), arguments.run.resolve()))


if __name__ == "__main__":
    main()
