"""The stall detector: how long a run usually takes from one event to the next, and so how long it may be silent.

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

# No shorter silence is remarkable: machines swap, and disks spin up.
MIN_STALL_TIMEOUT_S = 10.0
# Nobody knows how long the first step, the first validation or the first checkpoint of a network takes.
DEFAULT_STALL_TIMEOUT_S = 300.0
# So many times the longest of the last steps.
STALL_STEPS = 8
N_REMEMBERED = 20


@dataclass(slots=True)
class StallDetector:
    """`is_between_steps`: what the run said last was no step, so that it may be at something longer than one."""

    is_between_steps: bool = True
    _last: Record | None = None
    _steps_s: deque[float] = field(default_factory=lambda: deque(maxlen=N_REMEMBERED))
    _breaks_s: deque[float] = field(default_factory=lambda: deque(maxlen=N_REMEMBERED))

    @property
    def last_s(self) -> float | None:
        """When the run said its last word, in seconds since the epoch."""
        return self._last.time_s if self._last else None

    def note(self, record: Record) -> None:
        """Take in what was said; a list of runs leaves out what it need not parse, and no gap is measured over that."""
        before, self._last = self._last, record
        is_next = before is not None and record.seq == before.seq + 1
        gap_s = max(0.0, record.time_s - before.time_s) if before is not None and is_next else None
        match record.event:
            case Resources():
                return  # it is told beside a step, and takes no time
            case Step():
                self.is_between_steps = False
                if gap_s is not None:
                    self._steps_s.append(gap_s)
            case Validated() | Probed() | Sampled() | Compared() | CheckpointSaved():
                self.is_between_steps = True
                if gap_s is not None:
                    self._breaks_s.append(gap_s)
            case RunStarted() | Control():
                self.is_between_steps = True  # what lies before it was a pause, a death, a request

    def stall_timeout_s(self, is_more_due: bool) -> float:
        """How long the run may be silent from its last word on. `is_more_due`: a validation or a checkpoint comes next."""
        if self.is_between_steps or is_more_due or not self._steps_s:
            return max(DEFAULT_STALL_TIMEOUT_S, STALL_STEPS * max((*self._steps_s, *self._breaks_s), default=0.0))
        return max(MIN_STALL_TIMEOUT_S, STALL_STEPS * max(self._steps_s))
