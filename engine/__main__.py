"""`python -m engine train | compose | evaluate | rates | pack | service`: the commands that compute."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from engine.commands import compose, evaluate, pack, rates, service, train
from engine.commands.output import INTERRUPTED, say
from engine.errors import StudioError
from engine.flags import Parser
from engine.openmp import wait_passively
from engine.utf8 import use_utf8


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    wait_passively()
    words = sys.argv[1:] if argv is None else list(argv)
    debug = "--debug" in words
    try:
        arguments = make_parser().parse_args(words)
        exit_code: int = arguments.carry_out(arguments)
        sys.stdout.flush()
        return exit_code
    except StudioError as error:
        if debug:
            raise
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        if debug:
            raise
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); nothing may be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="poetry-tui", description="Train recurrent networks on classical Chinese verse, and compose.")
    parser.add_argument("--debug", action="store_true", help="show a traceback when something fails")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (train, compose, evaluate, rates, pack, service):
        module.add_parser(commands)
    return parser


def _tell_unforeseen(kind: type[BaseException], error: BaseException, _traceback: Any) -> None:
    say(f"Something failed that was not foreseen: {kind.__name__}: {error}. Run it again with --debug to see where.")


if __name__ == "__main__":
    use_utf8()
    if "--debug" not in sys.argv:
        sys.excepthook = _tell_unforeseen
    sys.exit(main())
