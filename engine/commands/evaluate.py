"""`evaluate`: how well a model knows a file of poems."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from engine.commands.output import new_parser, say
from engine.config import TrainConfig
from engine.corpus.cleaning import Cleaner
from engine.corpus.formats import FORMATS, read_poems
from engine.errors import CorpusError
from engine.flags import add_setting_flags
from engine.header import HeaderPart
from engine.model_store import find_model


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "evaluate", evaluate, "How well a model predicts poems, in nats per Han character.")
    parser.add_argument(
        "--poems", type=Path, required=True, metavar="FILE", help="one poem a line, or any other file of poems"
    )
    parser.add_argument(
        "--format", metavar="|".join(FORMATS), help="what the file looks like (default: found by looking)"
    )
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    parser.add_argument(
        "--each-part",
        action="store_true",
        help="also with form, rhyme and title told one by one, where the model reads headers",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_setting_flags(parser, TrainConfig, only=("device",))


def evaluate(arguments: argparse.Namespace) -> int:
    """Print the figures of a model on the poems of a file."""
    folder = find_model(arguments.model)
    # Every poem of the file counts, whatever its length and however often it is there.
    cleaner = Cleaner(unique=False, lenient=True)
    poems = list(cleaner.clean_all(read_poems(arguments.poems, arguments.format)))
    dropped = ", ".join(f"{reason} {count}" for reason, count in cleaner.report.dropped.most_common())
    if not poems:
        raise CorpusError(
            f"No poem could be read from {arguments.poems}: {dropped or 'there is none in it'}.",
            "Is it a file of poems?",
        )
    if dropped:
        say(f"left out of {cleaner.report.n_read:,} poems: {dropped}")

    from engine.checkpoint import load_model
    from engine.devices import choose_device
    from engine.evaluate import evaluate as figures_of

    parts: tuple[HeaderPart, ...] = ("all", "form", "rhyme", "title") if arguments.each_part else ("all",)
    figures = figures_of(load_model(folder, choose_device(getattr(arguments, "device", "auto"))), poems, parts)
    if arguments.json:
        print(json.dumps(figures.to_dict(), ensure_ascii=False))
        return 0
    for label, nats in (
        ("everything counted", figures.nats_per_han),
        ("Han characters only", figures.nats_per_han_text),
    ):
        print(f"{nats:.4f} nats per Han character, {label} (perplexity {math.exp(min(nats, 700)):,.1f})")
    for part, nats in figures.nats_per_han_with.items():
        told = "form, rhyme and title" if part == "all" else part
        print(f"{nats:.4f} ({nats - figures.nats_per_han:+.4f}) with the {told} told before the poem")
    print(
        f"{figures.model} on {figures.n_poems:,} poems, {figures.n_han:,} Han characters, {figures.n_oov:,} of them unknown"
    )
    return 0
