"""The parser of the command line: argparse with errors as UsageError, suggestions for typos, and help in Chinese."""

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from engine.system.errors import Message, UsageError, did_you_mean
from engine.system.names import brief, shown
from engine.system.translations import is_chinese, sentences, worded


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UsageErrors: one sentence and a hint. Flags are not abbreviated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})
        if is_chinese():
            _translate_argparse()

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        self._refuse_empty_values(args or ())
        found, rest = super().parse_known_args(args, namespace)
        if rest and rest[0].startswith("-") and rest[0] != "-":
            flag, _, _ = rest[0].partition("=")
            raise UsageError(
                "`{command}` has no option {name}.",
                did_you_mean(
                    flag, self._option_string_actions, "`{command} -h` shows how to use it.", command=self.prog
                ),
                command=self.prog,
                name=brief(flag),
            )
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = tuple(map(str, action.choices))
        if isinstance(action, argparse._SubParsersAction):
            raise UsageError(
                "`{command}` has no command {name}.",
                did_you_mean(str(value), action.choices, "It has: {names}.", names=names),
                command=self.prog,
                name=shown(value),
            )
        raise UsageError(
            "{name} cannot be {value}." if action.option_strings else "`{name}` does not take {value}.",
            did_you_mean(str(value), map(str, action.choices), "Choose one of: {names}.", names=names),
            name="/".join(action.option_strings) or self.prog,
            value=shown(value),
        )

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        try:
            return super()._get_value(action, text)
        except argparse.ArgumentError:
            if action.type not in (int, float):
                raise
            raise UsageError(
                "The value {value} of {name} is not {kind}.",
                Message("`{command} -h` shows how to use it.", command=self.prog),
                name=argparse._get_action_name(action) or action.dest,
                value=shown(text),
                kind="a whole number" if action.type is int else "a number",
            ) from None

    def error(self, message: str) -> NoReturn:
        # `brief`, because the message repeats the user's input.
        sentence = brief(message[:1].upper() + message[1:].rstrip(".")) + ("。" if is_chinese() else ".")
        raise UsageError(sentence, Message("`{command} -h` shows how to use it.", command=self.prog))

    def format_help(self) -> str:
        if is_chinese():
            self._translate()
            # argparse appends an ASCII colon to the titles of groups.
            return re.sub(r"(?m)^(\S.*):$", r"\1：", super().format_help())
        return super().format_help()

    def _translate(self) -> None:
        """Translate description, titles and help into Chinese, as far as the tables have them."""
        self.description, self.epilog = _worded_lines(self.description), _worded_lines(self.epilog)
        groups = [self, *self._action_groups]
        for group in self._action_groups:
            group.title, group.description = _worded(group.title), _worded(group.description)
        for action in {id(one): one for group in groups for one in group._actions}.values():
            action.help = _worded(action.help)
            if isinstance(action, argparse._SubParsersAction):
                for choice in action._choices_actions:
                    choice.help = _worded(choice.help)

    def _refuse_empty_values(self, words: Iterable[str]) -> None:
        """Reject `--seed=--`, which argparse turns into an empty list for a flag of any type."""
        for word in words:
            if word == "--":
                return
            if word.startswith("-") and word.endswith("=--"):
                self.error(f"argument {word[:-3]}: expected one argument")


def _worded(text: str | None) -> str | None:
    return None if text is None else worded(text)


def _worded_lines(text: str | None) -> str | None:
    """Translate a description or an epilog line by line. The description of most commands is their help as a sentence."""
    if text is None:
        return None
    known = sentences()
    return "\n".join(known.get(line) or known.get(as_help(line), line) for line in text.split("\n"))


def as_help(description: str) -> str:
    """The help text from which a description was made."""
    return description[:1].lower() + description[1:].removesuffix(".")


def _translate_argparse() -> None:
    """Translate argparse's own messages, which it gets from these two functions of its module."""
    argparse._ = lambda text: sentences().get(text, text) if is_chinese() else text  # type: ignore[attr-defined]
    argparse.ngettext = lambda one, many, n: argparse._(one if n == 1 else many)  # type: ignore[attr-defined]


def new_parser(
    commands: Any, name: str, carry_out: Callable[[argparse.Namespace], int], help: str
) -> argparse.ArgumentParser:
    """Add a parser for a command; `carry_out` runs the command and returns the exit status."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(carry_out=carry_out)
    parser.add_argument("--debug", action="store_true", help="show a traceback when something fails")
    return parser
