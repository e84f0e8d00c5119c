"""`poetry-tui lessons`: open the studio on a guided lesson."""

import argparse

from engine.system.errors import UsageError
from poetry_tui.commands.output import Commands, command
from poetry_tui.commands.studio import open_studio


def add_parser(commands: Commands) -> None:
    parser = command(commands, "lessons", _lessons, "open the studio on a guided lesson")
    parser.add_argument(
        "number",
        metavar="N",
        nargs="?",
        type=int,
        default=0,
        help="a lesson by its number (default: choose from a list)",
    )


def _lessons(options: argparse.Namespace) -> None:
    # Imported here because other commands do not need the lessons.
    from poetry_tui.lessons.lesson import lessons

    n = len(lessons())
    if not 0 <= options.number <= n:
        raise UsageError("There is no lesson {number}.", "Choose one of 1 to {n}.", number=options.number, n=n)
    open_studio(wanted_lesson=options.number)
