"""Output of commands: data on stdout, narration on stderr."""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.cells import cell_len

from engine.commands.front import is_quiet, say
from engine.system.errors import Message, UsageError
from engine.system.names import printable as printable
from engine.system.translations import worded

Run = Callable[[argparse.Namespace], int | None]
# The object returned by argparse's add_subparsers.
Commands = Any


def command(commands: Commands, name: str, run: Run, what: str, *, json_too: bool = False) -> argparse.ArgumentParser:
    """Add a command, implemented by `run`; `what` is its one-line help."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=f"{what[:1].upper()}{what[1:]}.")
    # Not called `run`, which is an argument of several commands.
    parser.set_defaults(carry_out=run)
    if json_too:
        parser.add_argument("--json", action="store_true", help="print JSON for a program to read")
    return parser


def group(commands: Commands, name: str, what: str) -> Commands:
    """Add a command with subcommands."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=f"{what[:1].upper()}{what[1:]}.")
    return parser.add_subparsers(metavar="COMMAND", required=True, parser_class=type(parser))


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def print_note(sentence: str, /, **parameters: object) -> None:
    """Print narration on stderr, unless `--quiet` was given."""
    say(sentence, **parameters)


def heads(*names: str) -> tuple[str, ...]:
    """Translate the column heads of a table to the language of the command line."""
    return tuple(map(worded, names))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns aligned by terminal cells, two spaces apart."""
    lines = [list(map(printable, row)) for row in (header, *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print a line for each name and value, the values aligned."""
    lines = [(printable(name), printable(value)) for name, value in pairs]
    width = max((cell_len(name) for name, _ in lines), default=0)
    for name, value in lines:
        print(f"{name}{' ' * (width - cell_len(name))}  {value}".rstrip())


def figure(value: float | None, decimals: int = 3) -> str:
    """Format a number for a table; a dash for None."""
    return "-" if value is None else f"{value:,.{decimals}f}"


def megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def confirm(what: str, is_sure: bool) -> bool:
    """Ask before `what` is removed, unless `is_sure`. Raises UsageError when stdin is no terminal."""
    if is_sure:
        return True
    if not sys.stdin.isatty():
        raise UsageError("Removing {what} cannot be undone.", "Say --yes to go ahead.", what=what)
    question = Message("Removing {what} cannot be undone. Go ahead? [y/N]", what=what)
    print(printable(worded(question)), file=sys.stderr)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[str, float], None]]:
    """Yield a function of (stage, fraction) that shows progress: a bar if stderr is a terminal, else a line for each stage.

    Prints nothing with `--quiet`.
    """

    def stage_of(stage: str) -> str:
        return worded("{what}: {stage}", what=what, stage=Message(stage))

    if is_quiet() or not sys.stderr.isatty():
        seen: set[str] = set()

        def report(stage: str, fraction: float) -> None:
            if stage not in seen:
                seen.add(stage)
                print_note(stage_of(stage))

        yield report
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda stage, fraction: bar.update(task, completed=fraction, description=stage_of(stage))
