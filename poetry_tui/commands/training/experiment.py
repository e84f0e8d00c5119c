"""`poetry-tui experiment`: answer a question about networks with several trainings, and report on it."""

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.commands.flags import add_setting_flags, check_count, flag_of, with_default
from engine.config.options import Setting, settings_of
from engine.config.presets import PRESETS, preset
from engine.config.schema import ComposeConfig, ModelConfig, TrainConfig
from engine.model.registry import find_model
from engine.prosody.forms.definitions import form_called
from engine.system.errors import UsageError
from engine.system.names import path_of, shown
from engine.system.translations import worded
from poetry_tui.commands.output import Commands, Run, command, group, print_note
from poetry_tui.commands.training.report import add_language_flag, set_report_language
from poetry_tui.preferences.i18n import TRANSLATIONS, tr
from poetry_tui.tracking.experiments import EXPERIMENTS, Grid, plan, rates, run, with_settings
from poetry_tui.tracking.report.blocks import Block
from poetry_tui.tracking.report.experiment import (
    TRAINING_MEASURES,
    Condition,
    Measure,
    as_csv,
    blocks,
    conclusion,
    conditions_of,
    heading,
    results,
)
from poetry_tui.tracking.report.history import RunHistory, read_history
from poetry_tui.tracking.report.write import HTML, check_folder, write_page

# A training of this length takes some minutes on two cores, and shows the differences.
DEFAULT_STEPS = 500
DEFAULT_SEEDS = 3
MAX_SEEDS = 100
TEMPERATURES = "0.2,0.5,0.8,1.1,1.4"
SAMPLING_MEASURES = (
    Measure("distinct", 1, is_judged=True, is_lower_better=False),
    Measure("logprob", 2, is_judged=True, is_lower_better=False),
    Measure("unaided", 1, is_judged=True, is_lower_better=False),
)
_YES_NO = {"yes": True, "no": False}


def add_parser(commands: Commands) -> None:
    experiments = group(
        commands, "experiment", "train networks that differ in some settings, and write a report on them"
    )
    for name in EXPERIMENTS:
        parser = _add_experiment(experiments, name, _experiment)
        parser.description = f"{parser.description}\nA flag takes one value, or several separated by commas."
        parser.add_argument(
            "--preset",
            choices=list(PRESETS),
            default="nndl",
            help=with_default("the settings that the networks share", "nndl"),
        )
        usual = preset("nndl")
        defaults = usual.replace(max_steps=DEFAULT_STEPS)
        add_setting_flags(parser, TrainConfig, without=("preset",), defaults=defaults, several=True)
        add_setting_flags(parser, ModelConfig, defaults=usual.model, several=True)
        parser.epilog = "The defaults are those of the preset nndl."
    parser = _add_experiment(experiments, "temperature", _temperature)
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    parser.add_argument("--form", default="qijue", metavar="NAME", help=with_default("form of the poems", "qijue"))
    parser.add_argument(
        "-n", type=int, default=50, metavar="N", dest="n_poems", help=with_default("poems for each seed", 50)
    )
    parser.add_argument(
        "--temperature", default=TEMPERATURES, metavar="X,…", help=with_default("sampling temperatures", TEMPERATURES)
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help=with_default("the first seed", 1))


def _add_experiment(experiments: Commands, name: str, run: Run) -> argparse.ArgumentParser:
    """Add an experiment with the flags common to all; its help is its question."""
    question = TRANSLATIONS[f"report.question.{name}"][1]
    parser = command(experiments, name, run, question)
    parser.description = question
    parser.set_defaults(experiment=name)
    parser.add_argument(
        "--seeds",
        type=int,
        default=DEFAULT_SEEDS,
        metavar="N",
        dest="n_seeds",
        help=with_default("seeds for each condition, from --seed upwards", DEFAULT_SEEDS),
    )
    parser.add_argument(
        "-o",
        dest="folder",
        type=path_of,
        metavar="DIR",
        default=Path(f"report-{name}"),
        help=with_default("the folder of the report", f"report-{name}"),
    )
    add_language_flag(parser)
    return parser


def _settings() -> Iterator[Setting]:
    return (one for kind in (TrainConfig, ModelConfig) for one in settings_of(kind) if one.name != "preset")


def values_of(setting: Setting, text: str) -> tuple[Any, ...]:
    """Parse the values of a flag, separated by commas.

    Raises:
        UsageError: a value is not of the setting's type.
    """
    # Begin characters are one value; the name of an existing file may contain a comma.
    is_whole = setting.name == "begin_characters" or (setting.kind is str and Path(text).exists())
    parts = [text] if is_whole else [part.strip() for part in text.split(",")]
    try:
        if setting.kind is bool:
            return tuple(_YES_NO[part] for part in parts)
        return tuple(None if setting.is_optional and part == "none" else setting.kind(part) for part in parts)
    except (KeyError, ValueError):
        raise UsageError(
            "{name} cannot be {value}.",
            "Give one value, or several separated by commas, such as {example}.",
            name=flag_of(setting.name),
            value=shown(text),
            example="yes,no" if setting.kind is bool else "1,2",
        ) from None


