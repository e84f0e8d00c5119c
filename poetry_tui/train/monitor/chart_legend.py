"""The legend of a run's chart: chart kinds, titles, signs, and letters of control events. Imports no widget."""

from collections.abc import Sequence
from typing import Literal, get_args

from engine.runs.events import LR_CHANGED, RETURNED
from poetry_tui.preferences.chart_glyphs import is_ascii
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.tracking.run_state.state import Axis, RunState
from poetry_tui.tracking.wording import ABOUT
from poetry_tui.train.monitor.braille_plot import Mark

# The curves that can be charted. The last two are not over steps: each shows one probe.
ChartKind = Literal["loss", "perplexity", "gap", "grad_norm", "rate", "speed", "gradients", "accuracy"]
CHART_KINDS: tuple[ChartKind, ...] = get_args(ChartKind)
OVER_STEPS = frozenset(CHART_KINDS) - {"gradients", "accuracy"}
# The kinds whose chart shows validations as points.
HAS_VALIDATIONS = frozenset({"loss", "perplexity"})
CONTROL_LETTERS = {
    "paused": "P",
    "resumed": "R",
    LR_CHANGED: "L",
    "saved on request": "S",
    "sampled on request": "e",
    "no longer improving": "X",
    "continued in float32": "F",
    RETURNED: "B",
}
# The i18n keys of the signs on the step axis: control events, and losses that are not finite.
AXIS_SIGNS = {letter: f"train.letter.{letter}" for letter in (*CONTROL_LETTERS.values(), "!")}
# The i18n keys of all signs of the chart.
# The i18n keys of all signs of the chart.
SIGNS = {"o": "train.letter.o", "*": "train.letter.*", **AXIS_SIGNS, "a b c": "train.letter.a"}


def chart_title(state: RunState | None, kind: ChartKind) -> str:
    """The name of the curve and its unit; without the unit before the first loss point."""
    name = tr_label(f"train.chart.{kind}")
    if state is None or not len(state.loss):
        return name
    unit = state.loss_unit if kind == "loss" else kind
    return f"{name} · {tr(f'train.unit.{unit}')}"


def meaning_of_signs(state: RunState, kind: ChartKind, axis: Axis) -> str:
    """The legend of the signs of a curve, and its x axis."""
    if kind not in OVER_STEPS:
        return tr(f"train.chart_legend.{kind}")
    about = ABOUT if axis == "chars" and state.axes.is_estimate else ""
    which = ("" if kind in HAS_VALIDATIONS else "_steps") + ("_ascii" if is_ascii() else "")
    signs = "" if kind == "gap" else f"{tr(f'train.loss_legend{which}')} · "
    return f"{signs}{about}{tr(f'train.axis.{axis}')}"


def meaning_of_letters(marks: Sequence[Mark], first: float, last: float) -> list[str]:
    """The letters on the step axis from one position to another, each with its meaning."""
    letters = dict.fromkeys(mark.letter for mark in marks if mark.value is None and first <= mark.step <= last)
    return [f"{letter} {tr(AXIS_SIGNS[letter])}" for letter in letters if letter in AXIS_SIGNS]


def marks_of(state: RunState) -> list[Mark]:
    """The marks of a run: validations as points (the best as a star), control events as letters on the step axis."""
    best = state.best
    marks = [Mark(event.step, "control", CONTROL_LETTERS.get(event.what, "?")) for event in state.controls]
    # A loss that is not finite is no point of the curve, so the axis shows it.
    marks += [Mark(step, "control", "!") for step in state.loss.not_finite_steps]
    for item in state.validations:
        is_best = item is best
        marks.append(
            Mark(item.step, "best" if is_best else "validation", "*" if is_best else "o", item.val_nats_per_han)
        )
    return marks
