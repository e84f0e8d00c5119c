"""How commands speak: data on stdout, narration on stderr."""

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
# What argparse's add_subparsers returns.
Commands = Any


def command(commands: Commands, name: str, run: Run, what: str, *, json_too: bool = False) -> argparse.ArgumentParser:
    """Add a command that `run` carries out; `what` is its one-line help."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=f"{what[:1].upper()}{what[1:]}.")
    # Not `run`: that is what commands call their argument.
    parser.set_defaults(carry_out=run)
    if json_too:
        parser.add_argument("--json", action="store_true", help="print JSON for a program to read")
    return parser


def group(commands: Commands, name: str, what: str) -> Commands:
    """Add a command that has commands of its own."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=f"{what[:1].upper()}{what[1:]}.")
    return parser.add_subparsers(metavar="COMMAND", required=True, parser_class=type(parser))


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def print_note(sentence: str, /, **parameters: object) -> None:
    """Tell the person at the terminal, unless `--quiet` was given; a program reading stdout does not see it."""
    say(sentence, **parameters)


def heads(*names: str) -> tuple[str, ...]:
    """The heads of a table in the language of the command line."""
    return tuple(map(worded, names))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns aligned by terminal cells, two spaces apart."""
    lines = [list(map(printable, row)) for row in (header, *rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Names and values, a line each, the values below one another."""
    lines = [(printable(name), printable(value)) for name, value in pairs]
    width = max((cell_len(name) for name, _ in lines), default=0)
    for name, value in lines:
        print(f"{name}{' ' * (width - cell_len(name))}  {value}".rstrip())


def figure(value: float | None, decimals: int = 3) -> str:
    """A number as a table shows it, a dash where there is none."""
    return "-" if value is None else f"{value:,.{decimals}f}"


def megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def confirm(what: str, is_sure: bool) -> bool:
    """Ask before `what` is removed, unless `is_sure`; a UsageError where nobody can be asked."""
    if is_sure:
        return True
    if not sys.stdin.isatty():
        raise UsageError("Removing {what} cannot be undone.", "Say --yes to go ahead.", what=what)
    question = Message("Removing {what} cannot be undone. Go ahead? [y/N]", what=what)
    print(printable(worded(question)), file=sys.stderr)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr where that is a terminal, a line for each stage elsewhere; call it with (stage, fraction).

    Nothing with `--quiet`.
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
