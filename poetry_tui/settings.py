"""What the studio remembers about its user from one sitting to the next: a small JSON file in the user's folder."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from engine.files import write_atomically
from engine.paths import home
from poetry_tui.glyphs import CHARTS, Charts
from poetry_tui.themes import INK
from poetry_tui.words import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`model` is None for the bundled one; `pace` is an index into the Compose screen's paces; `form` is a form's key.

    How a poem is shown: `with_tones` 平 and 仄 beside it, `is_upright` in columns, `is_traditional` in traditional characters.
    """

    language: Language = "both"
    charts: Charts = "auto"
    theme: str = INK
    model: str | None = None
    temperature: float = 0.8
    pace: int = 1
    form: str = "qijue"
    rhyme: str | None = None
    tone_order: str | None = None
    n_candidates: int = 5
    with_tones: bool = False
    is_upright: bool = False
    is_traditional: bool = False


def settings_file() -> Path:
    return home() / "settings.json"


def load_settings(path: Path) -> Settings:
    """The remembered settings; what is missing, unreadable or makes no sense is the default instead.

    A settings file is convenience, not work: a damaged one must never keep the studio from opening.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    if not isinstance(values, dict):
        return Settings()
    kept = {name: value for name, value in values.items() if _makes_sense(name, value)}
    return Settings(**kept)


def save_settings(settings: Settings, path: Path) -> None:
    """Write them in one step; OSError where the folder cannot be written."""
    write_atomically(path, json.dumps(dataclasses.asdict(settings), ensure_ascii=False, indent=2) + "\n")


def _makes_sense(name: str, value: Any) -> bool:
    match name:
        case "language":
            return value in get_args(Language)
        case "charts":
            return value in CHARTS
        case "theme" | "form":
            return isinstance(value, str)
        case "model" | "rhyme" | "tone_order":
            return value is None or isinstance(value, str)
        case "temperature":
            return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 10
        case "with_tones" | "is_upright" | "is_traditional":
            return isinstance(value, bool)
        case "pace" | "n_candidates":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return False
