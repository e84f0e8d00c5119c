"""Lessons and their steps, read from `data/lessons/*.toml` (one file for each lesson), and the user's progress. Knows no Textual."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import msgspec

from engine.system.files import read_start, write_atomically
from engine.system.paths import bundled_data, state_file
from poetry_tui.preferences.i18n import language, with_keys

# Size limit of the progress file.
MAX_PROGRESS_BYTES = 1 << 16


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in both languages. Its `{name}` placeholders are facts (`poetry_tui.lessons.facts`)."""

    zh: str
    en: str

    def worded(self, facts: Mapping[str, Any]) -> str:
        """The text in the current language, filled with facts; an unknown fact becomes "…"."""
        text = self.zh if language() == "zh" else self.en
        known = {name: value for name, value in facts.items() if value is not None}
        return with_keys(" ".join(text.split())).format_map(_Known(known))


class Step(Text, frozen=True, forbid_unknown_fields=True):
    """One step: its text, its screen (`mode`), and the facts by which it is done.

    `until`: required values of facts; `at_least`: minimum values of facts; `changed`: facts that must differ from their values at the
    beginning of the step. A step without any of these is only read. `settings`: answers filled into the form of the Train screen.
    """

    mode: str
    until: dict[str, Any] = {}
    at_least: dict[str, float] = {}
    changed: tuple[str, ...] = ()
    settings: dict[str, str] = {}

    def unknown(self, facts: Mapping[str, Any]) -> set[str]:
        """The names of the facts in its text that are unknown."""
        return {name for _, name, _, _ in Formatter().parse(self.en) if name and facts.get(name) is None}

    @property
    def is_to_do(self) -> bool:
        """Whether the step has something to do, not only to read."""
        return bool(self.until or self.at_least or self.changed)

    def is_done(self, facts: Mapping[str, Any], at_first: Mapping[str, Any]) -> bool:
        """Whether the step is done by the current facts; `at_first`: the facts at its beginning."""
        return (
            self.is_to_do
            and all(facts.get(name) == value for name, value in self.until.items())
            and all((facts.get(name) or 0) >= value for name, value in self.at_least.items())
            and all(facts.get(name) not in (None, at_first.get(name)) for name in self.changed)
        )


class Lesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lesson of about ten minutes."""

    name: str
    title: Text
    step: tuple[Step, ...]


@functools.cache
def lessons() -> tuple[Lesson, ...]:
    """The lessons in the order of their file names."""
    paths = sorted((bundled_data() / "lessons").glob("*.toml"))
    return tuple(msgspec.toml.decode(path.read_bytes(), type=Lesson) for path in paths)


class _Unknown(str):
    """Formats as "…" with any format specification."""

    def __format__(self, spec: str) -> str:
        return "…"


class _Known(dict[str, Any]):
    """Facts; a missing one is formatted as unknown, without an error."""

    def __missing__(self, name: str) -> _Unknown:
        return _Unknown()


class LessonProgress(msgspec.Struct):
    """The progress of one lesson. `step`: index of the current step. `began_s`: Unix time at which the lesson began."""

    step: int = 0
    began_s: float = 0.0
    is_done: bool = False


class Progress(msgspec.Struct):
    """The progress of all lessons, by name. `open`: name of the open lesson; "" for none."""

    open: str = ""
    lessons: dict[str, LessonProgress] = {}


def progress_file() -> Path:
    return state_file("lessons.json")


def load_progress() -> Progress:
    """Read the progress; empty if the file is missing or damaged."""
    try:
        return msgspec.json.decode(read_start(progress_file(), MAX_PROGRESS_BYTES), type=Progress)
    except (OSError, ValueError):
        return Progress()


def save_progress(progress: Progress) -> None:
    """Write the progress atomically. Raises OSError when the folder cannot be written."""
    write_atomically(progress_file(), json.dumps(msgspec.to_builtins(progress), ensure_ascii=False, indent=2) + "\n")
