"""Labels of runs, kept in their folders; finding a run by name; the folder of a new run."""

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
    """The labels of a run; empty if none were given."""

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


NO_LABELS = RunLabels()


def read_labels(folder: Path) -> RunLabels:
    """Read the labels of a run; `NO_LABELS` if the file is missing or damaged."""
    with contextlib.suppress(OSError, ValueError):
        return _read(folder)
    return NO_LABELS


def _read(folder: Path) -> RunLabels:
    return msgspec.json.decode(read_start(folder / LABELS, _MAX_BYTES), type=RunLabels)


def change_labels(folder: Path, **changes: Any) -> None:
    """Change some labels of a run.

    Raises:
        UsageError: when a label is not one line of text, or too long.
        RunError: when the present labels are damaged, or the folder cannot be written.
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
    """Give a run a name, or remove it with an empty one; the folder keeps its name.

    Raises:
        RunError: when another run has that name, or as `change_labels`.
        UsageError: when the name is not one line of text.
    """
    name = name.strip()
    others = [other for other in run_folders() if other.name != folder.name]
    if name and any(name in (other.name, read_labels(other).name) for other in others):
        raise RunError("There is already a run called {name}.", "Choose another name.", name=shown(name))
    change_labels(folder, name=name)


def new_run_folder(config: TrainConfig, now_s: float | None = None) -> Path:
    """A new path for a run, whose name sorts by time: `20240131-225900-nndl-lstm`. `now_s`: Unix time, None: now."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s))
    name = f"{moment}-{config.preset}-{config.model.cell}"
    folder, number = paths.runs() / name, 1
    while is_there(folder):
        number += 1
        folder = paths.runs() / f"{name}-{number}"
    return folder


def run_folders() -> list[Path]:
    """The user's run folders in arbitrary order; empty if they cannot be listed."""
    with contextlib.suppress(RunError):
        return folders_in(paths.runs(), RunError)
    return []


def run_folder(name: str | Path) -> Path | None:
    """Find the folder of a run by folder name, path or given name; None if there is none. Raises UsageError for an invalid path."""
    path = path_of(name)
    for folder in (paths.runs() / path, path):
        if is_file(folder / EVENTS) or is_file(folder / CONFIG):
            return folder
    return next((folder for folder in run_folders() if read_labels(folder).name == str(name)), None)
