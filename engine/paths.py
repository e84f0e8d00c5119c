"""Every folder that the engine reads or writes outside a run.

All of it lies in the user's data folder, as platformdirs names it for the system. Setting the environment
variable `POETRY_TUI_HOME` moves the whole of it: for tests, for a portable studio on a stick, for a second user.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from engine.errors import UsageError
from engine.system.names import path_of

APP_NAME = "poetry-tui"
HOME_VARIABLE = "POETRY_TUI_HOME"


def home() -> Path:
    """The folder that holds everything the user owns: corpora, models, runs, favourites.

    Raises:
        UsageError: when `POETRY_TUI_HOME` names what can be no folder.
    """
    moved = os.environ.get(HOME_VARIABLE)
    if moved:
        try:
            return path_of(moved)
        except UsageError as error:
            raise UsageError(
                "POETRY_TUI_HOME names no folder: {problem}", "Set it to a folder, or unset it.", problem=error.message
            ) from None
    return platformdirs.user_data_path(APP_NAME, appauthor=False)


def corpora() -> Path:
    """One folder a corpus: cleaned poems, licence, source, token caches."""
    return home() / "corpora"


def models() -> Path:
    """One folder a model that the user added; the bundled ones lie in `bundled_data()`."""
    return home() / "models"


def runs() -> Path:
    """One folder a training run."""
    return home() / "runs"


def caches() -> Path:
    """Files that are made again when they are missing; `cache` in `POETRY_TUI_HOME` where that is set."""
    if os.environ.get(HOME_VARIABLE):
        return home() / "cache"
    return platformdirs.user_cache_path(APP_NAME, appauthor=False)


def bundled_data() -> Path:
    """What ships with the package: beside the code in a wheel, at the top of the checkout in development."""
    inside_wheel = Path(__file__).parent / "data"
    return inside_wheel if inside_wheel.is_dir() else Path(__file__).parent.parent / "data"


def bundled_rows(name: str) -> Iterator[list[str]]:
    """The rows of a tab-separated table of the bundled data, such as `prosody/cilin.tsv`, without its comments."""
    for line in (bundled_data() / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")
