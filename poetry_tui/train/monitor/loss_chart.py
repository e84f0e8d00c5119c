"""The chart of a run: its loss over steps with range, mean, smoothed line and validations, or another of its curves."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.reactive import var
from textual.strip import Strip

from poetry_tui.preferences.chart_glyphs import is_ascii
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.tracking.axis import minute_label
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import Axis, RunState
from poetry_tui.train.followed_runs import OVERLAY_LETTERS
from poetry_tui.train.monitor.braille_plot import LABEL_WIDTH, OVERLAYS, PARTS, Cell, Mark, Overlay, plot
from poetry_tui.train.monitor.chart_legend import (
    CHART_KINDS,
    HAS_VALIDATIONS,
    OVER_STEPS,
    ChartKind,
    chart_title,
    marks_of,
    meaning_of_letters,
    meaning_of_signs,
)
from poetry_tui.widgets.rows import Rows

# The share of the run shown after zooming in, and the factor of each further zoom.
ZOOM = 0.25
MIN_ZOOM = 0.002
AXES: tuple[Axis, ...] = get_args(Axis)
# Smoothing windows in steps: the default, no smoothing, and one for long runs.
SMOOTHINGS = (100, 1, 1000)
# The perplexity of a larger loss is drawn as exp(MAX_NATS).
MAX_NATS = 30.0


@dataclass(frozen=True, slots=True)
class Charted:
    """A curve over its axis, and further curves of the same run, each with the letter drawn at its end."""

    curve: Curve
    others: Sequence[tuple[str, Curve]] = ()


def perplexity_of(nats: float) -> float:
    return math.exp(min(nats, MAX_NATS))


def charted(state: RunState, kind: ChartKind, axis: Axis, smoothing: int, until: int | None) -> Charted:
    """The curve of a kind. `smoothing`: window in steps; `until`: use the last probe up to this step, None for the last of all."""
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
    """The positions of a curve's points on an axis; most curves share the steps of the loss."""
    if axis == "step":
        return curve.steps
    if curve.steps == state.loss.steps:
        return state.positions(axis)
    return [state.position_of(step, axis) for step in curve.steps]


def _gradients(state: RunState, until: int | None) -> Charted:
    """Gradient norms of the hidden state by distance; also of the memory cell (C), and at the initial weights (0: the first probe)."""
    probe = state.probed_at(until)
    if probe is None:
        return Charted(Curve())
    first = state.probes[0]
    others = [("C", _profile(probe.memory_grad_norms))] if probe.memory_grad_norms else []
    if first is not probe:
        others.append(("0", _profile(first.hidden_grad_norms)))
    return Charted(_profile(probe.hidden_grad_norms), others)


def _profile(values: Sequence[float], first: int = 0) -> Curve:
    """An unsmoothed curve of values at the positions `first`, `first` + 1, …"""
    curve = Curve()
    for position, value in enumerate(values, first):
        curve.append(position, value)
    return curve.against(curve.steps, smoothing=1)


