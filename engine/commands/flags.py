"""The command line's flags: one for every field of a settings class, made from its declaration."""

import argparse
import shlex
from collections.abc import Collection, Mapping
from typing import Any

from engine.config.options import OLD_NAMES, Setting, Settings, settings_of
from engine.corpus.readers.formats import FORMATS
from engine.system.errors import Message
from engine.system.translations import worded

SettingsClass = type[Settings]

_METAVARS: Mapping[type, str] = {int: "N", float: "X", str: "TEXT"}


def flag_of(name: str) -> str:
    """`hidden_size` -> `--hidden-size`."""
    return "--" + name.replace("_", "-")


def add_setting_flags(
    parser: argparse._ActionsContainer,
    settings: SettingsClass,
    *,
    only: Collection[str] = (),
    without: Collection[str] = (),
    defaults: Settings | None = None,
) -> None:
    """Add a flag for each setting of a class, or for those in `only`. A flag that is not given leaves no attribute.

    `defaults`: the settings whose values the help gives as the defaults.
    """
    for setting in settings_of(settings):
        if setting.name in without or (only and setting.name not in only):
            continue
        options: dict[str, Any] = {
            "help": (worded(setting.help) + _default_of(setting, defaults)).replace("%", "%%"),
            "default": argparse.SUPPRESS,
            "dest": setting.name,
        }
        if setting.kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            # The settings class judges the values, choices too: its sentences are better than argparse's.
            metavar = "|".join(setting.choices) if setting.choices else _METAVARS[setting.kind]
            options |= {"type": setting.kind, "metavar": metavar}
        parser.add_argument(flag_of(setting.name), **options)
        for old in (old for old, current in OLD_NAMES.items() if current == setting.name):
            parser.add_argument(flag_of(old), **{**options, "help": argparse.SUPPRESS})


def _default_of(setting: Setting, defaults: Settings | None) -> str:
    """The end of a flag's help that says its default; empty where it has none or the help says it."""
    value = getattr(defaults, setting.name, None)
    # Without a seed, composing takes a random one.
    if value is None or value == "" or isinstance(value, bool) or "default" in setting.help or setting.name == "seed":
        return ""
    return " " + worded(Message("(default: {value})", value=value))


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
    """The fields of a settings class that the command line gave."""
    return {name: value for name, value in vars(arguments).items() if name in settings.__struct_fields__}


def flags_between(default: Settings, settings: Settings) -> list[str]:
    """The words of a command line that turn one settings object into another of its class."""
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
