"""`poetry-tui experiment`: answer a question about networks by training a few of them, and report on it."""

import argparse
from pathlib import Path

from engine.commands.flags import add_setting_flags, given
from engine.config.presets import PRESETS, preset
from engine.config.schema import ModelConfig, TrainConfig
from engine.system.names import path_of
from poetry_tui.commands.output import Commands, command, print_note
from poetry_tui.tracking.experiments import EXPERIMENTS, plan, run, run_folder_for
from poetry_tui.tracking.report.history import read_history
from poetry_tui.tracking.report.write import HTML, check_folder, write_report

# A quarter of an hour a training on two cores; the differences show by then.
DEFAULT_STEPS = 500


def add_parser(commands: Commands) -> None:
    parser = command(
        commands, "experiment", _experiment, "train networks that differ in one setting, and write a report on them"
    )
    questions = "; ".join(f"{name}: {experiment.question}" for name, experiment in EXPERIMENTS.items())
    parser.add_argument("experiment", choices=list(EXPERIMENTS), help=questions)
    parser.add_argument(
        "--preset", choices=list(PRESETS), default="nndl", help="the settings that the networks share (default: nndl)"
    )
    parser.add_argument(
        "-o", dest="folder", type=path_of, metavar="DIR", help="the folder of the report (default: report-EXPERIMENT)"
    )
    usual = preset("nndl")
    add_setting_flags(parser, TrainConfig, without=("preset",), defaults=usual.replace(max_steps=DEFAULT_STEPS))
    add_setting_flags(parser, ModelConfig, defaults=usual.model)
    parser.epilog = "The defaults are those of the preset nndl."


def _experiment(options: argparse.Namespace) -> None:
    experiment = EXPERIMENTS[options.experiment]
    asked = given(options, TrainConfig)
    asked.pop("preset")
    base = preset(options.preset).replace(**{"max_steps": DEFAULT_STEPS, **asked})
    base = base.replace(model=base.model.replace(**given(options, ModelConfig)))
    folder: Path = options.folder or Path(f"report-{options.experiment}")
    # Not after hours of training.
    check_folder(folder.expanduser().absolute())
    print_note(experiment.question)
    runs = []
    for config in plan(experiment, base):
        runs.append(run_folder_for(config, experiment))
        print_note(f"\n{experiment.setting} {getattr(config.model, experiment.setting)}")
        run(config, runs[-1])
    write_report([read_history(path) for path in runs], folder.expanduser().absolute())
    print_note(f"\nOpen {folder / HTML} in a browser.")
    print(folder)
