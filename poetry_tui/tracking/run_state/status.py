"""The status of a run, from its events and a probe of its writer. Pure, except for `probe_writer` and `now_s`."""

import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.runs.events import RunFailed, RunFinished
from engine.runs.folder import last_beat_s
from poetry_tui.tracking.run_state.stall_detector import MIN_STALL_TIMEOUT_S
from poetry_tui.tracking.run_state.state import RunState

# A writer exits within this time after its last event; a later heartbeat is that of its successor, which is loading.
LEAVING_S = 5.0


class Status(StrEnum):
    """The status of a run."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STALLED = "stalled"
    COMPLETED = "completed"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    LOST = "lost"
    REPLAYING = "replaying"

    @property
    def is_live(self) -> bool:
        """Whether the run has a writer."""
        return self in (Status.STARTING, Status.RUNNING, Status.PAUSED, Status.STALLED)


@dataclass(frozen=True, slots=True)
class WriterProbe:
    """A probe of a run's writer: whether its process exists, and the times of the probe and of its last heartbeat."""

    is_there: bool
    probed_s: float = 0.0
    beat_s: float | None = None


NO_WRITER = WriterProbe(is_there=False)


def now_s() -> float:
    """Seconds since the Unix epoch, the clock of the events."""
    return time.time()


def probe_writer(folder: Path, is_there: bool) -> WriterProbe:
    """Probe the writer of a run. Call it before reading the events: those of a writer found dead are then complete."""
    return WriterProbe(is_there, now_s(), last_beat_s(folder))


def status_of(state: RunState, writer: WriterProbe) -> Status:
    """The status of a run.

    A run whose writer is gone without a last event (`run_finished`, `run_failed`) is lost, never running; before its first
    event it has failed. With a live writer a run is starting before its first event, and stalled when it is silent for too long.
    """
    if state.final_event is not None and not _was_restarted(state, writer):
        return _ended(state.final_event)
    if not writer.is_there:
        return Status.LOST if state.started else Status.FAILED
    if state.started is None or state.final_event is not None:
        return Status.STARTING
    if state.paused:
        return Status.PAUSED
    return Status.STALLED if is_stalled(state, writer) else Status.RUNNING


def is_stalled(state: RunState, writer: WriterProbe) -> bool:
    """Whether a run that should be training has been silent longer than the stall detector allows.

    A validation or a checkpoint may take long while the heartbeat goes on; without a heartbeat the process is suspended,
    or the machine is overloaded.
    """
    silent_s = silence_s(state, writer)
    is_heart_still = writer.beat_s is not None and writer.probed_s - writer.beat_s > MIN_STALL_TIMEOUT_S
    if is_heart_still and silent_s > MIN_STALL_TIMEOUT_S:
        return True
    return silent_s > state.stall_detector.stall_timeout_s(_is_more_due(state))


def silence_s(state: RunState, writer: WriterProbe) -> float:
    """Seconds since the last event of the run; 0 before the first."""
    last_s = state.stall_detector.last_s
    return 0.0 if last_s is None else max(0.0, writer.probed_s - last_s)


def _is_more_due(state: RunState) -> bool:
    return state.step == state.total_steps or any(state.step % period == 0 for period in state.long_work_periods)


def _was_restarted(state: RunState, writer: WriterProbe) -> bool:
    last_s = state.stall_detector.last_s
    return writer.is_there and writer.beat_s is not None and last_s is not None and writer.beat_s - last_s > LEAVING_S


def _ended(final_event: RunFinished | RunFailed) -> Status:
    if isinstance(final_event, RunFailed):
        return Status.FAILED
    reason = final_event.reason
    return Status(reason) if reason in ("completed", "stopped", "diverged") else Status.COMPLETED
