"""The controls of the followed run: which commands apply to its status, and the keys that send them."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.tracking import control
from poetry_tui.tracking.control import RunCommand
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.followed_runs import FollowedRuns
from poetry_tui.widgets.fields import AskLine
from poetry_tui.widgets.shell.studio_screen import ScreenKeys, notify_error


class RunControls:
    """Pause, stop, continue, save, sample, change the learning rate. A replay can only be held."""

    def __init__(self, runs: FollowedRuns) -> None:
        self._runs = runs
        # A trainer that is still loading discards earlier commands, so the stop is repeated once it runs.
        self._stop_once_running: Path | None = None

    def applies(self, action: str) -> bool:
        """Whether an action applies to the status of the followed run; a run that is still being read has no status."""
        follower = self._runs.followed
        status = follower.status if follower and follower.is_settled else None
        is_replay = self._runs.is_replay
        match action:
            case "pause" if is_replay:
                return status is Status.REPLAYING
            case "pause" | "save" | "rate" | "sample":
                return status in (Status.RUNNING, Status.PAUSED, Status.STALLED)
            case "stop":
                return not is_replay and status is not None and status.is_live
            case "continue":
                has_ended = status in (Status.STOPPED, Status.LOST, Status.FAILED)
                return not is_replay and has_ended and self._has_checkpoint
            case "compose_with":
                return self._has_checkpoint
        return False

    @property
    def _has_checkpoint(self) -> bool:
        return self._runs.followed is not None and self._runs.followed.state.checkpoint is not None

    @property
    def is_paused(self) -> bool:
        """Whether the followed run is paused or was asked to be, so that `pause` resumes it."""
        follower = self._runs.followed
        if isinstance(follower, RunReplay):
            return follower.is_held
        return follower is not None and (follower.status is Status.PAUSED or "pause" in follower.pending_commands)

    def command(self, action: str) -> RunCommand | None:
        """The command to send to the followed run for an action; None when nothing is to be sent."""
        follower = self._runs.followed
        if follower is None:
            return None
        match action:
            case "pause" if isinstance(follower, RunReplay):
                follower.hold()
                return None
            case "pause":
                return control.resume_run if self.is_paused else control.pause_run
            case "stop":
                if follower.status is Status.STARTING:
                    self._stop_once_running = follower.folder
                return control.stop_run
            case "continue":
                follower.expect_start()
                return control.continue_run
            case "save":
                return control.save_run
            case "sample":
                return control.sample_run
        return None

    def due_command(self) -> RunCommand | None:
        """The stop that was deferred until the trainer had loaded, returned once. Call it after each read."""
        follower = self._runs.followed
        if follower is None or follower.folder != self._stop_once_running or follower.status is not Status.RUNNING:
            return None
        self._stop_once_running = None
        return control.stop_run


class RunControlKeys(ScreenKeys):
    """The keys of the controls. Each sends its command in the background and notifies of the result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("p", "control('pause')", "train.pause"),
        bind("s", "control('stop')", "train.stop"),
        bind("c", "control('continue')", "train.continue"),
        bind("w", "control('save')", "train.save_now", show=False),
        bind("a", "rate", "train.rate", show=False),
        bind("e", "control('sample')", "train.sample_now", show=False),
    ]

    def __init__(self, runs: FollowedRuns, controls: RunControls) -> None:
        super().__init__()
        self._runs, self._controls = runs, controls

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._controls.applies(str(parameters[0]) if parameters else action)

    def action_control(self, action: str) -> None:
        """Send the followed run a command."""
        if self._runs.followed is None or (action in ("stop", "continue") and self.refuse_blind()):
            return
        if (command := self._controls.command(action)) is not None:
            done = tr(f"train.asked.{action}") if action in ("save", "sample") else ""
            self.send(command, self._runs.followed.folder, done)

    @work(group="send", exit_on_error=False)
    async def send(self, command: RunCommand, folder: Path, done: str = "") -> None:
        """Send a command to a run, and notify that it was sent."""
        try:
            await asyncio.to_thread(command, folder)
        except StudioError as error:
            notify_error(self, error)
        else:
            if done:
                self.notify(done, markup=False)

    def action_rate(self) -> None:
        """Ask for a new peak learning rate; the schedule scales it as before."""
        follower = self._runs.followed
        if follower is None:
            return

        def change(answer: str | None) -> None:
            if answer is None:
                return
            try:
                rate = control.learning_rate_of(answer)
            except StudioError as error:
                notify_error(self, error)
                return
            done = tr("train.asked.lr", rate=f"{rate:g}")
            self.send(lambda folder: control.set_learning_rate(folder, rate), follower.folder, done)

        self.app.push_screen(AskLine(tr("train.ask_rate", rate=f"{follower.state.lr:.3g}")), change)
