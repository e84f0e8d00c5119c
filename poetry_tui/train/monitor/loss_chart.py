"""The chart of a run: its loss over the steps, with range, mean, smoothed line and validations, or another of its curves."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.reactive import var
from textual.strip import Strip

from engine.runs.events import RETURNED
from poetry_tui.preferences.chart_glyphs import is_ascii
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.tracking.axis import minute_label
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import Axis, RunState
from poetry_tui.tracking.wording import ABOUT
from poetry_tui.train.followed_runs import OVERLAY_LETTERS
from poetry_tui.train.monitor.braille_plot import LABEL_WIDTH, OVERLAYS, PARTS, Cell, Mark, Overlay, plot
from poetry_tui.train.monitor.charted import (
    CHART_KINDS,
    HAS_VALIDATIONS,
    OVER_STEPS,
    SMOOTHINGS,
    Charted,
    ChartKind,
    charted,
    probe_step,
    value_of,
)
from poetry_tui.widgets.rows import Rows

# The share of the run that the chart shows zoomed, the share of that at each further step, and the least.
ZOOM = 0.25
MIN_ZOOM = 0.002
AXES: tuple[Axis, ...] = get_args(Axis)
CONTROL_LETTERS = {
    "paused": "P",
    "resumed": "R",
    "lr changed": "L",
    "saved on request": "S",
    "sampled on request": "e",
    "no longer improving": "X",
    "continued in float32": "F",
    RETURNED: "B",
}
# The signs of the chart, by their translation keys; those of the step axis are control events and losses that are no number.
AXIS_SIGNS = {letter: f"train.letter.{letter}" for letter in (*CONTROL_LETTERS.values(), "!")}
SIGNS = {"o": "train.letter.o", "*": "train.letter.*", **AXIS_SIGNS, "a b c": "train.letter.a"}


class LossChart(Rows):
    """Draws a `RunState` line by line; redrawn when `show` is called and when it is resized, never by itself."""

    PREFIX = "loss-chart"
    COMPONENT_CLASSES = {f"loss-chart--{part}" for part in PARTS}
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

    # Others watch it.
    kind: var[ChartKind] = var("loss")

    def __init__(self) -> None:
        super().__init__()
        self.state: RunState | None = None
        self.overlays: Sequence[tuple[str, RunState]] = ()
        self.selected_step: int | None = None
        self.smoothing = SMOOTHINGS[0]
        self.axis: Axis = "step"
        self.is_log = False
        # The share of the shown run that is seen, and where its end is, as a share of that run. Whole, the runs beside it
        # are seen to their ends too.
        self.zoom = 1.0
        self.end = 1.0
        # The positions on the axis that the picture reaches from and to, and those of the shown run.
        self._visible = self._span = (0.0, 1.0)
        # What drawing and rendering took when they were last done, in seconds of the processor.
        self._drawing_s = self._rendering_s = 0.0
        self._is_rendered = False
        # How many points of the state the picture shows.
        self._n_drawn = 0
        self._titles = ("", "")

    @property
    def cost_s(self) -> float:
        """What the last picture has cost."""
        return self._drawing_s + self._rendering_s

    def show(
        self, state: RunState | None, selected_step: int | None = None, overlays: Sequence[tuple[str, RunState]] = ()
    ) -> None:
        """Draw this state; None draws nothing. `selected_step` is pointed at on the step axis; `overlays` are other runs by name."""
        self.state = state
        self.selected_step = selected_step
        self.overlays = overlays[: len(OVERLAYS)]
        self._draw()

    def is_a_dot_behind(self) -> bool:
        """Whether the run has become longer by half a cell since it was drawn."""
        n_points = len(self.state.loss) if self.state is not None else 0
        return n_points > self._n_drawn * (1 + self.zoom / (2 * max(self.content_size.width, 1)))

    def toggle_zoom(self) -> None:
        """Show the last part of the run, or all of it again; the smoothed line stays what it is."""
        self.zoom = 1.0 if self.zoom < 1 else ZOOM
        self.end = 1.0
        self._draw()

    def zoom_in(self) -> None:
        """Show the last part of what is seen."""
        self.zoom = max(self.zoom * ZOOM, MIN_ZOOM)
        self._draw()

    def pan(self, by: float) -> None:
        """Move what is seen by a share of its width."""
        self.end = min(max(self.end + by * self.zoom, self.zoom), 1.0)
        self._draw()

    def next_kind(self, by: int = 1) -> None:
        """Draw the next curve of the run; zoom and axis stay what they are."""
        self.kind = CHART_KINDS[(CHART_KINDS.index(self.kind) + by) % len(CHART_KINDS)]
        self._draw()

    def next_smoothing(self) -> None:
        """Smooth the line over more steps or fewer."""
        self.smoothing = SMOOTHINGS[(SMOOTHINGS.index(self.smoothing) + 1) % len(SMOOTHINGS)]
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """A click on the title draws the next curve."""
        if event.y == 0:
            self.next_kind()

    def next_axis(self) -> None:
        """Draw over steps, characters read, or minutes."""
        self.axis = AXES[(AXES.index(self.axis) + 1) % len(AXES)]
        self._draw()

    def toggle_log_scale(self) -> None:
        """Draw nats by their logarithm, or as they are."""
        self.is_log = not self.is_log
        self._draw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 0.8)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1.25)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        """Zoom about the pointer; sideways with shift or ctrl held."""
        event.stop()
        if event.shift or event.ctrl:
            self.pan(0.1 if factor > 1 else -0.1)
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
        drawn = None if state is None else self._charted(state)
        if state is not None and drawn is not None and len(drawn.curve):
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
                # Gradients that vanish do so by factors.
                is_log=self.is_log != (self.kind == "gradients"),
                is_ascii=is_ascii(),
                position_label=minute_label if self.axis == "minutes" and is_over_steps else None,
                value_of=value_of(self.kind),
            )
        self._drawing_s = time.thread_time() - began_s
        self._is_rendered = False
        self.show_rows(rows)
        self.refresh_labels()

    def _charted(self, state: RunState) -> Charted:
        return charted(state, self.kind, self.axis, self.smoothing, self.selected_step)

    def _behind(self, drawn: Charted) -> list[tuple[str, Curve]]:
        """The curves behind the run's own: those of other runs, or else more of its own."""
        others = [
            (letter, self._charted(other).curve)
            for (_, other), letter in zip(self.overlays, OVERLAY_LETTERS, strict=False)
        ]
        return others or list(drawn.others)

    def refresh_labels(self) -> None:
        """Write title and legend in the current language; what is not as usual comes first, for the end of a long line is cut."""
        state, below, unit = self.state, "", ""
        if state is not None and len(state.loss):
            step = self.selected_step
            names = [name for name, _ in self.overlays]
            is_over_steps = self.kind in OVER_STEPS
            probed = probe_step(state, self.kind, step)
            notes = [
                tr("train.looking_at", step=f"{step:,}") if step is not None else "",
                tr("train.chart_at", step=f"{probed:,}") if probed is not None else "",
                tr("train.zoomed", first=f"{100 * (self.end - self.zoom):.3g}", last=f"{100 * self.end:.3g}")
                if self.zoom < 1 and is_over_steps
                else "",
                tr("train.log_scale") if self.is_log else "",
                tr("train.smoothed", steps=f"{self.smoothing:,}")
                if self.smoothing != SMOOTHINGS[0] and is_over_steps
                else "",
                *(f"{letter} {name}" for letter, name in zip(OVERLAY_LETTERS, names, strict=False)),
                *(f"{letter} {tr(AXIS_SIGNS[letter])}" for letter in (self._letters(state) if is_over_steps else ())),
            ]
            below = f"{' · '.join(filter(None, notes))}  {self._legend(state)}".strip()
            unit = tr(f"train.unit.{state.loss_unit if self.kind == 'loss' else self.kind}")
        titles = (" · ".join(filter(None, (tr_label(f"train.chart.{self.kind}"), unit))), below)
        # A title that is written again has all of the chart painted again.
        if titles != self._titles:
            self._titles = titles
            self.border_title, self.border_subtitle = titles[0], Content(below)

    def _letters(self, state: RunState) -> list[str]:
        """The letters on the part of the step axis that is seen, for the legend."""
        first, last = self._visible
        letters = (mark.letter for mark in self._marks(state) if mark.value is None and first <= mark.step <= last)
        return [letter for letter in dict.fromkeys(letters) if letter in AXIS_SIGNS]

    def _legend(self, state: RunState) -> str:
        """What the signs mean, and what the curve is drawn over."""
        if not len(self._charted(state).curve):
            return tr("train.chart_empty")
        if self.kind not in OVER_STEPS:
            return tr(f"train.chart_legend.{self.kind}")
        about = ABOUT if self.axis == "chars" and state.axes.is_estimate else ""
        which = ("" if self.kind in HAS_VALIDATIONS else "_steps") + ("_ascii" if is_ascii() else "")
        signs = "" if self.kind == "gap" else f"{tr(f'train.loss_legend{which}')} · "
        return f"{signs}{about}{tr(f'train.axis.{self.axis}')}"

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


def marks_of(state: RunState) -> list[Mark]:
    """Validations as points (the best as a star), control events as letters on the axis."""
    best = state.best
    marks = [Mark(event.step, "control", CONTROL_LETTERS.get(event.what, "?")) for event in state.controls]
    # A loss that is no number has no place in the curve, but it happened.
    marks += [Mark(step, "control", "!") for step in state.loss.not_finite_steps]
    for item in state.validations:
        is_best = item is best
        marks.append(
            Mark(item.step, "best" if is_best else "validation", "*" if is_best else "o", item.val_nats_per_han)
        )
    return marks
