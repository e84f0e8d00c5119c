"""All texts of the interface, in Chinese and in English. The language is a setting.

The texts are tables of `data/i18n`, one for each screen, with rows `key, Chinese, English`. A key begins with the name of its table:
`compose.again`. The tooltip of a key binding has the binding's key with the suffix `.tip`. A text names a keyboard key as
`<compose.again:r>`: the label of its binding and its default key, which is replaced by the user's own.

The errors of the engine, which are worded in English, are translated by `engine.system.translations`.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from engine.system.errors import countable
from engine.system.paths import bundled_rows
from engine.system.translations import in_chinese, phrases

Language = Literal["both", "zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TABLES = ("shell", "compose", "inspector", "train", "favourites", "poster", "report", "lessons")
TRANSLATIONS: Mapping[str, tuple[str, str]] = {
    key: (chinese, english) for table in TABLES for key, chinese, english in bundled_rows(f"i18n/{table}.tsv")
}

_NAMED_KEY = re.compile(r"<([a-z]+\.[a-z_]+):([^>]+)>")

_language: Language = "both"
_own_keys: Mapping[str, str] = {}


def name_keys(own_keys: Mapping[str, str]) -> None:
    """Set the user's own keys, by binding label; later texts name them instead of the default keys."""
    global _own_keys
    _own_keys = own_keys


def with_keys(text: str) -> str:
    """Replace the key placeholders of a text by the user's keys."""
    return _NAMED_KEY.sub(lambda named: _own_keys.get(named[1], named[2]), text) if "<" in text else text


def set_language(language: Language) -> None:
    """Set the language of all later translations. The caller refreshes the widgets."""
    global _language
    _language = language


@contextlib.contextmanager
def in_language(language: Language) -> Iterator[None]:
    """Translate into another language inside the `with` block, which must not await."""
    global _language
    before, _language = _language, language
    try:
        yield
    finally:
        _language = before


def language() -> Language:
    return _language


def tr(key: str, **values: object) -> str:
    """Translate a key and fill its `{name}` placeholders; English if the language is `both`. Raises KeyError for an unknown key."""
    chinese, english = TRANSLATIONS[key]
    chosen = with_keys(chinese if _language == "zh" else english)
    return chosen.format(**{name: countable(value) for name, value in values.items()}) if values else chosen


def tr_label(key: str) -> str:
    """Translate the key of a title or label; Chinese and English (`起 Begin`) if the language is `both`."""
    chinese, english = TRANSLATIONS[key]
    return {"zh": chinese, "en": english, "both": f"{chinese} {english}"}[_language]


def tr_error(text: str) -> str:
    """Translate an English error message of the engine; a message may be followed by its hint."""
    return in_chinese(text) if _language == "zh" else text


def tr_os_error(error: OSError) -> str:
    """The operating system's reason for an error, translated."""
    reason = error.strerror or str(error)
    return phrases().get(reason, reason) if _language == "zh" else reason
