"""Experiments: trainings that differ only in the settings of a grid, each with several seeds. An interrupted experiment resumes."""

import hashlib
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config.schema import CELLS, INITIALISATIONS, ModelConfig, TrainConfig
from engine.runs.folder import CHECKPOINTS, CONFIG, has_started, removed_unless_started, write_config
from engine.system import paths
from engine.system.errors import INTERRUPTED, RunError
from engine.system.files import read_json, write_atomically
from engine.system.processes import call_politely
from poetry_tui.tracking.control import remove_run
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import summarise

MAX_RATES_BYTES = 1 << 20
# The values that each setting of a training or of its model takes in turn.
Grid = Mapping[str, Sequence[Any]]

# The questions of the course that the studio grew out of; `report.question.NAME` words each. The flags of a sweep give its grid.
EXPERIMENTS: Mapping[str, Grid] = {
    "cells": {"cell": CELLS},
    "initialisations": {"init": INITIALISATIONS},
    "batch-sizes": {"batch_size": (25, 50, 100, 200)},
    "sweep": {},
}
_ENDED = (Status.COMPLETED, Status.DIVERGED)


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of an experiment. `values`: the settings that vary; `config`: all settings, the seed included."""

    values: Mapping[str, Any]
    config: TrainConfig

    @property
    def condition(self) -> str:
        """The values as a label, the same for all seeds: `lstm`, or `cell lstm, learning_rate 0.001` where several settings vary."""
        if len(self.values) == 1:
            return str(*self.values.values())
        return ", ".join(f"{name} {value}" for name, value in self.values.items())

    @property
    def folder(self) -> Path:
        """The run folder. Its name is a function of the settings: values, seed and a hash of all settings."""
        settings = json.dumps(self.config.to_dict(), sort_keys=True)
        words = re.sub(r"[^\w.-]+", "-", "-".join(map(str, self.values.values())))[:60]
        return paths.runs() / f"{words}-seed{self.config.seed}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"


def plan(grid: Grid, base: TrainConfig, n_seeds: int) -> list[Trial]:
    """List a trial for every combination of the grid with every seed; all other settings are those of `base`.

    Where the batch size varies, `max_steps` and `validate_every` are scaled inversely, so that all trainings read the same
    number of poems.
    """
    trials = []
    for combination in itertools.product(*grid.values()):
        values = dict(zip(grid, combination, strict=True))
        config = with_settings(base, values)
        if "batch_size" in grid and config.max_steps is not None:
            share = base.batch_size / config.batch_size
            scaled = {name: max(1, round(getattr(base, name) * share)) for name in ("max_steps", "validate_every")}
            config = config.replace(**{name: value for name, value in scaled.items() if name not in grid})
        trials += [Trial(values, config.replace(seed=base.seed + number)) for number in range(n_seeds)]
    return trials


def with_settings(base: TrainConfig, values: Mapping[str, Any]) -> TrainConfig:
    """Replace settings of a training and of its model.

    Raises:
        UsageError: a value does not suit its setting.
    """
    of_model = {name: value for name, value in values.items() if name in ModelConfig.__struct_fields__}
    own = {name: value for name, value in values.items() if name not in of_model}
    return base.replace(**own, model=base.model.replace(**of_model))


def run(trial: Trial) -> None:
    """Train to the end in a child process that shares our stderr; a trial that has completed or diverged is not run again.

    A training that diverges is a result, not a failure.

    Raises:
        RunError: another process is training it, or it ended neither completed nor diverged.
    """
    folder = trial.folder
    command = [sys.executable, "-P", "-m", "engine", "train"]
    if folder.exists():
        status = summarise(folder).status
        if status in _ENDED:
            return
        if status.is_live:
            raise RunError("The training {name} is running.", "Wait for its end, or stop it.", name=folder.name)
        if (folder / CHECKPOINTS / "last.json").is_file():
            _finish(folder, [*command, "--resume", str(folder)])
            return
        remove_run(folder)
    with removed_unless_started(folder):
        try:
            folder.mkdir(parents=True)
            write_config(folder, trial.config)
        except OSError as error:
            raise RunError(
                "The run folder {path} cannot be written: {error}.",
                "Change the folder's permissions, or set {variable} to another.",
                path=folder,
                error=error,
                variable=paths.HOME_VARIABLE,
            ) from error
        _finish(folder, [*command, "--config", str(folder / CONFIG), "--run", str(folder)])


def _finish(folder: Path, command: Sequence[str]) -> None:
    """Run the training command. Raises RunError unless the training completed or diverged."""
    if call_politely(command, stdout=subprocess.DEVNULL) == INTERRUPTED:
        raise KeyboardInterrupt
    if not has_started(folder):
        raise RunError("The training {name} could not begin.", "The line above says why.", name=folder.name)
    if (ended := summarise(folder).status) not in _ENDED:
        raise RunError(
            "The training {name} ended before its last step ({status}).",
            "Give the same command again: the experiment goes on from the last checkpoint.",
            name=folder.name,
            status=ended,
        )


def rates(model: Path, flags: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """The figures of `engine rates` for a model, by sampling mode; cached in the user's folder by model and flags.

    Raises:
        RunError: the command failed.
    """
    words = json.dumps([(model / "model.json").read_text(encoding="utf-8"), *flags])
    kept = paths.home() / "experiments" / f"rates-{hashlib.sha256(words.encode()).hexdigest()[:16]}.json"
    if not kept.is_file():
        command = [sys.executable, "-P", "-m", "engine", "rates", "--model", str(model), *flags, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode == INTERRUPTED:
            raise KeyboardInterrupt
        if done.returncode:
            raise RunError("The poems could not be sampled.", "The line above says why.")
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, done.stdout)
    found = read_json(kept, RunError, "Remove the file, and give the command again.", MAX_RATES_BYTES)
    return {row["mode"]: row for row in found["rates"]}
