"""`python -m engine train | compose | evaluate | rates | neighbours | pack | service`: the commands that need torch."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from engine.commands.front import carry_out, complain, ensure_memory
from engine.commands.parser import Parser, new_parser
from engine.system.errors import DEBUG_HINT, StudioError
from engine.system.processes import wait_passively
from engine.system.streams import prepare, use_utf8

# Modules of `engine.commands`, in the order of the help.
COMMANDS = ("train", "compose", "evaluate", "rates", "neighbours", "pack")
SERVICE = "service"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (see `engine.commands.front`)."""
    wait_passively()
    words = sys.argv[1:] if argv is None else list(argv)
    return carry_out(lambda: _run(words), complain, debug="--debug" in words)


def _run(words: Sequence[str]) -> int:
    arguments = make_parser(next((word for word in words if not word.startswith("-")), None)).parse_args(words)
    ensure_memory()
    exit_code: int = arguments.carry_out(arguments)
    return exit_code


def make_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of the named one alone, which loads less."""
    parser = Parser(prog="poetry-tui", description="Train recurrent networks on classical Chinese verse, and compose.")
    parser.add_argument("--debug", action="store_true", help="show a traceback when something fails")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in (command,) if command in COMMANDS else () if command == SERVICE else COMMANDS:
        import_module(f"engine.commands.{name}").add_parser(commands)
    new_parser(commands, SERVICE, _serve, "Compose for the studio: JSON lines on stdin and stdout.")
    return parser


def _serve(_arguments: argparse.Namespace) -> int:
    from engine.composing.service.server import serve

    serve()


def _report_unexpected(kind: type[BaseException], error: BaseException, _traceback: Any) -> None:
    problem = f"{kind.__name__}: {error}"
    complain(StudioError("Something unexpected went wrong: {error}.", DEBUG_HINT, error=problem))


if __name__ == "__main__":
    use_utf8()
    prepare()
    if "--debug" not in sys.argv:
        sys.excepthook = _report_unexpected
    sys.exit(main())
