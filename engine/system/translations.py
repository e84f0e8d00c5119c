"""Chinese translations of errors, notes and help.

The engine writes them in English, errors as `errors.Message`: a template with parameters. The tables of `data/i18n/errors` have,
for each template, its translation with the same placeholders. A parameter is translated if it is a message or a known
phrase. A test finds every template of the source in these tables.
"""

import functools
import os
from collections.abc import Iterable, Mapping

from engine.system.errors import Message, argument_of
from engine.system.paths import bundled_rows

ERROR_TABLES = ("commands", "composing", "corpora", "models", "runs", "settings", "settings_help", "help", "output")
# Set by `--lang`; the engine process inherits it.
LANGUAGE_VARIABLE = "POETRY_TUI_LANG"


def worded(text: str, /, **parameters: object) -> str:
    """A text for the terminal, in Chinese if `--lang` or the locale asks for it; `parameters` fill its template."""
    message = Message(text, **parameters) if parameters else text
    return in_chinese(message) if is_chinese() else message


def listed(names: Iterable[str]) -> str:
    """Names joined by the separator of the command line's language."""
    return ("、" if is_chinese() else ", ").join(names)


def is_chinese() -> bool:
    """Whether the command line uses Chinese: by `--lang`, else by the locale."""
    names = (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
    return next((value for name in names if (value := os.environ.get(name))), "").startswith("zh")


@functools.cache
def sentences() -> Mapping[str, str]:
    """English template -> Chinese, of every error message; read on first use."""
    return {english: chinese for table in ERROR_TABLES for english, chinese in bundled_rows(f"i18n/errors/{table}.tsv")}


@functools.cache
def phrases() -> Mapping[str, str]:
    """English -> Chinese, of the phrases that are parameters of error messages."""
    return dict(bundled_rows("i18n/errors/phrases.tsv"))


def in_chinese(text: str) -> str:
    """The Chinese translation of a message; a text that is in no table is unchanged."""
    if not isinstance(text, Message):
        return sentences().get(text) or phrases().get(text, text)
    if text.template == Message.WITH_HINT:
        return "".join(str(_parameter(text.parameters[name])) for name in ("message", "hint"))
    chinese = sentences().get(text.template) or phrases().get(text.template)
    if chinese is None:
        return text
    return chinese.format(**{name: _parameter(value) for name, value in text.parameters.items()})


def _parameter(value: object) -> object:
    """A translated parameter. Of texts, only known phrases are translated, never names."""
    value = argument_of(value)
    if isinstance(value, Message):
        return in_chinese(value)
    if isinstance(value, tuple):
        return "、".join(in_chinese(one) if isinstance(one, Message) else str(one) for one in value)
    if not isinstance(value, int | float):
        return phrases().get(str(value), value)
    return value
