"""`neighbours`: the nearest characters in the embedding of a model."""

import argparse
import json
from typing import Any

from engine.commands.flags import add_setting_flags, check_count
from engine.commands.parser import new_parser
from engine.config.schema import TrainConfig
from engine.model.registry import find_model
from engine.system.errors import ComposeError, UsageError

DEFAULT_N = 10
MAX_N = 100
HINT = "Give Chinese characters, one or several, such as 日月."


def add_parser(commands: Any) -> None:
    parser = new_parser(
        commands, "neighbours", print_neighbours, "Print the nearest characters in the embedding of a model."
    )
    parser.add_argument("characters", metavar="CHARACTERS", help="the characters, without spaces")
    parser.add_argument(
        "model", nargs="?", metavar="MODEL", help="a model or a run, by name or folder (default: the studio's own)"
    )
    parser.add_argument(
        "-n", "--n", type=int, default=DEFAULT_N, metavar="N", help="neighbours of each character (default: 10)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line for each character")
    add_setting_flags(parser, TrainConfig, only=("device",), defaults=TrainConfig())


def print_neighbours(arguments: argparse.Namespace) -> int:
    """Print a line per character: its nearest neighbours among the most common Han characters, with the cosine."""
    check_count("-n", arguments.n, MAX_N)
    if not arguments.characters.strip():
        raise UsageError("There is no character to look up.", HINT)
    folder = find_model(arguments.model)

    from engine.composing.constraints.begin_variants import fold_begin
    from engine.model.checkpoint import load_model
    from engine.model.devices import choose_device
    from engine.training.probe import neighbours

    loaded = load_model(folder, choose_device(getattr(arguments, "device", "auto")))
    try:
        characters = fold_begin(arguments.characters, loaded.vocabulary, HINT)
    except ComposeError as error:
        raise UsageError(error.message, error.hint) from None
    found = neighbours(loaded.model, loaded.vocabulary, characters, arguments.n)
    for character, nearest in zip(characters, found, strict=True):
        if arguments.json:
            rows = [{"character": one, "cosine": round(cosine, 4)} for one, cosine in nearest]
            print(json.dumps({"character": character, "model": loaded.name, "neighbours": rows}, ensure_ascii=False))
        else:
            print(f"{character}  " + "  ".join(f"{one} {cosine:.2f}" for one, cosine in nearest))
    return 0
