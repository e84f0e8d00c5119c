"""Errors, notes and help in Chinese.

The engine words them in English, errors as `errors.Message`: a template with parameters. The tables of `data/i18n/errors` hold,
for each template, its translation with the same placeholders. A parameter is translated in turn where it is a message or a known
phrase, and stands as it is otherwise. A test finds every template of the source in these tables.
"""

import functools
import os
from collections.abc import Iterable, Mapping

from engine.system.errors import Message, argument_of
from engine.system.paths import bundled_rows

ERROR_TABLES = ("commands", "composing", "corpora", "models", "runs", "settings", "settings_help", "help", "output")
# Set by `--lang`; the engine, which is a process of its own, inherits it.
LANGUAGE_VARIABLE = "POETRY_TUI_LANG"


def worded(text: str, /, **parameters: object) -> str:
    """A text for the terminal: in Chinese where `--lang` or else the locale says so, as it is otherwise; `parameters` fill it."""
    message = Message(text, **parameters) if parameters else text
    return in_chinese(message) if is_chinese() else message


def listed(names: Iterable[str]) -> str:
    """Names one after the other, separated as the language of the command line does it."""
    return ("、" if is_chinese() else ", ").join(names)


def is_chinese() -> bool:
    """Whether the command line speaks Chinese: by `--lang`, else by the locale."""
    names = (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
    return next((value for name in names if (value := os.environ.get(name))), "").startswith("zh")


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
    if isinstance(value, tuple):
        return "、".join(in_chinese(one) if isinstance(one, Message) else str(one) for one in value)
    if not isinstance(value, int | float):
        return phrases().get(str(value), value)
    return value
