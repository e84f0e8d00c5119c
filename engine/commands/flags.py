"""The command line's flags: one for every field of a settings class, made from the field itself."""

import argparse
import dataclasses
import shlex
from collections.abc import Collection, Mapping, Sequence
from types import UnionType
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from engine.config import OLD_NAMES
from engine.corpus.readers.formats import FORMATS
from engine.errors import UsageError
from engine.system.safe_text import brief

_METAVARS: Mapping[type, str] = {int: "N", float: "X", str: "TEXT"}


class Parser(argparse.ArgumentParser):
    """argparse whose complaints are the studio's: one sentence, one hint, no usage printed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        refuse_empty_values(self, args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        # It repeats what was typed.
        sentence = message[:1].upper() + message[1:].rstrip(".")
        raise UsageError(f"{brief(sentence)}.", f"`{self.prog} -h` shows how it is used.")


def refuse_empty_values(parser: argparse.ArgumentParser, words: Sequence[str] | None) -> None:
    """Refuse `--seed=--`, of which argparse makes a list without anything, whatever type the flag has."""
    for word in words or ():
        if word == "--":
            return
        if word.startswith("-") and word.endswith("=--"):
            parser.error(f"argument {word[:-3]}: expected one argument")


def flag_of(name: str) -> str:
    """`hidden_size` -> `--hidden-size`."""
    return "--" + name.replace("_", "-")


def add_setting_flags(
    parser: argparse._ActionsContainer, settings: type, *, only: Collection[str] = (), without: Collection[str] = ()
) -> None:
    """A flag for each field of a settings class that carries a help text, or for `only` some; one not given leaves no trace."""
    types = get_type_hints(settings)
    for item in dataclasses.fields(settings):
        if not item.metadata or item.name in without or (only and item.name not in only):
            continue
        kind, choices = _plain(types[item.name]), item.metadata["choices"]
        options: dict[str, Any] = {
            "help": item.metadata["help"].replace("%", "%%"),
            "default": argparse.SUPPRESS,
            "dest": item.name,
        }
        if kind is bool:
            parser.add_argument(flag_of(item.name), action=argparse.BooleanOptionalAction, **options)
        else:
            # The settings class judges the values, choices too: its sentences are better than argparse's.
            metavar = "|".join(choices) if choices else _METAVARS[kind]
            parser.add_argument(flag_of(item.name), type=kind, metavar=metavar, **options)
        for old in (old for old, current in OLD_NAMES.items() if current == item.name):
            parser.add_argument(flag_of(old), type=kind, **{**options, "help": argparse.SUPPRESS})


def add_reading_flags(parser: argparse._ActionsContainer) -> None:
    """How a file of poems is to be read, where looking at it does not tell."""
    described = "; ".join(f"{name}: {what}" for name, what in FORMATS.items())
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        metavar="FORMAT",
        help=f"how the file is written; default: found by looking at it. {described}",
    )
    parser.add_argument(
        "--columns",
        metavar="title=1,content=3",
        help="of a table: which column is title, author and content, by number where it has no names, else by name",
    )


def given(arguments: argparse.Namespace, settings: type) -> dict[str, Any]:
    """The fields of a settings class that the command line gave."""
    names = {item.name for item in dataclasses.fields(settings)}
    return {name: value for name, value in vars(arguments).items() if name in names}


def flags_between(usual: object, settings: object) -> list[str]:
    """The words of a command line that turn one settings object into another of its class."""
    words: list[str] = []
    for item in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, item.name)
        if not item.metadata or value == getattr(usual, item.name):
            continue
        if isinstance(value, bool):
            words.append(flag_of(item.name if value else f"no_{item.name}"))
        elif value is not None:
            words += [flag_of(item.name), shlex.quote(str(value))]
    return words


def _plain(annotation: Any) -> type:
    """The type a flag's text becomes: `int | None` is an int, a Literal of words a str."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    return annotation if isinstance(annotation, type) else str
