"""Errors for the user: one sentence for the problem, one for the remedy.

Each sentence is a `Message`: an English template and its parameters. The template is the key into
the tables of translations (`engine.system.translations`), so that translation does not parse English.
"""

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, Self

# Exit status after an interruption: Ctrl-C, a signal, a closed terminal.
INTERRUPTED = 130
# Hint of an unexpected error.
DEBUG_HINT = "`--debug` shows where; please report it."


class Message(str):
    """English text with its template and parameters, so that it can be translated.

    A parameter may be a Message, a text, a number, an exception (whose argument may be one of these), or a tuple of texts
    and messages, which are listed. The string itself is the English text. Without parameters the template is not formatted.
    """

    __slots__ = ("parameters", "template")

    # The template of a message followed by its hint.
    WITH_HINT = "{message} {hint}"

    template: str
    parameters: Mapping[str, object]

    def __new__(cls, template: str, /, **parameters: object) -> Self:
        listed = {
            name: ", ".join(map(str, value)) if isinstance(value, tuple) else countable(argument_of(value))
            for name, value in parameters.items()
        }
        text = super().__new__(cls, template.format(**listed) if parameters else template)
        text.template = template
        text.parameters = parameters
        return text

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        parameters = {name: _plain(value) for name, value in self.parameters.items()}
        return {"text": str(self), "template": self.template, "parameters": parameters}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The inverse of `to_dict`. It formats nothing, so that a file of unknown origin does no harm.

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


class _Count(int):
    """An integer whose format `{n:poem|poems}` is the word for one or for several."""

    def __format__(self, spec: str, /) -> str:
        one, bar, several = spec.partition("|")
        return (one if self == 1 else several) if bar else super().__format__(spec)


def countable(value: object) -> object:
    """An integer as one that templates can count with, `{n} {n:poem|poems}`; any other value unchanged."""
    return _Count(value) if type(value) is int else value


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
    """The text of an exception, as a Message if it has one, without number and path for an OSError; any other parameter unchanged."""
    if isinstance(parameter, OSError) and parameter.strerror:
        return parameter.strerror
    if isinstance(parameter, BaseException):
        return parameter.args[0] if parameter.args and isinstance(parameter.args[0], Message) else str(parameter)
    return parameter


class StudioError(Exception):
    """The problem (`message`) and the remedy (`hint`), one sentence each, for the user.

    The command line prints both without a traceback and exits with `exit_code`.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", /, **parameters: object) -> None:
        """Store both as messages; `parameters` fill those that are plain templates."""
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
    """A hint that begins with the known name nearest to a mistyped one, if one is similar."""
    import difflib

    rest = Message(hint, **parameters)
    # For short names, half of the characters suffice.
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6 if len(name) > 3 else 0.5)
    return Message("Did you mean {near}? {hint}", near=near[0], hint=rest) if near else rest


class UsageError(StudioError):
    """An invalid request: an unknown option, a value out of range."""

    exit_code = 2


class CorpusError(StudioError):
    """A corpus or a file of poems cannot be found, read or installed."""


class ModelError(StudioError):
    """A model or checkpoint folder is missing, damaged or does not fit."""


class RunError(StudioError):
    """A run folder is missing, busy, of an unknown version, or cannot be written."""


class ComposeError(StudioError):
    """The constraints of a poem cannot be met."""
