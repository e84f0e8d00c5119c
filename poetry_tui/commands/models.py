"""`poetry-tui models`: list, add and remove models."""

import argparse

from engine.model.registry import ModelInfo, add_model, list_models, remove_model
from engine.runs.labels import run_folder
from engine.system.files import is_there
from engine.system.names import path_of
from engine.system.translations import worded
from poetry_tui.commands.output import (
    Commands,
    command,
    confirm,
    figure,
    group,
    heads,
    megabytes,
    print_json,
    print_note,
    print_table,
)


def add_parser(commands: Commands) -> None:
    verbs = group(commands, "models", "list, add and remove models")
    command(verbs, "list", _list, "list the models: the bundled ones, then yours", json_too=True)
    parser = command(verbs, "add", _add, "add a model: a copy of a folder, or the best checkpoint of a run")
    parser.add_argument(
        "folder", metavar="FOLDER|RUN", help="the folder of a model, a checkpoint or a run, or a run's name"
    )
    parser.add_argument("--name", help="the name of the model (default: the name that it has)")
    parser = command(verbs, "rm", _remove, "remove one of your models")
    parser.add_argument("name", help="one of your models; `models list` shows them")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _list(options: argparse.Namespace) -> None:
    models = list_models()
    if options.json:
        print_json([model.to_dict() for model in models])
        return
    if not models:
        print_note(
            "There is no model: the studio's own is missing. Install it again, or train one and `poetry-tui models add RUN`."
        )
        return
    names = heads("name", "cell", "parameters", "characters", "corpus", "nats/Han", "size", "")
    print_table(names, [_row(m) for m in models])


def _row(model: ModelInfo) -> tuple[str, ...]:
    return (
        model.name,
        model.cell,
        figure(model.n_params, 0),
        figure(len(model.metadata.get("vocabulary", "")), 0),
        str(model.metadata.get("corpus", {}).get("name", "")),
        figure(model.val_nats_per_han),
        megabytes(model.size_bytes),
        worded(model.problem or ("came with the studio" if model.is_bundled else "")),
    )


def _add(options: argparse.Namespace) -> None:
    folder = path_of(options.folder)
    run = None if is_there(folder) else run_folder(options.folder)
    print(add_model(run or folder, options.name))


def _remove(options: argparse.Namespace) -> int:
    yours = {model.name for model in list_models() if not model.is_bundled}
    if options.name in yours and not confirm(options.name, options.yes):
        return 1
    remove_model(options.name)
    print_note("The model {name} is removed.", name=options.name)
    return 0
