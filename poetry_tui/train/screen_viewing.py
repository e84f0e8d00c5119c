"""How the Train screen looks at a run: part, axis and scale of the curve, back in time, other runs beside it."""

from collections.abc import Sequence
from pathlib import Path

from textual import work

from engine.errors import StudioError
from poetry_tui.i18n import tr
from poetry_tui.report.child import folder_for, write_in_child
from poetry_tui.runs.comparison import Comparison, compare
from poetry_tui.runs.follower import RunFollower
from poetry_tui.train.compare_screen import CompareScreen
from poetry_tui.train.run_list import FOLLOWED_LETTER, RunList
from poetry_tui.train.run_monitor import RunMonitor
from poetry_tui.train.screen_controls import SteeringScreen
from poetry_tui.widgets.braille_plot import OVERLAY_LETTERS

# Long enough to read a path, and to copy it.
REPORT_NOTICE_S = 20


class ViewingScreen(SteeringScreen):
    """A screen with a run monitor and a list of runs. `beside`: the runs drawn beside the one that is followed."""

    beside: dict[Path, RunFollower]
    # Something has changed that is to be painted at the next tick.
    is_dirty: bool

    def paint(self) -> None:
        """Draw what has changed since the last time."""
        raise NotImplementedError

    def paint_at_once(self) -> None:
        """Draw what a key has changed, before the next tick."""
        self.is_dirty = True
        self.paint()

    def action_moment(self, by: int) -> None:
        """Look at the run as it was earlier or later: predictions, samples, and the place on the curve."""
        self.query_one(RunMonitor).move_moment(by)
        self.paint_at_once()

    def action_now(self) -> None:
        """Look at the run as it is now."""
        self.query_one(RunMonitor).to_now()
        self.paint_at_once()

    def action_log(self) -> None:
        self.query_one(RunMonitor).toggle_log()
        self.paint_at_once()

    def action_resources(self) -> None:
        self.query_one(RunMonitor).toggle_resources()
        self.paint_at_once()

    def action_zoom(self) -> None:
        self.query_one(RunMonitor).zoom()

    def action_pan(self, by: float) -> None:
        self.query_one(RunMonitor).pan(by)

    def action_axis(self) -> None:
        self.query_one(RunMonitor).next_axis()

    def action_log_scale(self) -> None:
        self.query_one(RunMonitor).toggle_log_scale()

    def action_beside(self) -> None:
        """Draw the run under the cursor beside the one that is followed, or no longer."""
        if (folder := self.query_one(RunList).pointed_at) is not None:
            self.toggle_beside(folder)

    def toggle_beside(self, folder: Path) -> None:
        """Draw a run beside the one that is followed, as long as there are letters, or no longer."""
        if self.follower is not None and folder == self.follower.folder:
            return
        if folder in self.beside:
            del self.beside[folder]
        elif len(self.beside) < len(OVERLAY_LETTERS):
            self.beside[folder] = RunFollower(folder)
        self.show_letters()
        self.paint_at_once()

    def action_compare(self) -> None:
        """Put the run and those beside it side by side, as a table."""
        if self.follower is not None:
            self.app.push_screen(CompareScreen(self._side_by_side))

    def _side_by_side(self) -> Comparison:
        followers = [*filter(None, [self.follower]), *self.beside.values()]
        return compare([(one.folder.name, one.status, one.state) for one in followers])

    def action_report(self) -> None:
        """Write the report on the run and on those beside it."""
        if self.follower is not None:
            self._write_report([self.follower.folder, *self.beside])

    @work(group="report", exclusive=True, exit_on_error=False)
    async def _write_report(self, folders: Sequence[Path]) -> None:
        self.notify(tr("train.report_begun"), timeout=2, markup=False)
        try:
            page = await write_in_child(folders, folder_for(folders))
        except StudioError as error:
            self.complain(error)
            return
        self.notify(tr("train.report_written", path=page), timeout=REPORT_NOTICE_S, markup=False)

    def show_letters(self) -> None:
        """Show in the list which run is followed, and which are drawn beside it."""
        followed = {self.follower.folder: FOLLOWED_LETTER} if self.follower else {}
        self.query_one(RunList).show_letters(followed | dict(zip(self.beside, OVERLAY_LETTERS, strict=False)))
