"""Replay a run from its events at any speed: a follower that releases events by the viewer's clock."""

import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.runs.events import Record
from engine.system.errors import StudioError
from poetry_tui.tracking.reader import Chunk, RunFollower, Snapshot, read_chunks, unreadable
from poetry_tui.tracking.run_state.status import Status

# Length of a replay at its first speed; a shorter run is replayed in real time.
DEFAULT_LENGTH_S = 40.0
# Longer gaps between two events (the run was paused or dead) are cut to this.
MAX_GAP_S = 5.0
MAX_SPEED, MIN_SPEED = 1e6, 0.125
# Most records folded by one read, so that keys are handled in between.
MAX_RECORDS = 2000


@dataclass(slots=True)
class RunReplay(RunFollower):
    """A follower that replays. `speed`: seconds of the run for each second of the viewer's clock."""

    clock_s: Callable[[], float] = time.monotonic
    speed: float = 0.0
    is_held: bool = False
    _records: list[Record] = field(default_factory=list)
    # Time of each record in seconds from the first, gaps cut to `MAX_GAP_S`.
    _times_s: list[float] = field(default_factory=list)
    _n_taken: int = 0
    _played_s: float = 0.0
    _read_s: float | None = None

    def read(self) -> Snapshot:
        """The records that are due now; the first call reads the whole run."""
        try:
            if not self._records:
                self._load()
        except (StudioError, OSError) as error:
            return Snapshot(Chunk(), problem=unreadable(self.folder, error))
        now_s = self.clock_s()
        if self._read_s is not None and not self.is_held:
            self._played_s += (now_s - self._read_s) * self.speed
        self._read_s = now_s
        due = bisect_right(self._times_s, self._played_s)
        end = min(due, self._n_taken + MAX_RECORDS)
        records = tuple(self._records[self._n_taken : end])
        self._n_taken = max(end, self._n_taken)
        return Snapshot(Chunk(records, more=end < due))

    def fold(self, snapshot: Snapshot) -> bool:
        """Fold the due records. The status is always `REPLAYING`, whatever the run itself does."""
        before = (self.status, self.problem)
        snapshot.chunk.fold_into(self.state)
        self.problem = snapshot.problem
        self.is_settled = True
        self.status = Status.REPLAYING
        return bool(snapshot.chunk.records) or before != (self.status, self.problem)

    @property
    def is_over(self) -> bool:
        return bool(self._records) and self._n_taken == len(self._records)

    def set_speed(self, speed: float) -> None:
        """Replay at this speed, within `MIN_SPEED` and `MAX_SPEED`."""
        self.speed = min(max(speed, MIN_SPEED), MAX_SPEED)

    def hold(self) -> None:
        """Hold the replay, or go on."""
        self.is_held = not self.is_held

    def _load(self) -> None:
        for chunk in read_chunks(self.folder):
            self._records.extend(chunk.records)
        played_s, before_s = 0.0, None
        for record in self._records:
            if before_s is not None:
                played_s += min(max(record.time_s - before_s, 0.0), MAX_GAP_S)
            before_s = record.time_s
            self._times_s.append(played_s)
        self.speed = self.speed or max(1.0, played_s / DEFAULT_LENGTH_S)
