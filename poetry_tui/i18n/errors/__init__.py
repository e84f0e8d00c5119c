"""The engine's messages in Chinese.

The engine words its errors in English, as `engine.errors.Message`: a template with parameters. The tables of this folder hold, for each
template, its translation with the same placeholders. A parameter is translated in turn where it is a message or a known phrase,
and stands as it is otherwise. A test finds every template of the source in these tables.
"""

from collections.abc import Mapping

from engine.errors import Message, argument_of
from poetry_tui.i18n.errors import composing, corpora, models, phrases, runs, settings

SENTENCES: Mapping[str, str] = {
    **composing.SENTENCES,
    **corpora.SENTENCES,
    **models.SENTENCES,
    **runs.SENTENCES,
    **settings.SENTENCES,
}


def in_chinese(text: str) -> str:
    """The Chinese wording of a message; a text that is in no table stays as it is."""
    if not isinstance(text, Message):
        return SENTENCES.get(text) or phrases.PHRASES.get(text, text)
    if text.template == Message.WITH_HINT:
        return "".join(str(_parameter(text.parameters[name])) for name in ("message", "hint"))
    chinese = SENTENCES.get(text.template) or phrases.PHRASES.get(text.template)
    if chinese is None:
        return text
    return chinese.format(**{name: _parameter(value) for name, value in text.parameters.items()})


def _parameter(value: object) -> object:
    """A parameter within a sentence: of the texts only phrases are translated, so that a name never is."""
    value = argument_of(value)
    if isinstance(value, Message):
        return in_chinese(value)
    if not isinstance(value, int | float):
        return phrases.PHRASES.get(str(value), value)
    return value
