"""The stall detector: derives from the usual time between events how long a run may be silent.

Pure: it reads no clock and no file.
"""

from collections import deque
from dataclasses import dataclass, field

from engine.runs.events import (
    CheckpointSaved,
    Compared,
    Control,
    Probed,
    Record,
    Resources,
    RunStarted,
    Sampled,
    Step,
    Validated,
)

# A shorter silence is normal: machines swap, and disks spin up.
MIN_STALL_TIMEOUT_S = 10.0
# Minimum timeout of the first step, and of validations and checkpoints, whose time is not known beforehand.
DEFAULT_STALL_TIMEOUT_S = 300.0
# The timeout is this many times the longest recent gap.
STALL_STEPS = 8
# Gaps remembered of each kind.
N_REMEMBERED = 20


@dataclass(slots=True)
class StallDetector:
    """Gaps between the events of a run. `is_between_steps`: the last event was no step, so longer work may be going on."""

    is_between_steps: bool = True
    _last: Record | None = None
    _steps_s: deque[float] = field(default_factory=lambda: deque(maxlen=N_REMEMBERED))
    _breaks_s: deque[float] = field(default_factory=lambda: deque(maxlen=N_REMEMBERED))

    @property
    def last_s(self) -> float | None:
        """Time of the last event, in seconds since the Unix epoch; None before the first."""
        return self._last.time_s if self._last else None

    def note(self, record: Record) -> None:
        """Note a record. No gap is measured across records that a list of runs has skipped (`seq` is not consecutive)."""
        before, self._last = self._last, record
        is_next = before is not None and record.seq == before.seq + 1
        gap_s = max(0.0, record.time_s - before.time_s) if before is not None and is_next else None
        match record.event:
            case Resources():
                return  # written beside a step, and takes no time
            case Step():
                self.is_between_steps = False
                if gap_s is not None:
                    self._steps_s.append(gap_s)
            case Validated() | Probed() | Sampled() | Compared() | CheckpointSaved():
                self.is_between_steps = True
                if gap_s is not None:
                    self._breaks_s.append(gap_s)
            case RunStarted() | Control():
                self.is_between_steps = True  # the gap before it was a pause, a dead writer or a request

    def stall_timeout_s(self, is_more_due: bool) -> float:
        """Seconds that the run may be silent after its last event. `is_more_due`: a validation or a checkpoint comes next."""
        if self.is_between_steps or is_more_due or not self._steps_s:
            return max(DEFAULT_STALL_TIMEOUT_S, STALL_STEPS * max((*self._steps_s, *self._breaks_s), default=0.0))
        return max(MIN_STALL_TIMEOUT_S, STALL_STEPS * max(self._steps_s))
