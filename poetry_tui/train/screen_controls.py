"""What the Train screen tells a run: pause, go on, save, stop, another rate, a sample; all of it by control files."""

import asyncio
from pathlib import Path

from textual import work

from engine.errors import StudioError
from poetry_tui.i18n import tr, tr_error
from poetry_tui.runs import control as runs
from poetry_tui.runs.follower import RunFollower
from poetry_tui.runs.replay import RunReplay
from poetry_tui.runs.state import Status
from poetry_tui.widgets.ask_line import AskLine
from poetry_tui.widgets.studio_screen import StudioScreen


class SteeringScreen(StudioScreen):
    """A screen that follows a run and steers it."""

    follower: RunFollower | None = None
    # A run that is still loading forgets what it was asked before; so it is asked again once it runs.
    stop_once_running: Path | None = None
    # What the footer offered when it was last drawn, which takes longer than all else that is painted.
    _offered: tuple[object, ...] = ()

    @work(group="tell", exit_on_error=False)
    async def tell(self, command: runs.RunCommand, folder: Path, said: str = "") -> None:
        """Ask something of a run, and say that it was asked."""
        try:
            await asyncio.to_thread(command, folder)
        except StudioError as error:
            self.complain(error)
        else:
            if said:
                self.notify(said, markup=False)

    def complain(self, error: StudioError) -> None:
        self.notify(tr_error(str(error)), severity="error", markup=False)

    def may_steer(self, action: str) -> bool | None:
        """Whether a steering action makes sense for the run as it is; None for an action of another kind."""
        status = self.follower.status if self.follower and self.follower.is_settled else None
        match action:
            case "stop" | "continue" if isinstance(self.follower, RunReplay):
                return False
            case "pause" if isinstance(self.follower, RunReplay):
                return status is Status.REPLAYING
            case "pause" | "save" | "rate" | "sample":
                return status in (Status.RUNNING, Status.PAUSED, Status.STALLED)
            case "stop":
                return status is not None and status.is_live
            case "continue":
                return self._has_checkpoint and status in (Status.STOPPED, Status.LOST, Status.FAILED)
            case "compose_with":
                return self._has_checkpoint
        return None

    def offer(self) -> None:
        """Offer the keys that make sense now, where these have changed."""
        offered = tuple(self.check_action(binding.action, ()) for _, binding in self._bindings)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    @property
    def _has_checkpoint(self) -> bool:
        return self.follower is not None and self.follower.state.checkpoint is not None

    def action_pause(self) -> None:
        follower = self.follower
        if isinstance(follower, RunReplay):
            follower.hold()
        elif follower is not None:
            wants_to_go_on = follower.status is Status.PAUSED or "pause" in follower.pending_commands
            self.tell(runs.resume_run if wants_to_go_on else runs.pause_run, follower.folder)

    def action_stop(self) -> None:
        if self.follower is not None and not self.refuse_blind():
            if self.follower.status is Status.STARTING:
                self.stop_once_running = self.follower.folder
            self.tell(runs.stop_run, self.follower.folder)

    def action_continue(self) -> None:
        if self.follower is not None and not self.refuse_blind():
            self.follower.expect_start()
            self.tell(runs.continue_run, self.follower.folder)

    def action_save(self) -> None:
        if self.follower is not None:
            self.tell(runs.save_run, self.follower.folder, tr("train.asked.save"))

    def action_sample(self) -> None:
        if self.follower is not None:
            self.tell(runs.sample_run, self.follower.folder, tr("train.asked.sample"))

    def action_rate(self) -> None:
        """Ask for the new peak of the learning rate; the schedule goes on below it."""
        follower = self.follower
        if follower is None:
            return

        def change(answer: str | None) -> None:
            if answer is None:
                return
            try:
                rate = runs.learning_rate_of(answer)
            except StudioError as error:
                self.complain(error)
                return
            said = tr("train.asked.lr", rate=f"{rate:g}")
            self.tell(lambda folder: runs.set_learning_rate(folder, rate), follower.folder, said)

        self.app.push_screen(AskLine(tr("train.ask_rate", rate=f"{follower.state.lr:.3g}")), change)
