"""How the Train screen looks at a run: part, axis and scale of the curve, back in time, other runs beside it."""

from pathlib import Path

from poetry_tui.run_follower import RunFollower
from poetry_tui.screens.train_steering import SteeringScreen
from poetry_tui.widgets.loss_chart import OTHER_LETTERS
from poetry_tui.widgets.run_list import RunList
from poetry_tui.widgets.run_monitor import RunMonitor


class ViewingScreen(SteeringScreen):
    """A screen with a run monitor and a list of runs. `beside`: the runs drawn beside the one that is followed."""

    beside: dict[Path, RunFollower]
    # Something has changed that is to be painted at the next tick.
    is_dirty: bool

    def action_moment(self, by: int) -> None:
        """Look at the run as it was earlier or later: predictions, samples, and the place on the curve."""
        self.query_one(RunMonitor).move_moment(by)
        self.is_dirty = True

    def action_now(self) -> None:
        """Look at the run as it is now."""
        self.query_one(RunMonitor).to_now()
        self.is_dirty = True

    def action_log(self) -> None:
        self.query_one(RunMonitor).toggle_log()
        self.is_dirty = True

    def action_resources(self) -> None:
        self.query_one(RunMonitor).toggle_resources()
        self.is_dirty = True

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
        folder = self.query_one(RunList).pointed_at
        if folder is None or (self.follower is not None and folder == self.follower.folder):
            return
        if folder in self.beside:
            del self.beside[folder]
        elif len(self.beside) < len(OTHER_LETTERS):
            self.beside[folder] = RunFollower(folder)
        self.show_letters()
        self.is_dirty = True

    def show_letters(self) -> None:
        """Show in the list which runs are drawn beside the one that is followed."""
        self.query_one(RunList).show_letters(dict(zip(self.beside, OTHER_LETTERS, strict=False)))
