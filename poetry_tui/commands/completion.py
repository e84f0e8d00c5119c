"""`poetry-tui completion`: a script that completes commands, flags and names in bash, zsh or fish."""

import argparse
import importlib
from collections.abc import Callable, Iterator, Mapping

from engine.corpus.corpus import list_corpora
from engine.corpus.install import PARTS
from engine.model.registry import list_models
from engine.prosody.forms.definitions import forms
from engine.runs.labels import read_labels, run_folders
from engine.system.errors import UsageError
from engine.system.names import path_of
from poetry_tui.commands.output import Commands, command

SHELLS = ("bash", "zsh", "fish")
# The names that a completion script requests when a word is completed.
NAMES: Mapping[str, Callable[[], list[str]]] = {
    "corpora": lambda: [*PARTS, *(corpus.name for corpus in list_corpora())],
    "forms": lambda: [name for form in forms() for name in (form.key, form.name)],
    "models": lambda: [model.name for model in list_models()],
    "runs": lambda: [name for folder in run_folders() for name in (read_labels(folder).name, folder.name) if name],
}
# The kind of name (key of `NAMES`) by the `dest` of an argument.
_KINDS = {
    "model": "models",
    "start_from": "models",
    "corpus": "corpora",
    "form": "forms",
    "form_names": "forms",
    "run": "runs",
    "runs": "runs",
    "resume": "runs",
}


def add_parser(commands: Commands) -> None:
    parser = command(commands, "completion", _completion, "print a completion script for a shell")
    parser.epilog = (
        "bash: `poetry-tui completion bash > ~/.local/share/bash-completion/completions/poetry-tui`;"
        " zsh: write it as `_poetry-tui` into a folder of $fpath; fish: `poetry-tui completion fish >"
        " ~/.config/fish/completions/poetry-tui.fish`."
    )
    parser.add_argument("shell", nargs="?", choices=SHELLS, metavar="|".join(SHELLS), help="the shell")
    parser.add_argument("--names", choices=list(NAMES), help=argparse.SUPPRESS)


def _completion(options: argparse.Namespace) -> None:
    if options.names is not None:
        print(*dict.fromkeys(NAMES[options.names]()), sep="\n")
        return
    if options.shell is None:
        raise UsageError("A completion script is for one shell.", "Name it: bash, zsh or fish.")
    import shtab

    print(shtab.complete(_whole_parser(), options.shell))


def _whole_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the arguments of engine commands are taken from the engine's own parser."""
    # Imported by name because of the import contracts: `cli` is a layer above its commands, and the engine's commands import PyTorch,
    # but only when they are run, which never happens here.
    cli = importlib.import_module("poetry_tui.commands.cli")
    parser: argparse.ArgumentParser = cli.make_parser()
    engine: argparse.ArgumentParser = importlib.import_module("engine.__main__").make_parser()
    commands = _commands_of(parser)
    for name in cli.ENGINE_COMMANDS:
        commands[name] = _commands_of(engine)[name]
    for one in _all_parsers(parser):
        for action in one._actions:
            _complete(action)
    return parser


def _commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next((one.choices for one in parser._actions if isinstance(one, argparse._SubParsersAction)), {})


def _all_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for one in _commands_of(parser).values():
        yield from _all_parsers(one)


def _complete(action: argparse.Action) -> None:
    """Set the completion of an argument's value: a kind of name, its choices, or a file."""
    import shtab

    metavar = action.metavar if isinstance(action.metavar, str) else ""
    completed: object = None
    if action.choices is not None or action.nargs == 0:
        return
    if kind := _KINDS.get(action.dest):
        names = f"poetry-tui completion --names {kind}"
        # Replace shtab's code for zsh, which prints every list of names whenever any word is completed: some 30 processes.
        completed = {**shtab.cmd(names), "zsh": f"{{compadd -- \\$({names})}}"}
    elif metavar and metavar == metavar.lower() and "|" in metavar:
        action.choices = metavar.split("|")
    elif action.type is path_of or "FILE" in metavar:
        completed = shtab.DIRECTORY if metavar == "DIR" else shtab.FILE
    if completed is not None:
        action.complete = completed  # type: ignore[attr-defined]
