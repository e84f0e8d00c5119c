"""Every word on the screen, in Chinese and in English; the language is a setting.

One module a screen holds a table of `key: (Chinese, English)`. Keys begin with the table's name: `compose.again`.
A key binding's tooltip stands under the binding's key with `.tip` after it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from poetry_tui.i18n import compose, copying, engine, favourites, prosody, report, shell, train
from poetry_tui.i18n import inspector as glass

Language = Literal["both", "zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
WORDS: Mapping[str, tuple[str, str]] = {
    **shell.WORDS,
    **engine.WORDS,
    **compose.WORDS,
    **copying.WORDS,
    **glass.WORDS,
    **prosody.WORDS,
    **train.WORDS,
    **favourites.WORDS,
    **report.WORDS,
}

_language: Language = "both"


def set_language(language: Language) -> None:
    """Choose the language of everything said from now on; what is on screen is redrawn by whoever calls this."""
    global _language
    _language = language


@contextlib.contextmanager
def spoken(language: Language) -> Iterator[None]:
    """Words in another language for as long as the block lasts, which must not wait for anything."""
    global _language
    before, _language = _language, language
    try:
        yield
    finally:
        _language = before


def language() -> Language:
    """The language that words are said in now."""
    return _language


def word(key: str, **values: object) -> str:
    """A word or a sentence in one language, with `{name}` places filled; English where the setting is `both`."""
    chinese, english = WORDS[key]
    chosen = chinese if _language == "zh" else english
    return chosen.format(**values) if values else chosen


def heading(key: str) -> str:
    """A title or a label: `起 Begin` where the setting is `both`."""
    chinese, english = WORDS[key]
    return {"zh": chinese, "en": english, "both": f"{chinese} {english}"}[_language]


def sentence(text: str) -> str:
    """What the engine says, in English, in the chosen language; a sentence and its hint may come together."""
    if _language != "zh":
        return text
    # Seldom needed, and many: not before the first paint.
    from poetry_tui.i18n.errors import in_chinese

    return in_chinese(text)


def reason(error: OSError) -> str:
    """Why the system refused something, in the chosen language."""
    said = error.strerror or str(error)
    if _language != "zh":
        return said
    from poetry_tui.i18n.errors.phrases import PHRASES

    return PHRASES.get(said, said)
