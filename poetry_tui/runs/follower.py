"""Keeping up with one run: its events, whether its writer lives, what it has been asked for. Knows no screen."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import RunError, StudioError
from poetry_tui.runs.control import is_alive, pending_commands
from poetry_tui.runs.reader import Bite, EventTail, LogTail
from poetry_tui.runs.state import RunState, Status
from poetry_tui.runs.status import NOBODY, Life, look_at, silence_s, status_of

# A heart beats once a second; looking more often finds out nothing.
LIFE_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the files of a run found."""

    bite: Bite
    life: Life = NOBODY
    pending_commands: frozenset[str] = frozenset()
    last_log_line: str = ""
    problem: StudioError | None = None


@dataclass(slots=True)
class RunFollower:
    """`look` reads files and may run in a thread; `take` folds what it found and belongs where the state is shown.

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
    _life: Life = NOBODY
    _life_due_s: float = 0.0

    def expect_start(self) -> None:
        """The run has just been asked to go on; its old last word counts no longer."""
        self._n_starts_before = self.state.n_starts

    def look(self) -> Look:
        """Read the next bite. What cannot be read is a `problem`, never an exception."""
        self._tail = self._tail or EventTail(self.folder)
        self._log = self._log or LogTail(self.folder, max_lines=20, max_bytes=4096)
        life = self._look_at_life()
        try:
            bite = self._tail.poll()
            asked = pending_commands(self.folder) if life.is_there else frozenset()
            last_line = next((line for line in reversed(self._log.poll()) if line.strip()), "")
            return Look(bite, life, asked, last_line)
        except StudioError as error:
            return Look(Bite(), life, problem=error)
        except OSError as error:
            problem = RunError(f"The run {self.folder.name} cannot be read: {error.strerror}.", f"Check {self.folder}.")
            return Look(Bite(), life, problem=problem)

    def _look_at_life(self) -> Life:
        """Whether somebody writes the run; who lived a moment ago is taken to live."""
        if not self._life.is_there or time.monotonic() >= self._life_due_s:
            self._life = look_at(self.folder, is_alive(self.folder))
            self._life_due_s = time.monotonic() + LIFE_PERIOD_S
        return self._life

    def take(self, look: Look) -> bool:
        """Fold a look into the state; say whether anything that can be seen has changed."""
        before = self._shown
        if look.bite.restarted:
            self.state = RunState()
        for record in look.bite.records:
            self.state.fold(record)
        self.state.n_malformed += look.bite.n_malformed
        self.pending_commands, self.problem, self.last_log_line = (
            look.pending_commands,
            look.problem,
            look.last_log_line,
        )
        if not look.bite.more:
            self.is_settled = True
            is_starting = look.life.is_there and self._n_starts_before == self.state.n_starts
            self.status = Status.STARTING if is_starting else status_of(self.state, look.life)
            self.silent_s = int(silence_s(self.state, look.life)) if self.status is Status.STALLED else 0
        return bool(look.bite.records or look.bite.n_malformed or look.bite.restarted) or before != self._shown

    @property
    def _shown(self) -> tuple[object, ...]:
        """What is to be seen besides the state."""
        return self.status, self.pending_commands, self.problem, self.last_log_line, self.is_settled, self.silent_s
