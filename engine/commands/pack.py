"""`pack`: write a small model folder of a run, for distribution."""

import argparse
from collections.abc import Iterator
from itertools import count
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.commands.flags import add_setting_flags, flags_between
from engine.commands.front import say
from engine.commands.parser import new_parser
from engine.config.presets import PRESETS
from engine.config.schema import TrainConfig
from engine.model.registry import find_model
from engine.system.errors import CorpusError, ModelError, UsageError
from engine.system.files import is_there, resolved
from engine.system.names import path_of

if TYPE_CHECKING:
    from engine.corpus.corpus import Corpus
    from engine.model.checkpoint import LoadedModel

# Names of the ancestors in the commands that reproduce a model; the oldest is number 1.
NUMBERED_RUN = "run-{number}"


def add_parser(commands: Any) -> None:
    parser = new_parser(
        commands,
        "pack",
        pack,
        "Make a model folder of a run, or of the mean of several: weights in 16 bits, judged on held-out quatrains.",
    )
    parser.add_argument(
        "models",
        metavar="RUN",
        nargs="+",
        help="a run, checkpoint or model, by name or folder; several that started from one model become the mean of their parameters",
    )
    parser.add_argument("folder", type=path_of, metavar="FOLDER", help="folder of the new model, which gets its name")
    parser.add_argument(
        "--shares",
        type=float,
        nargs="+",
        metavar="X",
        help="weights of the runs in the mean, in their order (default: equal)",
    )
    parser.add_argument("--replace", action="store_true", help="replace an existing model")
    add_setting_flags(parser, TrainConfig, only=("device",), defaults=TrainConfig())


def pack(arguments: argparse.Namespace) -> int:
    """Write the model, its training lines, its held-out figures and the command that reproduces it."""
    folder: Path = resolved(arguments.folder)
    if is_there(folder) and not arguments.replace:
        raise ModelError("{path} is there already.", "Choose another folder, or say --replace.", path=folder)
    shares = _shares(arguments.shares, len(arguments.models))
    sources = [find_model(model) for model in arguments.models]

    from engine.corpus.novelty.build import open_lines
    from engine.model.averaging import mean_of
    from engine.model.checkpoint import load_model, save_model
    from engine.model.devices import choose_device

    device = choose_device(getattr(arguments, "device", "auto"))
    models = [load_model(source, device) for source in sources]
    loaded = models[0] if len(models) == 1 else mean_of(models, shares)
    kept = ("corpus", "training", "steps", "n_chars_seen", "started_from", "mean_of", "made_with")
    about = _without_local_paths({key: loaded.metadata[key] for key in kept if key in loaded.metadata})
    corpus = _corpus_of(loaded)
    figures = dict(loaded.metadata.get("figures", {}))
    if corpus is not None:
        if len(models) > 1:
            figures |= {"val_nats_per_han": _validation_nats(loaded, corpus)}
        figures |= _held_out_figures(loaded, corpus)
    save_model(
        folder,
        loaded.model.cpu(),
        loaded.vocabulary,
        {"name": folder.name, **about, "figures": figures, "made_by": _command_again(about)},
        half=True,
        lines=loaded.lines or (open_lines(corpus) if corpus else None),
    )
    size = sum(path.stat().st_size for path in folder.iterdir())
    say("{name}: {megabytes:.1f} MB", name=folder.name, megabytes=size / 1e6)
    print(folder)
    return 0


def _shares(shares: list[float] | None, n_models: int) -> list[float]:
    """The weights of the models in the mean; equal for None. Raises UsageError."""
    if shares is None:
        return [1.0] * n_models
    if len(shares) != n_models or not all(share > 0 for share in shares) or sum(shares) == inf:
        raise UsageError(
            "--shares needs a number above 0 for each of the {n_models} models.",
            "Say them in the models' order, as in 3 3 2.",
            n_models=n_models,
        )
    return shares


