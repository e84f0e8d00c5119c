"""How far each lesson has come: a small JSON file in the state folder."""

import json
from pathlib import Path

import msgspec

from engine.system.files import read_start, write_atomically
from engine.system.paths import state_file

MAX_FILE_BYTES = 1 << 16


class LessonProgress(msgspec.Struct):
    """`step`: index of the step to be done. `began_s`: Unix time at which the lesson was begun."""

    step: int = 0
    began_s: float = 0.0
    is_done: bool = False


class Progress(msgspec.Struct):
    """`open`: the lesson that is on the screen, by name; "" for none."""

    open: str = ""
    lessons: dict[str, LessonProgress] = {}


def progress_file() -> Path:
    return state_file("lessons.json")


def load_progress() -> Progress:
    """The progress on disk; none where the file is missing or damaged."""
    try:
        return msgspec.json.decode(read_start(progress_file(), MAX_FILE_BYTES), type=Progress)
    except (OSError, ValueError):
        return Progress()


def save_progress(progress: Progress) -> None:
    """Write the progress in one step. Raises OSError where the folder cannot be written."""
    write_atomically(progress_file(), json.dumps(msgspec.to_builtins(progress), ensure_ascii=False, indent=2) + "\n")
