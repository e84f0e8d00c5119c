"""Errors that a person reads: one sentence that says what is wrong, one that says what to do.

Each sentence is a `Message`: an English template and its parameters. The template is the sentence's code: the interface looks it up in
the tables of translations (`engine.system.translations`), so no translation depends on parsing English.
"""

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, Self

# Exit status of what was interrupted: Ctrl-C, a signal, a terminal that is gone.
INTERRUPTED = 130
# Of an error that nobody foresaw.
DEBUG_HINT = "`--debug` shows where; please report it."


class Message(str):
    """English text that keeps its template and parameters, so that it can be worded in another language.

    A parameter may be a Message itself, a text, a number, an exception that has one of these as its argument, or a tuple of texts
    and messages, which are listed. As a string, it is the English text. Without parameters the template is not formatted.
    """

    __slots__ = ("parameters", "template")

    # The template of a message with its hint.
    WITH_HINT = "{message} {hint}"

    template: str
    parameters: Mapping[str, object]

    def __new__(cls, template: str, /, **parameters: object) -> Self:
        listed = {
            name: ", ".join(map(str, value)) if isinstance(value, tuple) else argument_of(value)
            for name, value in parameters.items()
        }
        text = super().__new__(cls, template.format(**listed) if parameters else template)
        text.template = template
        text.parameters = parameters
        return text

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, strings and numbers, as JSON has them."""
        parameters = {name: _plain(value) for name, value in self.parameters.items()}
        return {"text": str(self), "template": self.template, "parameters": parameters}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The message that `to_dict` was made of. Formats nothing, so that a file of unknown origin does no harm.

        Raises:
            ValueError: when `data` is no message, or lacks a parameter of its template.
        """
        match data:
            case {"text": str(text), "template": str(template), "parameters": dict(parameters)}:
                if not _placeholders(template) <= parameters.keys():
                    raise ValueError("a parameter is missing")
                message = super().__new__(cls, text)
                message.template = template
                message.parameters = {name: cls._parameter(value) for name, value in parameters.items()}
                return message
        raise ValueError("no message")

    @classmethod
    def _parameter(cls, value: object) -> object:
        if isinstance(value, list):
            return tuple(map(cls._parameter, value))
        return cls.from_dict(value) if isinstance(value, dict) else value


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _plain(parameter: object) -> object:
    parameter = argument_of(parameter)
    if isinstance(parameter, tuple):
        return list(map(_plain, parameter))
    if isinstance(parameter, Message):
        return parameter.to_dict()
    return parameter if isinstance(parameter, int | float) else str(parameter)


def argument_of(parameter: object) -> object:
    """What an exception says, as a Message where it has one, of an OSError without number and path; any other parameter as it is."""
    if isinstance(parameter, OSError) and parameter.strerror:
        return parameter.strerror
    if isinstance(parameter, BaseException):
        return parameter.args[0] if parameter.args and isinstance(parameter.args[0], Message) else str(parameter)
    return parameter


class StudioError(Exception):
    """What went wrong (`message`) and what to do about it (`hint`), each one sentence for a person.

    The command line prints both without a traceback and exits with `exit_code`.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", /, **parameters: object) -> None:
        """Keep both as messages; `parameters` fill the templates that are none yet."""
        self.message = _filled(message, parameters)
        self.hint = _filled(hint, parameters)
        super().__init__(self.message)

    def __str__(self) -> str:
        """Both sentences, as a Message."""
        return Message(Message.WITH_HINT, message=self.message, hint=self.hint) if self.hint else self.message


def _filled(text: str, parameters: Mapping[str, object]) -> Message:
    if isinstance(text, Message):
        return text
    own = _placeholders(text) if parameters else set()
    return Message(text, **{name: parameters[name] for name in own})


def did_you_mean(name: str, known: Iterable[str], hint: str, /, **parameters: object) -> Message:
    """A hint that begins with the known name nearest to a mistyped one, where one is near."""
    import difflib

    rest = Message(hint, **parameters)
    # Half of a name of two characters is near.
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6 if len(name) > 3 else 0.5)
    return Message("Did you mean {near}? {hint}", near=near[0], hint=rest) if near else rest


class UsageError(StudioError):
    """The request itself makes no sense: an unknown option, a value out of range."""

    exit_code = 2


class CorpusError(StudioError):
    """A corpus or a file of poems cannot be found, read or installed."""


class ModelError(StudioError):
    """A model or checkpoint folder is missing, damaged or does not fit."""


class RunError(StudioError):
    """A run folder is missing, busy, of an unknown version, or cannot be written."""


class ComposeError(StudioError):
    """The constraints of a poem cannot be met."""
