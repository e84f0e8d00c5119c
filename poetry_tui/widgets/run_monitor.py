"""Everything that is to be seen of one run: headline, loss chart, small curves, prediction over target, samples, log."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from poetry_tui.run_follower import RunFollower
from poetry_tui.run_reader import log_tail
from poetry_tui.widgets.log_pane import LogPane
from poetry_tui.widgets.loss_chart import LossChart
from poetry_tui.widgets.prediction_grid import PredictionGrid
from poetry_tui.widgets.run_headline import RunHeadline
from poetry_tui.widgets.sample_timeline import SampleTimeline
from poetry_tui.widgets.sparkline_row import SparklineRow
from poetry_tui.words import heading, word

# Beyond this many points a redrawn chart costs the training more than it tells: every tenth painting will do.
MANY_POINTS = 20_000
CALM_PAINTINGS = 10


class RunMonitor(Vertical):
    """Shows a `RunFollower`; what has not changed is not drawn again."""

    DEFAULT_CSS = """
    RunMonitor {
        & LossChart { height: 3fr; border: round $panel; }
        & SparklineRow { display: none; }
        & #monitor-below { height: 2fr; min-height: 7; }
        & PredictionGrid, & SampleTimeline, & LogPane {
            width: 1fr; border: round $panel; padding: 0 1; background: transparent; scrollbar-size-vertical: 1;
        }
        & LossChart, & PredictionGrid, & SampleTimeline, & LogPane {
            border-title-color: $text-muted; border-subtitle-color: $text-muted;
        }
        & PredictionGrid:focus, & SampleTimeline:focus, & LogPane:focus { border: round $accent; }
        & LogPane { display: none; }
        &.-log LogPane { display: block; }
        &.-log PredictionGrid, &.-log SampleTimeline { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._follower: RunFollower | None = None
        self._n_paintings = 0

    def compose(self) -> ComposeResult:
        yield RunHeadline()
        yield LossChart()
        yield SparklineRow()
        with Horizontal(id="monitor-below"):
            yield PredictionGrid()
            yield SampleTimeline()
            yield LogPane()

    def retitle(self) -> None:
        """Say everything in the current language."""
        self._title_chart()
        self.query_one(PredictionGrid).retitle()
        self.query_one(SampleTimeline).retitle()
        self.query_one(LogPane).retitle()

    def _title_chart(self) -> None:
        chart = self.query_one(LossChart)
        chart.border_title = heading("train.loss")
        zoomed = f" · {word('train.zoomed', percent=f'{chart.zoom:.0%}'.rstrip('%'))}" if chart.zoom < 1 else ""
        has_points = chart.state is not None and len(chart.state.loss) > 0
        chart.border_subtitle = word("train.loss_legend") + zoomed if has_points else ""

    def show(self, follower: RunFollower) -> None:
        """Draw a run as it is now."""
        is_other = follower is not self._follower
        self._follower = follower
        state = follower.state
        self.query_one(RunHeadline).show(follower)
        self._n_paintings += 1
        if (
            is_other
            or len(state.loss) < MANY_POINTS
            or self._n_paintings % CALM_PAINTINGS == 0
            or not follower.status.is_live
        ):
            self.query_one(LossChart).show(state)
            self._title_chart()
            self.query_one(SparklineRow).show(state)
        grid = self.query_one(PredictionGrid)
        if state.compared is not grid.shown:
            grid.show(state.compared)
        self.query_one(SampleTimeline).show(state.sample_rounds(limit=40))
        if self.has_class("-log"):
            self.query_one(LogPane).show(log_tail(follower.folder))

    def toggle_log(self) -> None:
        """Show the log in place of predictions and samples, or those again."""
        self.toggle_class("-log")
        if self.has_class("-log"):
            self.query_one(LogPane).focus()

    def zoom(self) -> None:
        """Show less of the run in the chart, or all of it again."""
        self.query_one(LossChart).next_zoom()
        self._title_chart()
