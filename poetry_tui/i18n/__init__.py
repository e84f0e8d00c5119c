"""All texts of the interface, in Chinese and in English. The language is a setting.

Each screen has a module with a table `key: (Chinese, English)`. A key begins with the name of its table: `compose.again`.
The tooltip of a key binding has the binding's key with the suffix `.tip`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from poetry_tui.i18n import compose, favourites, inspector, report, shell, train

Language = Literal["both", "zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TRANSLATIONS: Mapping[str, tuple[str, str]] = {
    **shell.TRANSLATIONS,
    **compose.TRANSLATIONS,
    **inspector.TRANSLATIONS,
    **train.TRANSLATIONS,
    **favourites.TRANSLATIONS,
    **report.TRANSLATIONS,
}

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
    if _language != "zh":
        return text
    # Seldom needed, and many: not before the first paint.
    from poetry_tui.i18n.errors import in_chinese

    return in_chinese(text)


def tr_os_error(error: OSError) -> str:
    """The operating system's reason for an error, translated."""
    said = error.strerror or str(error)
    if _language != "zh":
        return said
    from poetry_tui.i18n.errors.phrases import PHRASES

    return PHRASES.get(said, said)
