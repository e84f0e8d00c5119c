"""The curves that the chart of a run can draw, made from its state. No widget import."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from engine.runs.events import Probed
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import Axis, RunState

# Over the steps of a run; the last two over something else, at one validation.
ChartKind = Literal["loss", "perplexity", "gap", "grad_norm", "rate", "speed", "gradients", "accuracy"]
CHART_KINDS: tuple[ChartKind, ...] = get_args(ChartKind)
OVER_STEPS = frozenset(CHART_KINDS) - {"gradients", "accuracy"}
# Those whose values are told by validations too.
HAS_VALIDATIONS = frozenset({"loss", "perplexity"})
# Steps that the smoothed line is a mean over: the studio's, none, and one for long runs.
SMOOTHINGS = (100, 1, 1000)
# e to more than that is infinite for a chart.
MAX_NATS = 30.0


@dataclass(frozen=True, slots=True)
class Charted:
    """A curve over its axis, and other curves of the same run by the letters that end them."""

    curve: Curve
    others: Sequence[tuple[str, Curve]] = ()


def charted(state: RunState, kind: ChartKind, axis: Axis, smoothing: int, until: int | None) -> Charted:
    """The curve of a kind. `smoothing`: in steps; `until`: the step that a validation is chosen by, None for the last one."""
    match kind:
        case "loss" | "perplexity":
            return Charted(state.loss.against(state.positions(axis), smoothing))
        case "gradients":
            return _gradients(state, until)
        case "accuracy":
            probe = state.probed_at(until)
            return Charted(_profile(probe.accuracy if probe else (), first=1))
    curve = {"gap": state.gap, "grad_norm": state.grad_norm, "rate": state.rate, "speed": state.speed}[kind]
    return Charted(curve.against(_positions(state, curve, axis), smoothing))


def _positions(state: RunState, curve: Curve, axis: Axis) -> Sequence[float]:
    """Where the points of a curve stand on an axis; as a rule they are told with the points of the loss."""
    if axis == "step":
        return curve.steps
    if curve.steps == state.loss.steps:
        return state.positions(axis)
    return [state.position_of(step, axis) for step in curve.steps]


def _gradients(state: RunState, until: int | None) -> Charted:
    """Gradient norms by distance; beside them those of the memory (C), and of the weights as they were initialised (0)."""
    probe = state.probed_at(until)
    if probe is None:
        return Charted(Curve())
    first = state.probes[0]
    others = [("C", _profile(probe.memory_grad_norms))] if probe.memory_grad_norms else []
    if first is not probe:
        others.append(("0", _profile(first.hidden_grad_norms)))
    return Charted(_profile(probe.hidden_grad_norms), others)


def _profile(values: Sequence[float], first: int = 0) -> Curve:
    """Values by position from `first` on, as they are."""
    curve = Curve()
    for position, value in enumerate(values, first):
        curve.append(position, value)
    return curve.against(curve.steps, smoothing=1)


def value_of(kind: ChartKind) -> Callable[[float], float] | None:
    """What is drawn of a value; None for the value itself."""
    return (lambda nats: math.exp(min(nats, MAX_NATS))) if kind == "perplexity" else None


def probe_step(state: RunState, kind: ChartKind, until: int | None) -> int | None:
    """The step of the validation that is drawn; None for the kinds that are drawn over steps."""
    probe: Probed | None = None if kind in OVER_STEPS else state.probed_at(until)
    return probe.step if probe else None