def _experiment(options: argparse.Namespace) -> None:
    name: str = options.experiment
    given = {one.name: values_of(one, vars(options)[one.name]) for one in _settings() if one.name in options}
    grid: Grid = {
        **EXPERIMENTS[name],
        **{key: values for key, values in given.items() if len(values) > 1 or key in EXPERIMENTS[name]},
    }
    grid = {key: tuple(dict.fromkeys(values)) for key, values in grid.items()}
    if "seed" in grid or all(len(values) == 1 for values in grid.values()):
        raise UsageError(
            "Nothing varies in this experiment.",
            "Give a flag several values, such as --learning-rate 0.001,0.002; seeds are counted with --seeds.",
        )
    folder = _folder(options)
    single = {key: values[0] for key, values in given.items() if key not in grid}
    base = with_settings(preset(options.preset), {"max_steps": DEFAULT_STEPS, **single})
    trials = plan(grid, base, options.n_seeds)
    histories: dict[str, list[RunHistory]] = {}
    for number, trial in enumerate(trials, 1):
        seed = worded("{condition}, seed {seed}", condition=trial.condition, seed=trial.config.seed)
        print_note(f"\n{number} / {len(trials)}: {seed}")
        run(trial)
        histories.setdefault(trial.condition, []).append(read_history(trial.folder))
    conditions = conditions_of(histories)
    content = blocks(name, _method(grid, base, options.n_seeds, len(trials)), histories)
    _write(options, folder, content, conditions, TRAINING_MEASURES, base.seed)


def _temperature(options: argparse.Namespace) -> None:
    model = find_model(options.model)
    temperatures = tuple(map(_temperature_of, options.temperature.split(",")))
    form = form_called(options.form)
    if len(temperatures) < 2:
        raise UsageError("One temperature is no comparison.", "Give several, such as --temperature 0.5,0.8.")
    folder = _folder(options)
    conditions = []
    for temperature in temperatures:
        found = []
        for seed in range(options.seed, options.seed + options.n_seeds):
            about = worded("temperature {temperature:g}, seed {seed}", temperature=temperature, seed=seed)
            print_note(f"\n{about}")
            flags = [
                "--form",
                form.key,
                "-n",
                str(options.n_poems),
                "--temperature",
                str(temperature),
                "--seed",
                str(seed),
            ]
            found.append(_sampled(rates(model, flags)))
        conditions.append(
            Condition(f"{temperature:g}", {one.key: [row[one.key] for row in found] for one in SAMPLING_MEASURES})
        )
    method = tr(
        "report.method_temperature", model=model.name, grid=options.temperature, seeds=options.n_seeds, first=options.seed,
        form=form.name, poems=options.n_poems,
    )  # fmt: skip
    content = [*heading("temperature", method), *results(conditions, SAMPLING_MEASURES)]
    _write(options, folder, content, conditions, SAMPLING_MEASURES, options.seed)


def _temperature_of(text: str) -> float:
    try:
        return ComposeConfig(temperature=float(text)).temperature
    except ValueError:
        raise UsageError(
            "{value} is no temperature.", "Give numbers separated by commas, such as 0.5,0.8.", value=shown(text)
        ) from None


def _sampled(rates_by_mode: Mapping[str, Mapping[str, float | None]]) -> dict[str, float]:
    """The measures of one sample, from the rows of `rates` by mode; NaN for a missing figure."""
    constrained = rates_by_mode["constrained"]
    unaided = rates_by_mode.get("conditioned", rates_by_mode["unconditional"])
    values = {
        "distinct": (constrained["distinct_bigrams"], 100.0),
        "logprob": (constrained["mean_logprob"], 1.0),
        "unaided": (unaided["n_ok"], 100.0 / (unaided["n_poems"] or math.nan)),
    }
    return {key: math.nan if value is None else value * factor for key, (value, factor) in values.items()}


def _folder(options: argparse.Namespace) -> Path:
    """Set the report's language and return its folder. Raises UsageError for an invalid number of seeds or folder, before hours of
    training."""
    set_report_language(options)
    check_count("--seeds", options.n_seeds, MAX_SEEDS)
    folder: Path = options.folder.expanduser().absolute()
    check_folder(folder)
    print_note(tr(f"report.question.{options.experiment}"))
    return folder


def _write(
    options: argparse.Namespace,
    folder: Path,
    content: Sequence[Block],
    conditions: Sequence[Condition],
    measures: Sequence[Measure],
    first_seed: int,
) -> None:
    """Write the report and its table as CSV; print the means and the conclusions."""
    question = tr(f"report.question.{options.experiment}")
    write_page(content, question, folder, {"results.csv": as_csv(conditions, measures, first_seed)})
    for measure in (one for one in measures if one.is_judged):
        print_note(f"\n{tr(f'report.measure.{measure.key}')}")
        for condition in conditions:
            spread = condition.spread(measure.key)
            print_note(f"  {condition.name}: {spread.text(measure.decimals) if spread else '–'}")
        print_note(conclusion(conditions, measure))
    print_note("")
    print_note("Open {path} in a browser.", path=options.folder / HTML)
    print(options.folder)


def _method(grid: Mapping[str, Sequence[Any]], base: TrainConfig, n_seeds: int, n_trials: int) -> str:
    varied = "; ".join(f"{name} = {', '.join(map(str, values))}" for name, values in grid.items())
    method = tr(
        "report.method_training", n=n_trials, grid=varied, seeds=n_seeds, first=base.seed, preset=base.preset,
        steps=f"{base.max_steps:,}" if base.max_steps else "–", poems=f"{base.n_val_poems:,}",
    )  # fmt: skip
    return f"{method} {tr('report.method_batch')}" if "batch_size" in grid and "max_steps" not in grid else method
