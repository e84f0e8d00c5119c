"""Names of runs: the labels that a person gives one, kept in its folder; how a run is found; the folder of a new one."""

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import msgspec

from engine.config.schema import TrainConfig
from engine.runs.folder import CONFIG, EVENTS, LABELS
from engine.system import paths
from engine.system.errors import RunError, UsageError
from engine.system.files import folders_in, is_file, is_there, read_start, write_atomically
from engine.system.names import MAX_TEXT_CHARS, path_of, shown

_MAX_BYTES = 64 * 1024


class RunLabels(msgspec.Struct, frozen=True, kw_only=True):
    """The labels of a run; empty where none was given."""

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


NO_LABELS = RunLabels()


def read_labels(folder: Path) -> RunLabels:
    """The labels of a run; none where the file is missing or damaged."""
    with contextlib.suppress(OSError, ValueError):
        return _read(folder)
    return NO_LABELS


def _read(folder: Path) -> RunLabels:
    return msgspec.json.decode(read_start(folder / LABELS, _MAX_BYTES), type=RunLabels)


def change_labels(folder: Path, **changes: Any) -> None:
    """Change some labels of a run.

    Raises:
        UsageError: a label is not one line of text, or too long.
        RunError: the labels of now are damaged, or the folder cannot be written.
    """
    try:
        known = _read(folder) if is_there(folder / LABELS) else NO_LABELS
    except (OSError, ValueError) as error:
        raise RunError(
            "{path} is damaged: {error}.", "Restore the file, or remove it.", path=folder / LABELS, error=error
        ) from error
    labels = msgspec.structs.replace(known, **changes)
    for text in (labels.name, labels.note, *labels.tags):
        if len(text) > MAX_TEXT_CHARS or not text.isprintable():
            raise UsageError("{text} is not one line of text.", "Write it in one line.", text=shown(text))
    try:
        write_atomically(folder / LABELS, json.dumps(msgspec.to_builtins(labels), ensure_ascii=False) + "\n")
    except OSError as error:
        raise RunError(
            "The run {name} cannot be written: {error}.",
            "Make {path} writable.",
            name=folder.name,
            error=error,
            path=folder,
        ) from error


def rename_run(folder: Path, name: str) -> None:
    """Give a run a name, none when it is empty; its folder stays.

    Raises:
        RunError: another run has that name, or as `change_labels`.
        UsageError: the name is not one line of text.
    """
    name = name.strip()
    others = [other for other in run_folders() if other.name != folder.name]
    if name and any(name in (other.name, read_labels(other).name) for other in others):
        raise RunError("There is already a run called {name}.", "Choose another name.", name=shown(name))
    change_labels(folder, name=name)


def new_run_folder(config: TrainConfig, now_s: float | None = None) -> Path:
    """A folder of the user's that no run has yet, whose name sorts by time: `20240131-225900-nndl-lstm`; `now_s` in Unix time."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s))
    name = f"{moment}-{config.preset}-{config.model.cell}"
    folder, number = paths.runs() / name, 1
    while is_there(folder):
        number += 1
        folder = paths.runs() / f"{name}-{number}"
    return folder


def run_folders() -> list[Path]:
    """The user's run folders, in no order; none where they cannot be listed."""
    with contextlib.suppress(RunError):
        return folders_in(paths.runs(), RunError)
    return []


def run_folder(name: str | Path) -> Path | None:
    """The folder of a run, given by its folder's name, its folder or the name that it was given. UsageError when it can be none."""
    path = path_of(name)
    for folder in (paths.runs() / path, path):
        if is_file(folder / EVENTS) or is_file(folder / CONFIG):
            return folder
    return next((folder for folder in run_folders() if read_labels(folder).name == str(name)), None)
