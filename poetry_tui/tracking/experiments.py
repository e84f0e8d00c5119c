"""Experiments: a few trainings that differ in one setting alone, with the same data, budget and seed."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.config.schema import CELLS, INITIALISATIONS, TrainConfig
from engine.runs.folder import CONFIG, has_started, removed_unless_started, write_config
from engine.system import paths
from engine.system.errors import INTERRUPTED, RunError
from engine.system.processes import call_politely
from poetry_tui.tracking.control import new_run_id, summarise
from poetry_tui.tracking.run_state.state import Status


@dataclass(frozen=True, slots=True)
class Experiment:
    """`setting` of the model takes each of `values` in turn; `question` is what that answers."""

    setting: str
    values: tuple[str, ...]
    question: str


# The questions of the course that the studio grew out of.
EXPERIMENTS: Mapping[str, Experiment] = {
    "cells": Experiment("cell", CELLS, "What do gates buy: RNN, LSTM or GRU?"),
    "initialisations": Experiment("init", INITIALISATIONS, "Does it matter how the weights begin?"),
}


def plan(experiment: Experiment, base: TrainConfig) -> list[TrainConfig]:
    """The trainings of an experiment, equal in everything else."""
    return [base.replace(model=base.model.replace(**{experiment.setting: value})) for value in experiment.values]


def run_folder_for(config: TrainConfig, experiment: Experiment) -> Path:
    """A new folder among the user's runs, named after the value that is tried."""
    value = getattr(config.model, experiment.setting)
    return paths.runs() / f"{new_run_id(config)}-{value}"


def run(config: TrainConfig, folder: Path) -> None:
    """Train to the end in a process of its own, whose narration goes where ours goes.

    A training that diverges is a result, not a failure.

    Raises:
        RunError: it ended in another way, with what to do.
    """
    command = [sys.executable, "-P", "-m", "engine", "train", "--config", str(folder / CONFIG), "--run", str(folder)]
    with removed_unless_started(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_config(folder, config)
        except OSError as error:
            raise RunError(
                "The run folder {path} cannot be written: {error}.",
                "Change the folder's permissions, or set {variable} to another.",
                path=folder,
                error=error.strerror,
                variable=paths.HOME_VARIABLE,
            ) from error
        status = call_politely(command, stdout=subprocess.DEVNULL)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        if not has_started(folder):
            raise RunError("The training {name} could not begin.", "The line above says why.", name=folder.name)
    ended = summarise(folder).status
    if ended not in (Status.COMPLETED, Status.DIVERGED):
        raise RunError(
            "The training {name} ended before its last step ({status}).",
            "Go on with `poetry-tui train --resume {path}`, then compare with `poetry-tui report`.",
            name=folder.name,
            status=ended,
            path=folder,
        )
