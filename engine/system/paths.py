"""The folders that the engine reads or writes outside a run.

The user's data are in the data folder, `config.toml` in the config folder, the studio's settings and logs in the state
folder, caches in the cache folder of the system, as given by platformdirs. The environment variable
`POETRY_TUI_HOME` puts all of them into one folder: for tests, a portable studio, or a second user.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from engine.system.errors import UsageError
from engine.system.names import path_of

APP_NAME = "poetry-tui"
HOME_VARIABLE = "POETRY_TUI_HOME"


def home() -> Path:
    """The folder of the user's data: corpora, models, runs, favourites.

    Raises:
        UsageError: when `POETRY_TUI_HOME` is no valid path.
    """
    if _is_moved():
        try:
            return path_of(os.environ[HOME_VARIABLE])
        except UsageError as error:
            raise UsageError(
                "POETRY_TUI_HOME names no folder: {problem}", "Set it to a folder, or unset it.", problem=error.message
            ) from None
    return platformdirs.user_data_path(APP_NAME, appauthor=False)


def corpora() -> Path:
    """The corpora, a folder each: cleaned poems, licence, source."""
    return home() / "corpora"


def models() -> Path:
    """The user's models, a folder each; the bundled ones are in `bundled_data()`."""
    return home() / "models"


def runs() -> Path:
    """The training runs, a folder each."""
    return home() / "runs"


def caches() -> Path:
    """The caches, which are rebuilt when missing."""
    return home() / "cache" if _is_moved() else platformdirs.user_cache_path(APP_NAME, appauthor=False)


def config_file() -> Path:
    """The file of the user's defaults, which the studio creates once and never changes."""
    folder = home() if _is_moved() else platformdirs.user_config_path(APP_NAME, appauthor=False)
    return folder / "config.toml"


def state_file(name: str) -> Path:
    """A file of the studio, such as `settings.json` or `log/engine.log`, in the state folder.

    A file that an older version wrote into the data folder is moved here first; if that fails, its old path is returned.
    """
    folder = home() if _is_moved() else platformdirs.user_state_path(APP_NAME, appauthor=False)
    return moved_once(home() / name, folder / name)


def moved_once(old: Path, new: Path) -> Path:
    """Move a file or folder of an older version from `old` to `new`; returns `new`, or `old` if it cannot be moved."""
    if old != new and os.path.lexists(old) and not os.path.lexists(new):
        try:
            new.parent.mkdir(parents=True, exist_ok=True)
            old.rename(new)
        except OSError:
            # Another process may have moved it meanwhile.
            return new if os.path.lexists(new) else old
    return new


def _is_moved() -> bool:
    return bool(os.environ.get(HOME_VARIABLE))


def bundled_data() -> Path:
    """The data of the package: beside the code in a wheel, at the top of the checkout in development."""
    package = Path(__file__).parent.parent
    inside_wheel = package / "data"
    return inside_wheel if inside_wheel.is_dir() else package.parent / "data"


def bundled_rows(name: str) -> Iterator[list[str]]:
    """The rows of a tab-separated table of the bundled data, such as `prosody/cilin.tsv`, without its comments."""
    for line in (bundled_data() / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")
