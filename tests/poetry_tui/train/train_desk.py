"""An open train screen in a test: runs that are made in a moment, and what is shown of them."""

from pathlib import Path
from typing import Any

from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.screen import TrainScreen
from tests.poetry_tui.tracking import make_run

NAME = "20261123-101500-nndl-lstm"


def make(said: list[Any], alive: bool = False) -> Path:
    return make_run.write_run(paths.runs() / NAME, said, alive=alive)


def studio(theme: str = INK) -> PoetryApp:
    return PoetryApp(Settings(theme=theme))


def train(app: PoetryApp) -> TrainScreen:
    assert isinstance(app.screen, TrainScreen)
    return app.screen


def is_shown(app: PoetryApp, status: Status) -> bool:
    screen = app.screen
    if not isinstance(screen, TrainScreen) or screen.runs.followed is None or screen.runs.is_dirty:
        return False
    return screen.runs.followed.is_settled and screen.runs.followed.status is status
