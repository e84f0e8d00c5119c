"""Keeping up with one run: its events, whether its writer lives, what it has been asked for. Knows no screen."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from engine.system.errors import RunError, StudioError
from poetry_tui.tracking.control import is_alive, pending_commands
from poetry_tui.tracking.reader import Chunk, EventTail, LogTail
from poetry_tui.tracking.run_state.state import RunState, Status
from poetry_tui.tracking.run_state.status import NO_WRITER, WriterProbe, probe_writer, silence_s, status_of

# A heart beats once a second; looking more often finds out nothing.
PROBE_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The result of one read of a run's files."""

    chunk: Chunk
    writer: WriterProbe = NO_WRITER
    pending_commands: frozenset[str] = frozenset()
    last_log_line: str = ""
    problem: StudioError | None = None


@dataclass(slots=True)
class RunFollower:
    """`read` reads the files and may run in a thread; `fold` folds the snapshot into the state and runs where the state is shown.

    `is_settled` is False until everything that stood there at first has been read: before that, nobody knows the status.
    """

    folder: Path
    state: RunState = field(default_factory=RunState)
    status: Status = Status.STARTING
    pending_commands: frozenset[str] = frozenset()
    last_log_line: str = ""
    problem: StudioError | None = None
    is_settled: bool = False
    # Whole seconds without a word from a run that is stalled.
    silent_s: int = 0
    # How many starts have been seen when the run was asked to go on: until there is one more, it is starting again.
    _n_starts_before: int | None = None
    _tail: EventTail | None = None
    _log: LogTail | None = None
    _writer: WriterProbe = NO_WRITER
    _probe_due_s: float = 0.0

    def expect_start(self) -> None:
        """The run has just been asked to go on; its old last word counts no longer."""
        self._n_starts_before = self.state.n_starts

    def read(self) -> Snapshot:
        """Read the next chunk. What cannot be read is a `problem`, never an exception."""
        self._tail = self._tail or EventTail(self.folder)
        self._log = self._log or LogTail(self.folder, max_lines=20, max_bytes=4096)
        writer = self._probe_writer()
        try:
            chunk = self._tail.poll()
            asked = pending_commands(self.folder) if writer.is_there else frozenset()
            last_line = next((line for line in reversed(self._log.poll()) if line.strip()), "")
            return Snapshot(chunk, writer, asked, last_line)
        except StudioError as error:
            return Snapshot(Chunk(), writer, problem=error)
        except OSError as error:
            problem = RunError(
                "The run {name} cannot be read: {error}.",
                "Check {path}.",
                name=self.folder.name,
                error=error.strerror,
                path=self.folder,
            )
            return Snapshot(Chunk(), writer, problem=problem)

    def _probe_writer(self) -> WriterProbe:
        """Whether somebody writes the run; who lived a moment ago is taken to live."""
        if not self._writer.is_there or time.monotonic() >= self._probe_due_s:
            self._writer = probe_writer(self.folder, is_alive(self.folder))
            self._probe_due_s = time.monotonic() + PROBE_PERIOD_S
        return self._writer

    def fold(self, snapshot: Snapshot) -> bool:
        """Fold a snapshot into the state; return whether anything that is shown has changed."""
        before = self._shown
        if snapshot.chunk.restarted:
            self.state = RunState()
        for record in snapshot.chunk.records:
            self.state.fold(record)
        self.state.n_malformed += snapshot.chunk.n_malformed
        self.pending_commands, self.problem, self.last_log_line = (
            snapshot.pending_commands,
            snapshot.problem,
            snapshot.last_log_line,
        )
        if not snapshot.chunk.more:
            self.is_settled = True
            is_starting = snapshot.writer.is_there and self._n_starts_before == self.state.n_starts
            self.status = Status.STARTING if is_starting else status_of(self.state, snapshot.writer)
            self.silent_s = int(silence_s(self.state, snapshot.writer)) if self.status is Status.STALLED else 0
        return (
            bool(snapshot.chunk.records or snapshot.chunk.n_malformed or snapshot.chunk.restarted)
            or before != self._shown
        )

    @property
    def _shown(self) -> tuple[object, ...]:
        """What is to be seen besides the state."""
        return self.status, self.pending_commands, self.problem, self.last_log_line, self.is_settled, self.silent_s
