"""All texts of the interface, in Chinese and in English. The language is a setting.

The texts are tables of `data/i18n`, one for each screen, with rows `key, Chinese, English`. A key begins with the name of its table:
`compose.again`. The tooltip of a key binding has the binding's key with the suffix `.tip`.

The engine words its errors in English, as `engine.errors.Message`: a template with parameters. The tables of `data/i18n/errors` hold,
for each template, its translation with the same placeholders. A parameter is translated in turn where it is a message or a known
phrase, and stands as it is otherwise. A test finds every template of the source in these tables.
"""

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from engine.errors import Message, argument_of
from engine.paths import bundled_rows

Language = Literal["both", "zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TABLES = ("shell", "compose", "inspector", "train", "favourites", "poster", "report")
TRANSLATIONS: Mapping[str, tuple[str, str]] = {
    key: (chinese, english) for table in TABLES for key, chinese, english in bundled_rows(f"i18n/{table}.tsv")
}
ERROR_TABLES = ("composing", "corpora", "models", "runs", "settings", "settings_help")

_language: Language = "both"


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
    """The current language."""
    return _language


def tr(key: str, **values: object) -> str:
    """Translate a key and fill its `{name}` placeholders; English where the language is `both`. KeyError for an unknown key."""
    chinese, english = TRANSLATIONS[key]
    chosen = chinese if _language == "zh" else english
    return chosen.format(**values) if values else chosen


def tr_label(key: str) -> str:
    """Translate the key of a title or label; Chinese and English (`起 Begin`) where the language is `both`."""
    chinese, english = TRANSLATIONS[key]
    return {"zh": chinese, "en": english, "both": f"{chinese} {english}"}[_language]


def tr_error(text: str) -> str:
    """Translate an English error message of the engine; a message may be followed by its hint."""
    return in_chinese(text) if _language == "zh" else text


def tr_os_error(error: OSError) -> str:
    """The operating system's reason for an error, translated."""
    reason = error.strerror or str(error)
    return phrases().get(reason, reason) if _language == "zh" else reason


@functools.cache
def sentences() -> Mapping[str, str]:
    """The Chinese of every error message, read when the first is asked for."""
    return {english: chinese for table in ERROR_TABLES for english, chinese in bundled_rows(f"i18n/errors/{table}.tsv")}


@functools.cache
def phrases() -> Mapping[str, str]:
    """The Chinese of the phrases that stand as parameters in error messages."""
    return dict(bundled_rows("i18n/errors/phrases.tsv"))


def in_chinese(text: str) -> str:
    """The Chinese wording of a message; a text that is in no table stays as it is."""
    if not isinstance(text, Message):
        return sentences().get(text) or phrases().get(text, text)
    if text.template == Message.WITH_HINT:
        return "".join(str(_parameter(text.parameters[name])) for name in ("message", "hint"))
    chinese = sentences().get(text.template) or phrases().get(text.template)
    if chinese is None:
        return text
    return chinese.format(**{name: _parameter(value) for name, value in text.parameters.items()})


def _parameter(value: object) -> object:
    """A parameter within a sentence: of the texts only phrases are translated, so that a name never is."""
    value = argument_of(value)
    if isinstance(value, Message):
        return in_chinese(value)
    if not isinstance(value, int | float):
        return phrases().get(str(value), value)
    return value
