"""The followed run on the screen: headline, loss chart, sparklines, prediction over target, samples, log.

The monitor owns the view of the run: the selected step, the open panes and, in its chart, zoom, pan and axes.
"""

import asyncio
import functools
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.worker import WorkType

from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.tracking.reader import LogTail, RunFollower
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.report.write import folder_for, write_in_child
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.followed_runs import FollowedRuns
from poetry_tui.train.monitor.chart_legend import OVER_STEPS, ChartKind
from poetry_tui.train.monitor.comparison import CompareScreen
from poetry_tui.train.monitor.figures import RunFigures, RunHeadline, SparklineRow
from poetry_tui.train.monitor.log_pane import LogPane
from poetry_tui.train.monitor.loss_chart import LossChart
from poetry_tui.train.monitor.prediction_grid import PredictionGrid
from poetry_tui.train.monitor.resource_pane import ResourcePane
from poetry_tui.train.monitor.samples import MAX_ROUNDS, SampleTimeline
from poetry_tui.widgets.shell.studio_screen import notify_error

# Figures that change more often cannot be read, and reading and painting take processor time from the training.
READ_PERIOD_S = 0.2
# While another screen is in front.
HIDDEN_READ_PERIOD_S = 0.5
# Drawing the curves may take this share of one processor from the training.
CURVES_SHARE = 0.01
# Curves hardly change within this time.
MIN_CURVES_PERIOD_S = 1.0
# Curves that have grown by less than a dot are redrawn this late at most.
MAX_CURVES_WAIT_S = 4.0
# With fewer rows, the panes below the chart have their minimum height, and are hidden below a curve that is not over steps.
MIN_ROWS_FOR_ALL = 20
# Time to read a path and to copy it.
REPORT_NOTICE_S = 20


class SideBySide(Horizontal):
    """The panes below the curves."""

    BLANK = True


