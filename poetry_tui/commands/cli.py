"""The `poetry-tui` command: the studio, or one of its commands.

stdout is data, stderr is narration. The exit statuses are those of `engine.commands.front`. An error is one sentence on the fault
and one on its remedy; `--debug` adds the traceback.
"""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine import __version__
from engine.commands.front import carry_out
from engine.system.errors import DEBUG_HINT, StudioError
from engine.system.streams import prepare, use_utf8
from engine.system.translations import LANGUAGE_VARIABLE

if TYPE_CHECKING:
    from engine.commands.parser import Parser

# Commands that compute: they run in the engine, which parses their arguments itself.
ENGINE_COMMANDS: Mapping[str, str] = {
    "compose": "compose poems from begin characters",
    "train": "train a network",
    "pack": "make a small model folder of a run, to give away",
    "evaluate": "score a model on poems, in nats per Han character",
    "rates": "measure how often a model's verse keeps the rules, and its novelty",
    "neighbours": "print the nearest characters in the embedding of a model",
}
# Modules of `poetry_tui.commands` by the first command that each adds, in the order of the help.
COMMANDS: Mapping[str, str] = {
    module.rpartition(".")[2]: module
    for module in (
        "corpus", "models", "verse.check", "verse.forms", "verse.novelty", "training.runs", "training.monitor", "training.report",
        "training.experiment", "lessons", "favourites", "web.serve", "completion", "doctor",
    )
}  # fmt: skip
LANGUAGES = ("zh", "en")
EPILOG = """\
`poetry-tui COMMAND -h` explains a command. `poetry-tui locate` shows where your files lie, config.toml among them;
POETRY_TUI_HOME puts them all into one folder.

examples:
  poetry-tui                                     open the studio
  poetry-tui compose 日 红 山                    three poems
  poetry-tui corpus install tang                 get the Tang poems, through npm
  poetry-tui train --preset nndl --corpus tang   train the course experiment's network
  poetry-tui runs compare RUN RUN                their differing settings and their results
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    arguments = _take_quiet(_take_language(list(sys.argv[1:] if argv is None else argv)))
    is_debug = "--debug" in arguments
    use_utf8(restarts=argv is None)
    prepare()
    try:
        return carry_out(lambda: _run(arguments), lambda error: _complain(error, is_debug), debug=False)
    except Exception as error:  # noqa: BLE001 - last resort: one sentence for the user; --debug shows the traceback
        _complain(StudioError("Something unexpected went wrong: {error}.", DEBUG_HINT, error=repr(error)), is_debug)
        return 1


def _run(arguments: list[str]) -> int:
    words = [argument for argument in arguments if argument != "--debug"]
    if not words:
        from poetry_tui.commands.studio import open_studio

        return open_studio()
    if words[0] in ENGINE_COMMANDS:
        return _hand_over(
            words[0], [argument for argument in arguments if argument != words[0] or argument in words[1:]]
        )
    options = make_parser(words[0]).parse_args(_with_default_verb(words))
    return int(options.carry_out(options) or 0)


def make_parser(command: str | None = None) -> "Parser":
    """The parser of all commands, or of `command` only, which imports less; `ENGINE_COMMANDS` are included by name only."""
    # Imported here, like the commands, so that the studio opens sooner.
    import argparse
    import importlib

    from engine.commands.parser import Parser

    parser = Parser(
        prog="poetry-tui",
        description="A studio for classical Chinese verse: train recurrent networks, and compose with them.\n"
        "Without a command, open the studio.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"poetry-tui {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.add_argument("--quiet", action="store_true", help="print data and errors alone, no narration")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of help, notes and errors (default: the locale's)")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name, what in ENGINE_COMMANDS.items():
        commands.add_parser(name, help=what, add_help=False)
    for module in (COMMANDS[command],) if command and command in COMMANDS else COMMANDS.values():
        importlib.import_module(f"poetry_tui.commands.{module}").add_parser(commands)
    return parser


def _with_default_verb(words: list[str]) -> list[str]:
    """Insert `list` after a bare `runs`, `models`, `corpus` or `favourites`."""
    is_alone = len(words) == 1 or (words[1].startswith("-") and words[1] not in ("-h", "--help"))
    lists = ("runs", "models", "corpus", "favourites")
    return [words[0], "list", *words[1:]] if words[0] in lists and is_alone else words


def _hand_over(command: str, arguments: list[str]) -> int:
    """Run a command in the engine: in this process's place on POSIX (exec), else in a child. Returns its exit status."""
    # -P: do not import a package called `engine` from the working folder.
    line = [sys.executable, "-P", "-m", "engine", command, *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        try:
            os.execv(sys.executable, line)
        except OSError as error:
            hint = "Install the studio where this user may run it."
            raise StudioError("{path} cannot be run: {error}.", hint, path=sys.executable, error=error) from error
    # The child receives the interrupt too; wait for its exit status.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(line)


def _complain(error: StudioError, is_debug: bool) -> None:
    from engine.commands.front import complain

    if is_debug:
        traceback.print_exc()
    complain(error)


def _take_language(arguments: list[str]) -> list[str]:
    """Move `--lang zh` or `--lang en` from the arguments to the environment, for the engine too. The parser rejects other values."""
    for index, argument in enumerate(arguments):
        language = (
            argument.removeprefix("--lang=") if argument != "--lang" else "".join(arguments[index + 1 : index + 2])
        )
        if argument.startswith("--lang") and language in LANGUAGES:
            os.environ[LANGUAGE_VARIABLE] = language
            return arguments[:index] + arguments[index + (2 if argument == "--lang" else 1) :]
        if argument == "--":
            break
    return arguments


def _take_quiet(arguments: list[str]) -> list[str]:
    """Move `--quiet` from the arguments to the environment, for the engine too."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if "--quiet" not in arguments[:end]:
        return arguments
    os.environ["POETRY_TUI_QUIET"] = "1"
    return [one for one in arguments[:end] if one != "--quiet"] + arguments[end:]
