"""Flags of the command line, derived from the declarations of the settings classes."""

import argparse
import shlex
from collections.abc import Collection, Mapping
from typing import Any

from engine.config.options import OLD_NAMES, DeclaredSettings, Setting, settings_of
from engine.config.schema import ComposeConfig
from engine.corpus.readers.formats import FORMATS
from engine.system.errors import Message, UsageError
from engine.system.names import brief

SettingsClass = type[DeclaredSettings]

_METAVARS: Mapping[type, str] = {int: "N", float: "X", str: "TEXT"}


def check_count(flag: str, number: int, most: int) -> None:
    """Raise a UsageError if the value of a counting flag is below 1 or above `most`."""
    if not 1 <= number <= most:
        raise UsageError(
            "{flag} cannot be {number}.",
            Message("Give 1 to {most:,}.", most=most),
            flag=flag,
            number=brief(str(number)),
        )


def flag_of(name: str) -> str:
    """The flag of a setting: `hidden_size` -> `--hidden-size`."""
    return "--" + name.replace("_", "-")


def add_setting_flags(
    parser: argparse.ArgumentParser,
    settings: SettingsClass,
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    defaults: DeclaredSettings | None = None,
    several: bool = False,
) -> None:
    """Add a flag for each setting of a class, or for those in `only`, in its help group. A flag that is not given sets no attribute.

    `defaults`: settings whose values help shows as defaults. `several`: flags take comma-separated values as text, and
    yes and no for booleans.
    """
    for setting in settings_of(settings):
        if setting.name in without or (only and setting.name not in only):
            continue
        group = help_group(parser, setting.group)
        options: dict[str, Any] = {
            "help": _help_of(setting, defaults),
            "default": argparse.SUPPRESS,
            "dest": setting.name,
        }
        if several:
            is_flag = setting.kind is bool
            options["metavar"] = ",".join(
                setting.choices or (("yes", "no") if is_flag else (_METAVARS[setting.kind], "…"))
            )
            if is_flag:
                no = {**options, "action": "store_const", "const": "no", "help": argparse.SUPPRESS}
                del no["metavar"]
                group.add_argument(flag_of(f"no_{setting.name}"), **no)
                options |= {"nargs": "?", "const": "yes"}
        elif setting.kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            # The settings class checks the values, choices included: its messages are better than argparse's.
            metavar = "|".join(setting.choices) if setting.choices else _METAVARS[setting.kind]
            options |= {"type": setting.kind, "metavar": metavar}
        group.add_argument(flag_of(setting.name), **options)
        for old in (old for old, current in OLD_NAMES.items() if current == setting.name):
            group.add_argument(flag_of(old), **{**options, "help": argparse.SUPPRESS})


def help_group(parser: argparse.ArgumentParser, title: str) -> argparse._ArgumentGroup:
    """The help group of a parser with a title, created on first use."""
    found = (group for group in parser._action_groups if group.title == title)
    return next(found, None) or parser.add_argument_group(title)


def with_default(help: str, value: object) -> Message:
    """The help of an argument with its default."""
    shown = {True: Message("on"), False: Message("off")}[value] if isinstance(value, bool) else value
    return Message("{help} (default: {value})", help=Message(help), value=shown)


def _help_of(setting: Setting, defaults: DeclaredSettings | None) -> str:
    """The help of a setting, with its default if it has one that the help does not mention."""
    value = getattr(defaults, setting.name, None)
    # Composing without a seed uses a random one.
    is_drawn = isinstance(defaults, ComposeConfig) and setting.name == "seed"
    if value is None or value == "" or "default" in setting.help or is_drawn:
        return setting.help
    return with_default(setting.help, value)


def add_reading_flags(parser: argparse._ActionsContainer) -> None:
    """Add the flags for the format of a file of poems."""
    described = "; ".join(f"{name}: {what}" for name, what in FORMATS.items())
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        metavar="FORMAT",
        help=f"format of the file (default: recognised). {described}",
    )
    parser.add_argument(
        "--columns",
        metavar="title=1,content=3",
        help="columns of a table: title, author and content, by name, or by number where the table has no names",
    )


def given(arguments: argparse.Namespace, settings: SettingsClass) -> dict[str, Any]:
    """The fields of a settings class given on the command line, with their values."""
    return {name: value for name, value in vars(arguments).items() if name in settings.__struct_fields__}


def flags_between(default: DeclaredSettings, settings: DeclaredSettings) -> list[str]:
    """The command-line words that turn the settings `default` into `settings`."""
    words: list[str] = []
    for setting in settings_of(type(settings)):
        value = getattr(settings, setting.name)
        if value == getattr(default, setting.name):
            continue
        if isinstance(value, bool):
            words.append(flag_of(setting.name if value else f"no_{setting.name}"))
        elif value is not None:
            words += [flag_of(setting.name), shlex.quote(str(value))]
    return words