class RunMonitor(Vertical):
    """The view of a `FollowedRuns`; only changes are drawn. Its keys act wherever the focus is on its screen."""

    # Its children cover it, so it need not be rendered when one of them changes.
    BLANK = True
    BINDINGS = [
        bind("left", "select_step(-1)", "train.earlier", show=False),
        bind("right", "select_step(1)", "train.later", show=False),
        bind("shift+left", "select_step(-10)", "train.earlier", show=False),
        bind("shift+right", "select_step(10)", "train.later", show=False),
        bind("0", "follow_latest", "train.now", show=False),
        bind("plus,equals_sign", "set_speed(2.0)", "train.faster", display="+", show=False),
        bind("minus", "set_speed(0.5)", "train.slower", display="-", show=False),
        bind("t", "compare", "train.compare"),
        bind("R", "report", "train.report", display="R", show=False),
        bind("l", "toggle_log", "train.log"),
        bind("y", "toggle_resources", "train.system", show=False),
    ]
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
        &.-short #monitor-below { min-height: 4; }
        &.-short.-probe #monitor-below { display: none; }
    }
    """

    class Drawn(Message):
        """The runs were drawn. The status may have changed, and with it the keys that apply."""

    @dataclass
    class Read(Message):
        """A chunk of the followed run was read."""

        folder: Path

    def __init__(self, runs: FollowedRuns) -> None:
        super().__init__()
        self._runs = runs
        self.chart = LossChart()
        # The run and the status that were drawn last.
        self._follower: RunFollower | None = None
        self._status: Status | None = None
        self._painted_s = 0.0
        self._log = LogTail(Path())
        self._curves_due_s = 0.0
        # The values whose change redraws the curves at once: selected step, overlays, probes, validations, control events, status.
        self._noted: tuple[object, ...] = ()
        self._has_opened_log = False
        # The step of the preview that is shown; None follows the run.
        self.selected_step: int | None = None

    def compose(self) -> ComposeResult:
        yield RunHeadline()
        yield RunFigures()
        yield self.chart
        yield SparklineRow()
        with SideBySide(id="monitor-below"):
            yield PredictionGrid()
            yield ResourcePane()
            yield SampleTimeline()
            yield LogPane()

    def on_mount(self) -> None:
        self.watch(self.chart, "kind", self._chart_changed)

    def _chart_changed(self, kind: ChartKind) -> None:
        self.set_class(kind not in OVER_STEPS, "-probe")

    def on_resize(self, event: events.Resize) -> None:
        """Shrink the panes in favour of the chart if a lesson or a low terminal leaves few rows."""
        self.set_class(event.size.height < MIN_ROWS_FOR_ALL, "-short")

    def refresh_labels(self) -> None:
        """Write all labels in the current language, and draw with the current chart characters."""
        # Redraw the curves at once, before they are due.
        self._noted = ()
        self.chart.refresh_labels()
        self.query_one(PredictionGrid).refresh_labels()
        self.query_one(SampleTimeline).refresh_labels()
        self.query_one(LogPane).refresh_labels()
        self.query_one(ResourcePane).refresh_labels()
        self._runs.is_dirty = True

    # Reading

    def follow(self, follower: RunFollower) -> None:
        """Draw another run at once, before it has been read; then read and draw it until the next one is followed."""
        self._draw(follower)
        self._run_for_screen(functools.partial(self._read, follower), "read")

    async def _read(self, follower: RunFollower) -> None:
        """Read the followed run and its overlays in threads, and draw them. A long run is read in chunks, so that keys are handled
        in between."""
        while self._runs.followed is follower:
            snapshot = await asyncio.to_thread(follower.read)
            self._runs.is_dirty |= follower.fold(snapshot)
            for overlay in list(self._runs.overlays.values()):
                self._runs.is_dirty |= overlay.fold(await asyncio.to_thread(overlay.read))
            has_more = snapshot.chunk.more
            if not has_more or time.monotonic() - self._painted_s >= READ_PERIOD_S:
                self.paint()
            self.post_message(self.Read(follower.folder))
            if not has_more:
                await asyncio.sleep(READ_PERIOD_S if self.screen.is_current else HIDDEN_READ_PERIOD_S)

    def _run_for_screen(self, work: WorkType[None], group: str) -> None:
        """Run a worker of the screen, which notifies of unexpected errors; it replaces the last one of its group."""
        self.screen.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    # Drawing

    def paint_at_once(self) -> None:
        """Draw the effect of a key without waiting for the next read."""
        self._runs.is_dirty = True
        self.paint()

    def paint(self) -> None:
        """Draw the changes since the last call; nothing while another screen is in front."""
        if not self._runs.is_dirty or not self.screen.is_current or self._runs.followed is None:
            return
        self._painted_s = time.monotonic()
        with self.app.batch_update():
            self._runs.is_dirty = not self._draw(self._runs.followed)
        self.post_message(self.Drawn())

    def _draw(self, follower: RunFollower) -> bool:
        """Draw the current state of a run. Returns False when changed curves were postponed."""
        is_other = follower is not self._follower
        if is_other:
            self.selected_step = None
            self._status = None
            self._log = LogTail(follower.folder)
        self._follower = follower
        self._open_log_of_failure(follower)
        state = follower.state
        self.query_one(RunHeadline).show(follower)
        self.query_one(RunFigures).show(follower)
        # User actions and rare events redraw the curves at once; other changes when the curves are due.
        overlays = tuple((name, len(other.loss) > 0) for name, other in self._runs.overlay_states)
        noted = (
            self.selected_step,
            overlays,
            len(state.probes),
            len(state.validations),
            len(state.controls),
            follower.status,
        )
        is_behind = not is_other and noted == self._noted and not self._curves_are_due()
        if not is_behind:
            self._noted = noted
            self._draw_curves(state)
        self._draw_panes(state)
        return not is_behind

    def _draw_panes(self, state: RunState) -> None:
        grid, step = self.query_one(PredictionGrid), self.selected_step
        compared = state.compared if step is None else state.compared_at(step)
        if compared is not grid.shown:
            grid.show(compared)
        self.query_one(SampleTimeline).show(state.sample_rounds(limit=MAX_ROUNDS, until=step))
        if self.has_class("-log"):
            self.query_one(LogPane).show(self._log.poll())
        if self.has_class("-resources"):
            self.query_one(ResourcePane).show(state.resources, state.speed.last_smooth or 0.0)

    def _curves_are_due(self) -> bool:
        late_s = time.monotonic() - self._curves_due_s
        return late_s >= MAX_CURVES_WAIT_S or (late_s >= 0 and self.chart.has_grown_by_a_dot())

    def _draw_curves(self, state: RunState) -> None:
        self.chart.show(state, self.selected_step, self._runs.overlay_states)
        self.query_one(SparklineRow).show(state)
        self._curves_due_s = time.monotonic() + max(self.chart.cost_s / CURVES_SHARE, MIN_CURVES_PERIOD_S)

    def _open_log_of_failure(self, follower: RunFollower) -> None:
        """Open the log when the run has failed; close it again when it runs, or another run is followed."""
        has_failed = follower.status is Status.FAILED
        if has_failed and self._status is not Status.FAILED:
            self._has_opened_log = not self.has_class("-log")
            self.add_class("-log")
        elif not has_failed and self._has_opened_log:
            self._has_opened_log = False
            self.remove_class("-log")
        self._status = follower.status

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._runs.is_replay if action == "set_speed" else self._runs.followed is not None

    def action_select_step(self, by: int) -> None:
        """Select an earlier or later preview: it sets predictions, samples and a mark on the curve. Beyond the last one, follow the
        run."""
        follower = self._runs.followed
        if follower is not None and follower.state.comparisons:
            steps = [one.step for one in follower.state.comparisons]
            here = len(steps) if self.selected_step is None else bisect_left(steps, self.selected_step)
            there = max(0, here + by)
            self.selected_step = steps[there] if there < len(steps) else None
        self.paint_at_once()

    def action_follow_latest(self) -> None:
        """Follow the latest step of the run."""
        self.selected_step = None
        self.paint_at_once()

    def action_toggle_log(self) -> None:
        """Toggle the log, which replaces predictions and samples."""
        self._has_opened_log = False
        self.toggle_class("-log")
        if self.has_class("-log"):
            self.query_one(LogPane).focus()
        self.paint_at_once()

    def action_toggle_resources(self) -> None:
        """Toggle the resource pane, which replaces the predictions."""
        self.toggle_class("-resources")
        self.paint_at_once()

    def action_set_speed(self, factor: float) -> None:
        """Replay `factor` times as fast."""
        if isinstance(self._runs.followed, RunReplay):
            self._runs.followed.set_speed(self._runs.followed.speed * factor)
            self._runs.is_dirty = True

    def action_compare(self) -> None:
        """Open the comparison table of the followed run and its overlays."""
        self.app.push_screen(CompareScreen(self._runs.compare))

    def action_report(self) -> None:
        """Write the report on the followed run and its overlays, in the background."""
        if self._runs.followed is not None:
            folders = [self._runs.followed.folder, *self._runs.overlays]
            self._run_for_screen(functools.partial(self._write_report, folders), "report")

    async def _write_report(self, folders: Sequence[Path]) -> None:
        self.notify(tr("train.report_begun"), timeout=2, markup=False)
        try:
            page = await write_in_child(folders, folder_for(folders))
        except StudioError as error:
            notify_error(self, error)
            return
        self.notify(tr("train.report_written", path=page), timeout=REPORT_NOTICE_S, markup=False)