class LossChart(Rows):
    """The chart of a `RunState`. It is redrawn by `show`, by its own keys and on resize, never on a timer."""

    PREFIX = "loss-chart"
    COMPONENT_CLASSES = {f"loss-chart--{part}" for part in PARTS}
    BINDINGS = [
        bind("z", "zoom", "train.zoom"),
        bind("Z", "zoom_in", "train.zoom_in", display="Z", show=False),
        bind("comma", "pan(-0.5)", "train.pan_left", display=",", show=False),
        bind("full_stop", "pan(0.5)", "train.pan_right", display=".", show=False),
        bind("x", "next_axis", "train.axis", show=False),
        bind("v", "next_chart(1)", "train.chart", show=False),
        bind("V", "next_chart(-1)", "train.chart_before", display="V", show=False),
        bind("u", "next_smoothing", "train.smoothing", show=False),
        bind("g", "toggle_log_scale", "train.log_axis", show=False),
    ]
    DEFAULT_CSS = """
    LossChart {
        min-height: 5;
        & > .loss-chart--range { color: $foreground 22%; }
        & > .loss-chart--mean { color: $foreground 42%; }
        & > .loss-chart--smooth { color: $accent; text-style: bold; }
        & > .loss-chart--validation { color: $success; text-style: bold; }
        & > .loss-chart--best { color: $success; text-style: bold reverse; }
        & > .loss-chart--control { color: $warning; text-style: bold; }
        & > .loss-chart--selected { color: $accent; text-style: bold; }
        & > .loss-chart--overlay1 { color: $secondary; }
        & > .loss-chart--overlay2 { color: $warning; }
        & > .loss-chart--overlay3 { color: $success; }
        & > .loss-chart--overlay4 { color: $error; }
        & > .loss-chart--axis { color: $foreground 30%; }
        & > .loss-chart--label { color: $foreground 75%; }
    }
    """

    # Watched by the monitor.
    kind: var[ChartKind] = var("loss")

    def __init__(self) -> None:
        super().__init__()
        self.state: RunState | None = None
        self.overlays: Sequence[tuple[str, RunState]] = ()
        self.selected_step: int | None = None
        self.smoothing = SMOOTHINGS[0]
        self.axis: Axis = "step"
        self.is_log = False
        # The visible share of the run. At 1.0 the overlays are visible to their ends too.
        self.zoom = 1.0
        # The right edge of the visible part, as a share of the run.
        self.end = 1.0
        # First and last position on the axis: of the visible part, and of the whole run.
        self._visible = self._span = (0.0, 1.0)
        # Processor time in seconds of the last drawing and of the last rendering.
        self._drawing_s = self._rendering_s = 0.0
        self._is_rendered = False
        # Number of loss points when the chart was last drawn.
        self._n_drawn = 0
        self._is_empty = True
        self._titles = ("", "")

    @property
    def cost_s(self) -> float:
        """Processor time of the last drawing and rendering, in seconds."""
        return self._drawing_s + self._rendering_s

    def show(
        self, state: RunState | None, selected_step: int | None = None, overlays: Sequence[tuple[str, RunState]] = ()
    ) -> None:
        """Draw this state; None draws nothing. `selected_step`: marked on the step axis; `overlays`: other runs with their names."""
        self.state = state
        self.selected_step = selected_step
        self.overlays = overlays[: len(OVERLAYS)]
        self._draw()

    def has_grown_by_a_dot(self) -> bool:
        """Whether the run has grown by more than half a cell since it was last drawn."""
        n_points = len(self.state.loss) if self.state is not None else 0
        return n_points > self._n_drawn * (1 + self.zoom / (2 * max(self.content_size.width, 1)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.state is not None

    def action_zoom(self) -> None:
        """Toggle between the whole run and its last part; the smoothed line does not change."""
        self.zoom = 1.0 if self.zoom < 1 else ZOOM
        self.end = 1.0
        self._draw()

    def action_zoom_in(self) -> None:
        """Zoom in on the end of the visible part."""
        self.zoom = max(self.zoom * ZOOM, MIN_ZOOM)
        self._draw()

    def action_pan(self, by: float) -> None:
        """Move the visible part by a share of its width."""
        self.end = min(max(self.end + by * self.zoom, self.zoom), 1.0)
        self._draw()

    def action_next_chart(self, by: int = 1) -> None:
        """Draw the next curve of the run; zoom and axis are kept."""
        self.kind = CHART_KINDS[(CHART_KINDS.index(self.kind) + by) % len(CHART_KINDS)]
        self._draw()

    def action_next_smoothing(self) -> None:
        """Switch to the next smoothing window."""
        self.smoothing = SMOOTHINGS[(SMOOTHINGS.index(self.smoothing) + 1) % len(SMOOTHINGS)]
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """A click on the title draws the next curve."""
        if event.y == 0:
            self.action_next_chart()

    def action_next_axis(self) -> None:
        """Switch the x axis between steps, characters read and minutes."""
        self.axis = AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        self._draw()

    def action_toggle_log_scale(self) -> None:
        """Toggle the value axis between logarithmic and linear."""
        self.is_log = not self.is_log
        self._draw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 0.8)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1.25)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        """Zoom around the pointer; with shift or ctrl held, pan."""
        event.stop()
        if event.shift or event.ctrl:
            self.action_pan(0.1 if factor > 1 else -0.1)
        else:
            share = min(max((event.x - LABEL_WIDTH) / max(self.content_size.width - LABEL_WIDTH, 1), 0.0), 1.0)
            (first, last), (span_first, span_last) = self._visible, self._span
            position = first + (last - first) * share
            under_pointer = min((position - span_first) / max(span_last - span_first, 1e-9), 1.0)
            self.zoom = min(max(self.zoom * factor, MIN_ZOOM), 1.0)
            self.end = min(max(under_pointer + self.zoom * (1 - share), self.zoom), 1.0)
            self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        began_s = time.thread_time()
        rows: list[list[Cell]] = []
        state = self.state
        self._n_drawn = 0 if state is None else len(state.loss)
        drawn = Charted(Curve()) if state is None else self._charted(state)
        self._is_empty = not len(drawn.curve)
        if state is not None and not self._is_empty:
            overlays = [
                Overlay(curve, part, letter)
                for (letter, curve), part in zip(self._behind(drawn), OVERLAYS, strict=False)
                if len(curve)
            ]
            curve, is_over_steps = drawn.curve, self.kind in OVER_STEPS
            self._span = first, last = curve.steps[0], curve.steps[-1]
            zoom, end = (self.zoom, self.end) if is_over_steps else (1.0, 1.0)
            self._visible = (first + (last - first) * (end - zoom), first + (last - first) * end)
            if zoom >= 1:
                ends = [(other.curve.steps[0], other.curve.steps[-1]) for other in overlays]
                self._visible = min([first, *(one for one, _ in ends)]), max([last, *(one for _, one in ends)])
            width, height = self.content_size
            rows = plot(
                curve,
                self._marks(state) if is_over_steps else (),
                width,
                height,
                *self._visible,
                overlays=overlays,
                # Vanishing gradients shrink by a factor at each distance, so a log scale is their default.
                is_log=self.is_log != (self.kind == "gradients"),
                is_ascii=is_ascii(),
                position_label=minute_label if self.axis == "minutes" and is_over_steps else None,
                value_of=perplexity_of if self.kind == "perplexity" else None,
            )
        self._drawing_s = time.thread_time() - began_s
        self._is_rendered = False
        self.show_rows(rows)
        self.refresh_labels()

    def _charted(self, state: RunState) -> Charted:
        return charted(state, self.kind, self.axis, self.smoothing, self.selected_step)

    def _behind(self, drawn: Charted) -> list[tuple[str, Curve]]:
        """The curves behind the main one: those of the overlays, else the run's further ones."""
        others = [
            (letter, self._charted(other).curve)
            for (_, other), letter in zip(self.overlays, OVERLAY_LETTERS, strict=False)
        ]
        return others or list(drawn.others)

    def refresh_labels(self) -> None:
        """Write title and legend in the current language. Deviations from the defaults come first, as a long legend is cut."""
        titles = (chart_title(self.state, self.kind), self._legend(self.state) if self._n_drawn and self.state else "")
        # Assigning a title repaints the whole chart.
        if titles != self._titles:
            self._titles = titles
            self.border_title, self.border_subtitle = titles[0], Content(titles[1])

    def _legend(self, state: RunState) -> str:
        notes: list[str] = []
        if self.selected_step is not None:
            notes.append(tr("train.looking_at", step=f"{self.selected_step:,}"))
        is_over_steps = self.kind in OVER_STEPS
        if not is_over_steps and (probe := state.probed_at(self.selected_step)):
            notes.append(tr("train.chart_at", step=f"{probe.step:,}"))
        if self.zoom < 1 and is_over_steps:
            first, last = 100 * (self.end - self.zoom), 100 * self.end
            notes.append(tr("train.zoomed", first=f"{first:.3g}", last=f"{last:.3g}"))
        if self.is_log:
            notes.append(tr("train.log_scale"))
        if self.smoothing != SMOOTHINGS[0] and is_over_steps:
            smoothed = "train.smoothed" if self.smoothing > 1 else "train.unsmoothed"
            notes.append(tr(smoothed, steps=f"{self.smoothing:,}"))
        notes += [f"{letter} {name}" for letter, (name, _) in zip(OVERLAY_LETTERS, self.overlays, strict=False)]
        if is_over_steps:
            notes += meaning_of_letters(self._marks(state), *self._visible)
        signs = tr("train.chart_empty") if self._is_empty else meaning_of_signs(state, self.kind, self.axis)
        return f"{' · '.join(notes)}  {signs}".strip()

    def _marks(self, state: RunState) -> list[Mark]:
        pointer = [] if self.selected_step is None else [Mark(self.selected_step, "selected", "^")]
        has_points = self.kind in HAS_VALIDATIONS
        marks = [*(mark for mark in marks_of(state) if has_points or mark.value is None), *pointer]
        if self.axis == "step":
            return marks
        return [replace(mark, step=int(state.position_of(mark.step, self.axis))) for mark in marks]

    def render_lines(self, crop: Region) -> list[Strip]:
        if self._is_rendered:
            return super().render_lines(crop)
        began_s = time.thread_time()
        strips = super().render_lines(crop)
        self._rendering_s = time.thread_time() - began_s
        self._is_rendered = True
        return strips
