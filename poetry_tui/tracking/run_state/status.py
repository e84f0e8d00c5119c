"""What a run is doing, from what it said and from what can be seen of its writer. Pure, but for `probe_writer` and `now_s`."""

import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.runs.events import RunFailed, RunFinished
from engine.runs.folder import last_beat_s
from poetry_tui.tracking.run_state.stall_detector import MIN_STALL_TIMEOUT_S
from poetry_tui.tracking.run_state.state import LONG_WORK, RunState

# A writer is gone a moment after its last word. One whose heart still beats so long after is the next one, loading.
LEAVING_S = 5.0


class Status(StrEnum):
    """What a run is doing, as far as anyone can tell."""

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
        """Whether its writer is there."""
        return self in (Status.STARTING, Status.RUNNING, Status.PAUSED, Status.STALLED)


@dataclass(frozen=True, slots=True)
class WriterProbe:
    """A run's writer from outside: whether its process is there, when its heart beat last, and when that was probed."""

    is_there: bool
    probed_s: float = 0.0
    beat_s: float | None = None


NO_WRITER = WriterProbe(is_there=False)


def now_s() -> float:
    """The clock that events are dated by."""
    return time.time()


def probe_writer(folder: Path, is_there: bool) -> WriterProbe:
    """Probe the writer of a run; to be done before its events are read, as a writer found dead has said all it will ever say."""
    return WriterProbe(is_there, now_s(), last_beat_s(folder))


def status_of(state: RunState, writer: WriterProbe) -> Status:
    """What a run is doing.

    A writer that is gone without a last word is lost, never running; one that lives and has not spoken is starting, and
    one that died before its first word has failed. One that lives and is silent for too long is stalled.
    """
    if state.last_word is not None and not _lives_again(state, writer):
        return _ended(state.last_word)
    if not writer.is_there:
        return Status.LOST if state.started else Status.FAILED
    if state.started is None or state.last_word is not None:
        return Status.STARTING
    if state.paused:
        return Status.PAUSED
    return Status.STALLED if is_stalled(state, writer) else Status.RUNNING


def is_stalled(state: RunState, writer: WriterProbe) -> bool:
    """Whether a run that should be training says nothing, for several times as long as it needs for a step.

    A validation and a checkpoint may take their time as long as the heart beats; a heart that does not beat is that
    of a process which was suspended, or of a machine that does not get to it.
    """
    silent_s = silence_s(state, writer)
    is_heart_still = writer.beat_s is not None and writer.probed_s - writer.beat_s > MIN_STALL_TIMEOUT_S
    if is_heart_still and silent_s > MIN_STALL_TIMEOUT_S:
        return True
    return silent_s > state.stall_detector.stall_timeout_s(_is_more_due(state))


def silence_s(state: RunState, writer: WriterProbe) -> float:
    """How long the run has said nothing."""
    last_s = state.stall_detector.last_s
    return 0.0 if last_s is None else max(0.0, writer.probed_s - last_s)


def _is_more_due(state: RunState) -> bool:
    every = [number for name in LONG_WORK if isinstance(number := state.config.get(name), int) and number > 0]
    return state.step == state.total_steps or any(state.step % number == 0 for number in every)


def _lives_again(state: RunState, writer: WriterProbe) -> bool:
    last_s = state.stall_detector.last_s
    return writer.is_there and writer.beat_s is not None and last_s is not None and writer.beat_s - last_s > LEAVING_S


def _ended(last_word: RunFinished | RunFailed) -> Status:
    if isinstance(last_word, RunFailed):
        return Status.FAILED
    reason = last_word.reason
    return Status(reason) if reason in ("completed", "stopped", "diverged") else Status.COMPLETED
