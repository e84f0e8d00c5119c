"""The controls of the followed run: which commands apply to it as it is, and what each of them sends. Knows no screen."""

from pathlib import Path

from poetry_tui.runs import control
from poetry_tui.runs.control import RunCommand
from poetry_tui.runs.replay import RunReplay
from poetry_tui.runs.state import Status
from poetry_tui.train.followed_runs import FollowedRuns


class RunControls:
    """Pause, stop, continue, save, sample, another learning rate. A replay has only its clock to be controlled."""

    def __init__(self, runs: FollowedRuns) -> None:
        self._runs = runs
        # A run that is still loading forgets what it was asked before: it is asked to stop again once it runs.
        self._stop_once_running: Path | None = None

    def applies(self, action: str) -> bool:
        """Whether an action makes sense for the followed run as it is; one that is still being read has no status yet."""
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

    def command(self, action: str) -> RunCommand | None:
        """The command to send to the followed run for an action; None where there is nothing to send."""
        follower = self._runs.followed
        if follower is None:
            return None
        match action:
            case "pause" if isinstance(follower, RunReplay):
                follower.hold()
                return None
            case "pause":
                is_pausing = follower.status is Status.PAUSED or "pause" in follower.pending_commands
                return control.resume_run if is_pausing else control.pause_run
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
        """The command that has waited for the run to be loaded, once; to be asked for after each read."""
        follower = self._runs.followed
        if follower is None or follower.folder != self._stop_once_running or follower.status is not Status.RUNNING:
            return None
        self._stop_once_running = None
        return control.stop_run
