"""Compare runs: the figures of each, and the settings in which they differ. Pure: knows no screen and no file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.config.presets import PRESETS
from engine.config.schema import TrainConfig
from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import RunSummary
from poetry_tui.tracking.wording import ABOUT, duration, epochs_read, perplexity, training_nats

MISSING = "-"
IN_EVERY_TITLE = ("preset", "cell")
# Runs that differ in one of these validate on different poems (`engine.training.curriculum.held_out_segments`).
VALIDATION_SPLIT_SETTINGS = frozenset(
    {"corpus", "n_val_poems", "max_poem_chars", "anneal_fraction", "anneal_max_chars"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one setting or figure, one for each run. `name`: the setting, or the figure's i18n key; `best`: the indices
    of the best runs."""

    name: str
    values: tuple[str, ...]
    best: frozenset[int] = frozenset()

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """The names, figures and settings of several runs; settings that differ come first."""

    names: tuple[str, ...]
    figures: tuple[Row, ...]
    settings: tuple[Row, ...]

    @property
    def differing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.settings if row.differs)

    @property
    def validates_alike(self) -> bool:
        """Whether all runs validate on the same poems, so that their validation nats are comparable."""
        return VALIDATION_SPLIT_SETTINGS.isdisjoint(row.name for row in self.differing)


def compare(runs: Sequence[tuple[str, Status, RunState]]) -> Comparison:
    """Compare runs, each given as name, status and state."""
    states = [state for _, _, state in runs]
    columns = [figures_of(state, status) for _, status, state in runs]
    best = {
        "report.val_nats": _least([state.best.val_nats_per_han if state.best else None for state in states]),
        "report.speed": _least([-speed if (speed := median_speed(state)) else None for state in states]),
    }
    figures = tuple(
        Row(key, tuple(column.get(key, MISSING) for column in columns), best.get(key, frozenset()))
        for key in dict.fromkeys(key for column in columns for key in column)
    )
    settings = [
        Row(name, tuple(map(str, values)))
        for name, values in aligned([with_rate_changes(state.config, state.rate_changes) for state in states]).items()
    ]
    return Comparison(
        tuple(name for name, _, _ in runs), figures, tuple(sorted(settings, key=lambda row: not row.differs))
    )


def figures_of(state: RunState, status: Status) -> dict[str, str]:
    """The figures of a run as text, by i18n key; a figure that the run has not reported is left out."""
    found = {
        "report.status": tr(f"train.status.{status}"),
        "report.step": f"{state.step:,}" + (f" / {state.total_steps:,}" if state.total_steps else ""),
        "report.time": duration(state.elapsed_s),
    }
    if n_pauses := sum(one.what == "paused" for one in state.controls):
        found["report.pauses"] = str(n_pauses)
    if state.n_starts > 1:
        found["report.resumes"] = str(state.n_starts - 1)
    if epochs := epochs_read(state):
        found["report.epochs"] = epochs
    if state.axes.n_chars:
        found["report.chars"] = f"{ABOUT if state.axes.is_estimate else ''}{state.axes.n_chars:,.0f}"
    if speed := median_speed(state):
        found["report.speed"] = f"{speed:,.0f}"
    if state.started is not None:
        found["report.params"] = f"{state.started.n_params:,}"
        found["report.vocabulary"] = f"{state.started.vocab_size:,}"
    nats = state.loss.last_smooth
    if nats is not None:
        found["report.train_nats"] = training_nats(state)
        if state.loss_unit != "char":
            found["report.train_perplexity"] = f"{ABOUT if state.loss_unit == 'about_han' else ''}{perplexity(nats)}"
    if state.best is not None:
        nats = state.best.val_nats_per_han
        found["report.val_nats"] = f"{nats:.3f}"
        found["report.perplexity"] = perplexity(nats)
        found["report.best_step"] = f"{state.best.step:,}"
    return found


def median_speed(state: RunState) -> float | None:
    """The median speed in characters a second; None before the first step event."""
    speeds = sorted(state.speed.values)
    return speeds[len(speeds) // 2] if speeds else None


def titles(runs: Sequence[RunSummary]) -> list[str]:
    """The title of each run of a list: its name, or else preset, cell and the settings changed from the preset, without those that
    all runs of that preset share: `nndl lstm hidden_size 64`."""
    changed = [_changed(run.config or {}) for run in runs]
    by_preset: dict[object, list[dict[str, Any]]] = {}
    for settings in changed:
        by_preset.setdefault(settings.get("preset"), []).append(settings)
    shared = {
        preset: {name for name, value in group[0].items() if all(other.get(name) == value for other in group)}
        for preset, group in by_preset.items()
    }
    found = []
    for run, settings in zip(runs, changed, strict=True):
        usual = [str(settings[name]) for name in IN_EVERY_TITLE if settings.get(name)]
        left_out = shared[settings.get("preset")].union(IN_EVERY_TITLE)
        differing = [f"{name} {value}" for name, value in settings.items() if name not in left_out]
        found.append(run.labels.name or " ".join([*usual, *differing]) or run.id)
    return found


def _changed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Preset, cell, and the settings in which a run differs from its preset."""
    settings = flat(with_all_settings(config))
    usual = PRESETS.get(str(settings.get("preset")))
    base = flat(usual.to_dict()) if usual is not None else settings
    return {name: value for name, value in settings.items() if name in IN_EVERY_TITLE or base.get(name) != value}


def format_value(value: str) -> str:
    """A setting's value as the settings form shows it."""
    return {"None": MISSING, "True": tr("train.yes"), "False": tr("train.no")}.get(value, value)


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten settings: `model.cell` becomes `cell`."""
    own = {name: value for name, value in config.items() if name != "model"}
    model = config.get("model")
    return {**own, **(model if isinstance(model, Mapping) else {})}


def with_rate_changes(config: Mapping[str, Any], rate_changes: Sequence[tuple[int, float]]) -> Mapping[str, Any]:
    """Append later learning rates, given as (step, rate), to `learning_rate`: `0.01 → 0.005 @ 300` is 0.005 from step 300 on."""
    if not rate_changes:
        return config
    later = "".join(f" → {rate:g} @ {step:,}" for step, rate in rate_changes)
    settings = with_all_settings(config)
    return {**settings, "learning_rate": f"{settings.get('learning_rate', MISSING)}{later}"}


def aligned(configs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Every setting with its value in each of the configs; `-` if a config lacks it."""
    flats = [flat(with_all_settings(config)) for config in configs]
    names = dict.fromkeys(name for settings in flats for name in settings)
    return {name: [settings.get(name, MISSING) for settings in flats] for name in names}


def differing(configs: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The settings that differ between the configs, with the value in each."""
    return {name: values for name, values in aligned(configs).items() if any(value != values[0] for value in values)}


def with_all_settings(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add defaults for settings that a config of an older version lacks; returns what is no TrainConfig unchanged."""
    try:
        return TrainConfig.from_dict(config).to_dict() if config else config
    except (StudioError, TypeError, ValueError):
        return config


def _least(values: Sequence[float | None]) -> frozenset[int]:
    """The indices of the smallest number; empty if all numbers are equal."""
    numbers = {value for value in values if value is not None and math.isfinite(value)}
    if len(numbers) < 2:
        return frozenset()
    return frozenset(column for column, value in enumerate(values) if value == min(numbers))
