"""`make pictures`: the pictures of the README and the guide, as PNG files in docs/pictures.

The studio that is pictured is a real one in a temporary home: the bundled model composes, the Train screen follows a copy of a
run folder, and the favourites are poems composed a moment before. Without `--run` a short training of `nndl` makes the run.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.screenshot_png import check_programs, write_png

ROOT = Path(__file__).parents[1]
SIZE = (120, 34)
BEGINNINGS = ["春江", "月", "山", "红", "夜"]
TRIES = 3000
# Enough for a curve with validations and two rounds of samples; a minute or two on two cores.
TRAINING = ("--preset", "nndl", "--corpus", "tang", "--max-steps", "400", "--validate-every", "100")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "pictures", help="default: docs/pictures")
    parser.add_argument("--run", type=Path, help="the run folder that the Train screen shows; default: one made for it")
    arguments = parser.parse_args()
    check_programs()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with temporary_home() as home:
        run = arguments.run.resolve() if arguments.run else train(home / "runs" / "nndl-lstm")
        asyncio.run(take_pictures(arguments.folder.resolve(), run))


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home of its own for the studio, with the installed corpora."""
    from engine.system import paths

    corpora = paths.corpora().resolve()
    with tempfile.TemporaryDirectory() as name:
        if corpora.is_dir():
            (Path(name) / "corpora").symlink_to(corpora)
        os.environ["POETRY_TUI_HOME"] = name
        yield Path(name)


def train(folder: Path) -> Path:
    command = [sys.executable, "-m", "engine", "train", *TRAINING, "--run", str(folder)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return folder


async def until(pilot: Any, is_so: Callable[[], object]) -> None:
    for _ in range(TRIES):
        if is_so():
            return
        await pilot.pause(0.02)
    raise TimeoutError("the studio never reached the state that the picture shows")


async def take_pictures(folder: Path, run: Path) -> None:
    # Imported here, when the home is moved.
    from engine.config.schema import ComposeConfig
    from engine.system import paths
    from poetry_tui.app import PoetryApp
    from poetry_tui.compose.screen import ComposeScreen
    from poetry_tui.compose.session.revisions import ComposeRequest
    from poetry_tui.compose.session.saver import save_favourite
    from poetry_tui.engine_client.client import Phase
    from poetry_tui.preferences.settings import Settings
    from poetry_tui.preferences.themes import INK, PAPER
    from poetry_tui.train.run_list import RunList
    from poetry_tui.train.screen import TrainScreen
    from poetry_tui.widgets.shell.footer import StudioFooter

    if paths.runs().resolve() not in run.parents:
        shutil.copytree(run, paths.runs() / run.name, ignore=shutil.ignore_patterns("checkpoints", "lock", "heartbeat"))
    app = PoetryApp(Settings(theme=INK, pace=3, form="qijue", with_tones=True))
    async with app.run_test(size=SIZE) as pilot:
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: app.services.engine.state.phase is Phase.READY)
        requests = [ComposeConfig(begin=begin, seed=seed, form="qijue") for seed, begin in enumerate(BEGINNINGS)]
        screen.write([ComposeRequest(request.to_dict()) for request in requests])
        poems = screen.session.compositions
        await until(pilot, lambda: len(poems) == len(requests) and all(poem.is_over for poem in poems))
        for poem in poems:
            save_favourite(poem)
        await pilot.press("right", "right", "right", "right", "right")
        await until(pilot, lambda: screen.inspector_pane.inspector.inspection is not None)
        await until(pilot, lambda: poems[-1].novelty is not None and screen.poem_pane.view.view_state.annotations)
        await pilot.pause()
        write_png(app.export_screenshot(), folder / "compose.png")

        await pilot.press("2")
        train = app.screen
        assert isinstance(train, TrainScreen)
        train.query_one(RunList).focus()
        await until(
            pilot,
            lambda: train.runs.followed is not None and train.runs.followed.is_settled and not train.runs.is_dirty,
        )
        await until(pilot, lambda: train.query_one(StudioFooter).items)
        await pilot.pause(2)
        write_png(app.export_screenshot(), folder / "train.png")

        app.theme = PAPER
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query_one(StudioFooter).items)
        await pilot.pause(1)
        write_png(app.export_screenshot(), folder / "favourites.png")


if __name__ == "__main__":
    main()
