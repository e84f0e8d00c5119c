"""The user's settings, stored between starts in a small JSON file in the user's folder."""

import dataclasses
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec

from engine.config.options import with_current_names
from engine.config.user_file import config_section
from engine.prosody.text import FREE_VERSE, RhymeBook
from engine.system.errors import UsageError
from engine.system.files import is_there, parse_json, read_start, write_atomically
from engine.system.names import MAX_TEXT_CHARS, shown
from engine.system.paths import config_file, state_file
from engine.system.translations import LANGUAGE_VARIABLE, is_chinese
from poetry_tui.preferences.chart_glyphs import Charts
from poetry_tui.preferences.i18n import Language
from poetry_tui.preferences.themes import AUTO

MAX_FILE_BYTES = 1 << 20
# The settings allowed in the section `studio` of config.toml.
STUDIO_SETTINGS = ("language", "theme", "charts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`model`: None for the bundled one; `pace`: index into the Compose screen's paces; `form`: key of a form.

    Display of poems: `with_tones`: 平 and 仄 beside the characters; `with_pinyin`: pinyin instead; `is_upright`: in columns;
    `is_traditional`: in traditional characters.
    """

    # The default follows the locale: Chinese, or else labels in both languages and sentences in English.
    language: Language = field(default_factory=lambda: "zh" if is_chinese() else "both")
    charts: Charts = "auto"
    theme: str = AUTO
    model: str | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.8
    pace: Annotated[int, msgspec.Meta(ge=0)] = 1
    form: str = "qijue"
    rhyme: str | None = None
    rhyme_book: RhymeBook | None = None
    tone_pattern: str | None = None
    n_candidates: Annotated[int, msgspec.Meta(ge=0)] = 5
    with_tones: bool = False
    with_pinyin: bool = False
    is_upright: bool = False
    is_traditional: bool = False
    poster_paper: str = "xuan"
    poster_seal: str = ""


def settings_file() -> Path:
    return state_file("settings.json")


def load_settings(path: Path) -> Settings:
    """Read the settings; missing, unreadable and invalid ones get their defaults.

    Never raises, because a damaged settings file must not keep the studio from opening.
    """
    values = _values(path) or {}
    return Settings(**{name: value for name, value in values.items() if _makes_sense(name, value)})


def language_of(settings: Settings) -> Language:
    """The language of this start: that of `--lang`, else that of the settings."""
    wanted = os.environ.get(LANGUAGE_VARIABLE)
    return "zh" if wanted == "zh" else "en" if wanted == "en" else settings.language


def configured_settings(settings: Settings) -> Settings:
    """Override settings by those in `config.toml`. Raises UsageError for an invalid value."""
    preferred = config_section("studio", STUDIO_SETTINGS)
    preferred |= {name: value for name, value in config_section("compose").items() if name in _TYPES}
    for name, value in preferred.items():
        if not _makes_sense(name, value):
            raise UsageError(
                "{name} cannot be {value}.", "Correct {path}.", name=name, value=shown(value), path=config_file()
            )
    if "form" in preferred:
        from engine.prosody.forms.definitions import form_called

        preferred["form"] = FREE_VERSE if preferred["form"] == FREE_VERSE else form_called(preferred["form"]).key
    return dataclasses.replace(settings, **preferred)


def open_settings(path: Path) -> tuple[Settings, Path | None]:
    """Read the settings as `load_settings` does; also return the new path of a damaged file.

    A file that holds no JSON object, or an invalid value, is renamed before a new one is written, so that nothing in it is lost.
    The path is None if the file is valid or missing, or cannot be renamed.
    """
    values = _values(path)
    settings = load_settings(path)
    is_whole = values is not None and all(_makes_sense(name, value) for name, value in values.items() if name in _TYPES)
    if is_whole or not is_there(path):
        return settings, None
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        path.rename(aside)
        save_settings(settings, path)
    except OSError:
        return settings, None
    return settings, aside


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings atomically; unknown ones of a newer version are kept. Raises OSError when the folder cannot be written."""
    newer = {name: value for name, value in (_values(path) or {}).items() if name not in _TYPES}
    body = {**dataclasses.asdict(settings), **newer}
    write_atomically(path, json.dumps(body, ensure_ascii=False, indent=2) + "\n")


class SettingsStore:
    """The current settings, in memory and in their file. `unsaved` is called with the error if they cannot be written."""

    def __init__(self, settings: Settings, unsaved: Callable[[OSError], None]) -> None:
        self.current = settings
        self._unsaved = unsaved

    def change(self, **changes: object) -> None:
        """Change some settings and write them; a failure to write is reported through `unsaved`."""
        changed = dataclasses.replace(self.current, **changes)  # type: ignore[arg-type]
        if changed == self.current:
            return
        self.current = changed
        try:
            save_settings(changed, settings_file())
        except OSError as error:
            self._unsaved(error)


def _values(path: Path) -> dict[str, Any] | None:
    """The values in the file, under their current names; None if it is missing or holds no JSON object."""
    try:
        values = parse_json(read_start(path, MAX_FILE_BYTES))
    except (OSError, ValueError):
        return None
    return with_current_names(values) if isinstance(values, dict) else None


_TYPES = get_type_hints(Settings, include_extras=True)


def _makes_sense(name: str, value: Any) -> bool:
    if name not in _TYPES:
        return False
    try:
        msgspec.convert(value, _TYPES[name])
    except msgspec.ValidationError:
        return False
    # Text settings are names or paths, on one line.
    return not isinstance(value, str) or (len(value) <= MAX_TEXT_CHARS and value.isprintable())
