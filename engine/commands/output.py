"""What the commands share: narration on stderr, and how a command is added to the parser."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from engine.system.errors import StudioError
from engine.system.safe_text import printable
from engine.system.translations import worded

# Set by `--quiet`; the engine, which is a process of its own, inherits it.
QUIET_VARIABLE = "POETRY_TUI_QUIET"


def say(line: str) -> None:
    """Print a line for people to stderr, unless `--quiet` was given."""
    if not is_quiet():
        _print_to_stderr(line)


def is_quiet() -> bool:
    """Whether `--quiet` was given."""
    return bool(os.environ.get(QUIET_VARIABLE))


def _print_to_stderr(line: str) -> None:
    print("\n".join(map(printable, line.split("\n"))), file=sys.stderr, flush=True)


def complain(error: StudioError) -> None:
    """Print an error to stderr, in the language of the command line."""
    _print_to_stderr(f"poetry-tui: {worded(str(error))}".rstrip())


def new_parser(
    commands: Any, name: str, carry_out: Callable[[argparse.Namespace], int], help: str
) -> argparse.ArgumentParser:
    """A command's own parser; `carry_out` runs it and returns the exit code."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(carry_out=carry_out)
    parser.add_argument("--debug", action="store_true", help="show a traceback when something fails")
    return parser
