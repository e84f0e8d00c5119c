"""Everything that is to be seen of one run: headline, loss chart, small curves, prediction over target, samples, log."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from poetry_tui.i18n import tr, tr_label
from poetry_tui.runs.follower import RunFollower
from poetry_tui.runs.reader import LogTail
from poetry_tui.runs.state import RunState, Status
from poetry_tui.runs.wording import ABOUT
from poetry_tui.terminal.chart_glyphs import is_ascii
from poetry_tui.train.log_pane import LogPane
from poetry_tui.train.loss_chart import LossChart
from poetry_tui.train.prediction_grid import PredictionGrid
from poetry_tui.train.resource_pane import ResourcePane
from poetry_tui.train.run_figures import RunFigures
from poetry_tui.train.run_headline import RunHeadline
from poetry_tui.train.samples import MAX_ROUNDS, SampleTimeline
from poetry_tui.train.sparklines import SparklineRow
from poetry_tui.widgets.braille_plot import OVERLAY_LETTERS

# Curves may take this share of one processor from the training, and hardly change within a second; that of a long run, which
# changes by less than a dot, may wait for some more. Figures come first.
CURVES_SHARE = 0.01
MIN_CURVES_PERIOD_S = 1.0
MAX_CURVES_WAIT_S = 4.0


class SideBySide(Horizontal):
    """What is below the curves."""

    BLANK = True


class RunMonitor(Vertical):
    """Shows a `RunFollower`; what has not changed is not drawn again."""

    # Its children cover it: there is nothing of it to be rendered, at every change of one of them.
    BLANK = True
    DEFAULT_CSS = """
    RunMonitor {
        & LossChart { height: 3fr; border: round $panel; }
        & SparklineRow { display: none; }
        & #monitor-below { height: 2fr; min-height: 7; }
        & PredictionGrid, & SampleTimeline, & LogPane, & ResourcePane {
            width: 1fr; border: round $panel; padding: 0 1; background: transparent; scrollbar-size-vertical: 1;
        }
        & LossChart, & PredictionGrid, & SampleTimeline, & LogPane, & ResourcePane {
            border-title-color: $text-muted; border-subtitle-color: $text-muted;
        }
        & PredictionGrid:focus, & SampleTimeline:focus, & LogPane:focus { border: round $accent; }
        & LogPane, & ResourcePane { display: none; }
        &.-log LogPane, &.-resources ResourcePane { display: block; }
        &.-log PredictionGrid, &.-log SampleTimeline { display: none; }
        &.-resources PredictionGrid { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._follower: RunFollower | None = None
        self._log = LogTail(Path())
        self._curves_due_s = 0.0
        # What cannot wait on the curves: the runs beside it with anything to be drawn, points and letters, the moment.
        self._noted: tuple[object, ...] = ()
        self._titles: tuple[object, ...] = ()
        # Something could be drawn that was left for later.
        self.is_behind = False
        self._status: Status | None = None
        self._has_opened_log = False
        # The step of the comparison that is looked at; None follows the run.
        self.moment: int | None = None

    def compose(self) -> ComposeResult:
        yield RunHeadline()
        yield RunFigures()
        yield LossChart()
        yield SparklineRow()
        with SideBySide(id="monitor-below"):
            yield PredictionGrid()
            yield ResourcePane()
            yield SampleTimeline()
            yield LogPane()

    def refresh_labels(self) -> None:
        """Say everything in the current language, and draw it with what is drawn with now."""
        # The names of the curves and their dots do not wait until they are due.
        self._noted = ()
        self._title_chart()
        self.query_one(PredictionGrid).refresh_labels()
        self.query_one(SampleTimeline).refresh_labels()
        self.query_one(LogPane).refresh_labels()
        self.query_one(ResourcePane).refresh_labels()

    def _title_chart(self) -> None:
        chart = self.query_one(LossChart)
        zoomed = f" · {tr('train.zoomed', percent=f'{chart.zoom:.0%}'.rstrip('%'))}" if chart.zoom < 1 else ""
        has_points = chart.state is not None and len(chart.state.loss) > 0
        at = f" · {tr('train.looking_at', step=f'{self.moment:,}')}" if self.moment is not None else ""
        beside = "".join(
            f" · {letter} {name}" for letter, (name, _) in zip(OVERLAY_LETTERS, chart.others, strict=False)
        )
        scale = f" · {tr('train.log_scale')}" if chart.is_log else ""
        signs = tr("train.loss_legend_ascii" if is_ascii() else "train.loss_legend")
        is_about = chart.axis == "chars" and chart.state is not None and chart.state.axes.is_estimate
        legend = f"{signs} · {ABOUT if is_about else ''}{tr(f'train.axis.{chart.axis}')}"
        # What is not as usual comes first: the end of a long line is cut.
        below = f"{(at + zoomed + scale + beside).removeprefix(' · ')}  {legend}".strip() if has_points else ""
        unit = tr(f"train.unit.{chart.state.loss_unit}") if has_points and chart.state is not None else ""
        titles = (" · ".join(filter(None, (tr_label("train.loss"), unit))), below)
        # A title that is told again has all of the chart painted again.
        if titles != self._titles:
            self._titles = titles
            chart.border_title, chart.border_subtitle = titles[0], Content(below)

    def show(self, follower: RunFollower, others: Sequence[tuple[str, RunState]] = ()) -> None:
        """Draw a run as it is now, the curves of others beside its own."""
        is_other = follower is not self._follower
        if is_other:
            self.moment = None
            self._status = None
            self._log = LogTail(follower.folder)
        self._follower = follower
        self._open_log_of_failure(follower)
        state = follower.state
        self.query_one(RunHeadline).show(follower)
        self.query_one(RunFigures).show(follower)
        # What somebody has asked to see is drawn at once, and what happens rarely; the rest when it is due.
        beside = tuple((name, len(other.loss) > 0) for name, other in others)
        noted = (self.moment, beside, len(state.validations), len(state.controls), follower.status)
        self.is_behind = not is_other and noted == self._noted and not self._curves_are_due()
        if not self.is_behind:
            self._noted = noted
            self._draw_curves(state, others)
        grid = self.query_one(PredictionGrid)
        compared = state.compared if self.moment is None else state.compared_at(self.moment)
        if compared is not grid.shown:
            grid.show(compared)
        self.query_one(SampleTimeline).show(state.sample_rounds(limit=MAX_ROUNDS, until=self.moment))
        if self.has_class("-log"):
            self.query_one(LogPane).show(self._log.poll())
        if self.has_class("-resources"):
            self.query_one(ResourcePane).show(state.resources, state.speed.last_smooth or 0.0)

    def _curves_are_due(self) -> bool:
        late_s = time.monotonic() - self._curves_due_s
        return late_s >= MAX_CURVES_WAIT_S or (late_s >= 0 and self.query_one(LossChart).is_a_dot_behind())

    def _draw_curves(self, state: RunState, others: Sequence[tuple[str, RunState]]) -> None:
        chart = self.query_one(LossChart)
        chart.show(state, self.moment, others)
        self._title_chart()
        self.query_one(SparklineRow).show(state)
        self._curves_due_s = time.monotonic() + max(chart.cost_s / CURVES_SHARE, MIN_CURVES_PERIOD_S)

    def _open_log_of_failure(self, follower: RunFollower) -> None:
        """A run that has failed shows the end of its log by itself, until another one is looked at or somebody closes it."""
        has_failed = follower.status is Status.FAILED
        if has_failed and self._status is not Status.FAILED:
            self._has_opened_log = not self.has_class("-log")
            self.add_class("-log")
        elif not has_failed and self._has_opened_log:
            self._has_opened_log = False
            self.remove_class("-log")
        self._status = follower.status

    def move_moment(self, by: int) -> None:
        """Go to an earlier or later comparison; beyond the last one lies the present."""
        if self._follower is None or not self._follower.state.comparisons:
            return
        steps = [one.step for one in self._follower.state.comparisons]
        here = len(steps) if self.moment is None else bisect_left(steps, self.moment)
        there = max(0, here + by)
        self.moment = steps[there] if there < len(steps) else None

    def to_now(self) -> None:
        """Follow the run again."""
        self.moment = None

    def toggle_log(self) -> None:
        """Show the log in place of predictions and samples, or those again."""
        self._has_opened_log = False
        self.toggle_class("-log")
        if self.has_class("-log"):
            self.query_one(LogPane).focus()

    def toggle_resources(self) -> None:
        """Show what the training uses of the machine in place of the predictions, or those again."""
        self.toggle_class("-resources")

    @on(LossChart.Moved)
    def zoom_is_another(self) -> None:
        self._title_chart()

    def zoom(self) -> None:
        """Show less of the run in the chart, or all of it again."""
        self.query_one(LossChart).next_zoom()
        self._title_chart()

    def pan(self, by: float) -> None:
        """Move the part of the run that the chart shows."""
        self.query_one(LossChart).pan(by)

    def next_axis(self) -> None:
        """Draw the curve over steps, characters or minutes."""
        self.query_one(LossChart).next_axis()
        self._title_chart()

    def toggle_log_scale(self) -> None:
        """Draw the curve by its logarithm, or as it is."""
        self.query_one(LossChart).toggle_log()
        self._title_chart()
