"""`evaluate`: the likelihood of a file of poems by a model."""

import argparse
import itertools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.flags import add_reading_flags, add_setting_flags
from engine.commands.front import say
from engine.commands.parser import new_parser
from engine.config.schema import TrainConfig
from engine.corpus.cleaning import Cleaner
from engine.corpus.poem import Poem
from engine.corpus.readers.formats import how_read, open_poems
from engine.corpus.tokens.control_codes import CONTROL_CODE_PARTS, ControlCodePart
from engine.evaluation.ngram import DEFAULT_ORDER, check_order
from engine.model.registry import find_model
from engine.system.errors import CorpusError, Message, UsageError
from engine.system.names import padded, path_of
from engine.system.translations import worded

if TYPE_CHECKING:
    from engine.evaluation.likelihood import Figures
    from engine.evaluation.ngram.baseline import BaselineFigures


# All poems are held in memory; this many take hours to evaluate.
MAX_POEMS = 1_000_000


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "evaluate", evaluate, "Score a model on poems, in nats per Han character.")
    parser.add_argument(
        "--poems", type=path_of, required=True, metavar="FILE", help="one poem a line, or any other file of poems"
    )
    add_reading_flags(parser)
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    parser.add_argument(
        "--each-part",
        action="store_true",
        help="also evaluate conditioned on form, rhyme, title, keywords and style, one at a time, as far as the model reads them",
    )
    parser.add_argument(
        "--baseline",
        action="store_true",
        help="also score a Kneser-Ney n-gram model of the training text, whose corpus must be installed",
    )
    parser.add_argument("--order", type=int, metavar="N", help="order of the n-gram model, 2 to 6 (default: 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_setting_flags(parser, TrainConfig, only=("device",), defaults=TrainConfig())


def evaluate(arguments: argparse.Namespace) -> int:
    """Evaluate a model on the poems of a file, and print the figures."""
    if arguments.order is not None and not arguments.baseline:
        raise UsageError("--order is that of the baseline.", "Add --baseline.")
    if arguments.order is not None:
        check_order(arguments.order)
    folder = find_model(arguments.model)
    poems = _read(arguments)

    from engine.evaluation.likelihood import evaluate as figures_of
    from engine.evaluation.ngram.baseline import evaluate_baseline
    from engine.model.checkpoint import load_model
    from engine.model.devices import choose_device

    loaded = load_model(folder, choose_device(getattr(arguments, "device", "auto")))
    order = DEFAULT_ORDER if arguments.order is None else arguments.order
    baseline = evaluate_baseline(loaded, poems, order, say) if arguments.baseline else None
    parts: tuple[ControlCodePart, ...] = CONTROL_CODE_PARTS if arguments.each_part else ("all",)
    figures = figures_of(loaded, poems, parts)
    if figures.n_memorised:
        say(
            "{n_memorised:,} of the {n_poems:,} poems have half of their lines or more in the training text of {model}: "
            "the figures flatter it (`poetry-tui corpus held-out` gives poems that it has not read)",
            n_memorised=figures.n_memorised,
            n_poems=figures.n_poems,
            model=figures.model,
        )
    if arguments.json:
        beside = {} if baseline is None else {"baseline": baseline.to_dict()}
        print(json.dumps({**figures.to_dict(), **beside}, ensure_ascii=False))
        return 0
    _print(figures) if baseline is None else _print_beside(figures, baseline)
    for part, nats in figures.nats_per_han_with.items():
        told = worded("all that is known") if part == "all" else worded("the {part}", part=Message(part))
        more = worded("with {told} told before the poem", told=told)
        print(f"{nats:.4f} ({nats - figures.nats_per_han:+.4f}) {more}")
    about = worded(
        "{model} on {n_poems:,} poems, {n_han:,} Han characters, {n_oov:,} of them unknown",
        model=figures.model,
        n_poems=figures.n_poems,
        n_han=figures.n_han,
        n_oov=figures.n_oov,
    )
    print(about)
    return 0


def _read(arguments: argparse.Namespace) -> list[Poem]:
    """Read the poems of a file, of any length, duplicates included."""
    path: Path = arguments.poems
    cleaner = Cleaner(unique=False, lenient=True)
    file = open_poems(path, arguments.format, arguments.columns)
    poems = list(itertools.islice(cleaner.clean_all(file), MAX_POEMS + 1))
    if len(poems) > MAX_POEMS:
        raise CorpusError(
            "{path} holds more than {number} poems.",
            "Judge the model by some of them.",
            path=path,
            number=f"{MAX_POEMS:,}",
        )
    dropped = cleaner.report.reasons()
    if not poems:
        raise CorpusError(
            "No poem could be read from {name}: {why}.",
            "Is it a file of poems?",
            name=path,
            why=dropped or "there is none in it",
        )
    if file.is_detected and not arguments.json:
        say(how_read(file, cleaner.report.n_read))
    if dropped:
        say("left out of {n_poems:,} poems: {reasons}", n_poems=cleaner.report.n_read, reasons=dropped)
    return poems


def _print(figures: "Figures") -> None:
    for label, nats in (
        ("everything counted", figures.nats_per_han),
        ("Han characters only", figures.nats_per_han_text),
    ):
        line = worded(
            "{nats:.4f} nats per Han character, {label} (perplexity {perplexity:,.1f})",
            nats=nats,
            label=worded(label),
            perplexity=perplexity(nats),
        )
        print(line)


def _print_beside(figures: "Figures", baseline: "BaselineFigures") -> None:
    """Print a table of the network and the n-gram model: nats and perplexity per Han character."""
    counted = baseline.name
    widths = 22, max(10, len(figures.model)), len(counted), 17

    def show(label: str, *cells: str) -> None:
        aligned = (padded(cell, width, to_right=True) for cell, width in zip(cells, widths[1:], strict=True))
        print("  ".join((padded(label, widths[0]), *aligned)))

    show(worded("nats per Han character"), figures.model, counted, worded("the network saves"))
    for label, ours, theirs in (
        ("everything counted", figures.nats_per_han, baseline.nats_per_han),
        ("Han characters only", figures.nats_per_han_text, baseline.nats_per_han_text),
    ):
        show(worded(label), f"{ours:.4f}", f"{theirs:.4f}", f"{theirs - ours:.4f}")
        ours, theirs = perplexity(ours), perplexity(theirs)
        show(f"  {worded('perplexity')}", f"{ours:,.1f}", f"{theirs:,.1f}", f"{1 - ours / theirs:.1%}")
    about = worded(
        "{counted} of the {n_poems:,} training poems of {corpus}, {n_chars:,} characters, with the network's vocabulary",
        counted=counted,
        n_poems=baseline.n_poems_counted,
        corpus=baseline.corpus,
        n_chars=baseline.n_chars_counted,
    )
    print(about)


def perplexity(nats: float) -> float:
    return math.exp(min(nats, 700))