def _corpus_of(loaded: "LoadedModel") -> "Corpus | None":
    """The corpus that a model was trained on, if it is installed and unchanged; else None."""
    from engine.corpus.store import open_corpus

    wanted = loaded.metadata.get("corpus", {})
    try:
        corpus = open_corpus(str(wanted.get("name")))
    except CorpusError as error:
        say("not judged on held-out quatrains: {error}", error=error)
        return None
    if corpus.sha256 != wanted.get("sha256"):
        say(
            "not judged on held-out quatrains: {corpus} is no longer the corpus that it was trained on.",
            corpus=corpus.name,
        )
        return None
    return corpus


def _held_out_figures(loaded: "LoadedModel", corpus: "Corpus") -> dict[str, object]:
    """The figures on test quatrains of the model's corpus that share no line with its training poems."""
    from engine.corpus.corpus import held_out_poems
    from engine.evaluation.likelihood import evaluate

    judged = evaluate(loaded, list(held_out_poems(corpus, "quatrains"))).to_dict()
    del judged["model"]
    return {"held_out_quatrains": judged}


def _validation_nats(loaded: "LoadedModel", corpus: "Corpus") -> float:
    """The validation loss of the model, as its training would compute it, in nats per Han character."""
    from engine.corpus.tokens.batching import in_order
    from engine.corpus.tokens.token_cache import open_tokens
    from engine.evaluation.likelihood import tally_batches
    from engine.training.curriculum import held_out_segments

    config = TrainConfig.from_dict(loaded.metadata["training"])
    validation = held_out_segments(open_tokens(corpus, vocabulary=loaded.vocabulary), config)
    batches = in_order(validation, config.batch_size)
    return tally_batches(loaded.model, batches, loaded.vocabulary, loaded.device, config.chunk_rows).nats_per_han


def _without_local_paths(about: dict[str, Any]) -> dict[str, Any]:
    """Metadata without local paths: a parent model is given by name."""
    if "started_from" not in about:
        return about
    ancestor = _without_local_paths(about["started_from"])
    place = {"start_from": ancestor.get("name", NUMBERED_RUN.format(number=1))}
    members = [{**member, "training": {**member["training"], **place}} for member in about.get("mean_of", ())]
    return {
        **about,
        "started_from": ancestor,
        "training": {**about["training"], **place},
        **({"mean_of": members} if members else {}),
    }


def _command_again(about: dict[str, Any]) -> str:
    """The command that reproduces a model: the preset, and a flag for each setting that differs from it.

    The commands of a model that it was started from, or of the members of a mean, come first.
    """
    commands, _ = _reproduction_commands(about, count(1), is_last=True)
    return " && ".join(commands)


def _reproduction_commands(about: dict[str, Any], numbers: Iterator[int], *, is_last: bool) -> tuple[list[str], str]:
    """The commands that reproduce a model, and the name that the last one gives it; the final model is not numbered."""
    commands: list[str] = []
    beginning = None
    if "started_from" in about:
        commands, beginning = _reproduction_commands(about["started_from"], numbers, is_last=False)
    members = about.get("mean_of", [about])
    is_mean = len(members) > 1
    runs = []
    for member in members:
        config = TrainConfig.from_dict(member.get("training", {}))
        command = _train_command(config if beginning is None else config.replace(start_from=beginning))
        if is_mean or not is_last:
            runs.append(NUMBERED_RUN.format(number=next(numbers)))
            command += f" --run {runs[-1]}"
        commands.append(command)
    if not is_mean:
        return commands, "" if is_last else runs[0]
    folder = "FOLDER" if is_last else NUMBERED_RUN.format(number=next(numbers))
    shares = [member.get("share", 1.0) for member in members]
    # After the folder, because --shares takes all numbers that follow.
    said = [] if len(set(shares)) == 1 else ["--shares", *(f"{share:g}" for share in shares)]
    commands.append(" ".join(["poetry-tui", "pack", *runs, folder, *said]))
    return commands, folder


def _train_command(config: TrainConfig) -> str:
    usual = PRESETS.get(config.preset, TrainConfig())
    words = ["poetry-tui", "train", "--preset", config.preset]
    return " ".join([*words, *flags_between(usual, config), *flags_between(usual.model, config.model)])
