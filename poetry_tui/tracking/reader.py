"""Follow a run: read new events, probe the writer, list pending commands. Knows no screen."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.runs.event_log import from_line
from engine.runs.events import Record
from engine.runs.folder import COUNTED, EVENTS, LOG
from engine.system.errors import RunError, StudioError
from engine.system.files import open_regular, parse_json, read_start, write_atomically
from poetry_tui.tracking.control import is_alive, pending_commands
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import NO_WRITER, Status, WriterProbe, probe_writer, silence_s, status_of

CHUNK_BYTES = 256 * 1024
# Far longer than any event; data without a line end within it counts as one malformed line.
MAX_LINE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """The result of one poll.

    `restarted`: the file was replaced, so the reader must discard earlier records. `more`: further data may be read at once.
    """

    records: tuple[Record, ...] = ()
    n_malformed: int = 0
    restarted: bool = False
    more: bool = False

    def fold_into(self, state: RunState) -> None:
        """Fold the records, and count the malformed lines."""
        for record in self.records:
            state.fold(record)
        state.n_malformed += self.n_malformed


class EventTail:
    """Follow `events.jsonl` of a run folder; each poll continues where the last one ended.

    A partial last line waits for the next poll; a malformed line is counted. The file need not exist yet, and may be
    replaced by a shorter one.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / EVENTS
        self._offset = 0
        self._inode: int | None = None
        self._partial = b""
        # The offset is inside a line longer than `MAX_LINE_BYTES`.
        self._is_skipping = False
        # The error of an unknown format version, raised by each further poll.
        self._refusal: RunError | None = None

    def poll(self, max_bytes: int = CHUNK_BYTES) -> Chunk:
        """Read at most `max_bytes` further bytes.

        Raises:
            RunError: the event format's version is unknown.
            OSError: the file exists and cannot be read.
        """
        try:
            # stat costs a tenth of open, and most polls find nothing new.
            status = self.path.stat()
            if (status.st_ino, status.st_size) == (self._inode, self._offset):
                return Chunk()
            with open_regular(self.path) as file:
                restarted = self._follow_replacement(file.fileno())
                file.seek(self._offset)
                data = file.read(max_bytes)
        except FileNotFoundError:
            return Chunk()
        self._offset += len(data)
        records, n_malformed = self._records_of(data)
        return Chunk(tuple(records), n_malformed, restarted, more=len(data) == max_bytes)

    def _records_of(self, data: bytes) -> tuple[list[Record], int]:
        """The events of the lines completed by `data`, and the number of malformed lines. Raises RunError as `poll` does."""
        if self._refusal is not None:
            raise self._refusal
        *lines, self._partial = (self._partial + data).split(b"\n")
        n_malformed = 0
        if self._is_skipping:
            self._is_skipping = not lines
            lines = lines[1:]  # the end of an overlong line, which has been counted
        if len(self._partial) > MAX_LINE_BYTES or self._is_skipping:
            n_malformed += not self._is_skipping
            self._partial, self._is_skipping = b"", True
        records: list[Record] = []
        for line in lines:
            if not line.strip():
                continue
            try:
                records.append(from_line(line.decode("utf-8")))
            except ValueError:  # bad JSON and bad UTF-8 too
                n_malformed += 1
            except RunError as error:
                self._refusal = error
                raise
        return records, n_malformed

    def _follow_replacement(self, descriptor: int) -> bool:
        """Start over when the file has shrunk or was replaced. Returns whether it was."""
        status = os.fstat(descriptor)
        restarted = self._inode is not None and (status.st_ino != self._inode or status.st_size < self._offset)
        if restarted:
            self._offset, self._partial, self._is_skipping, self._refusal = 0, b"", False, None
        self._inode = status.st_ino
        return restarted


def read_chunks(folder: Path) -> Iterator[Chunk]:
    """Read the events that a run has written so far. Raises as `EventTail.poll`."""
    tail = EventTail(folder)
    while (chunk := tail.poll()).more:
        yield chunk
    yield chunk


def read_state(folder: Path) -> RunState:
    """The state of a run after the events that it has written so far. Raises as `EventTail.poll`."""
    state = RunState()
    for chunk in read_chunks(folder):
        chunk.fold_into(state)
    return state


class LogTail:
    """The end of a run's log, read again only when the file has changed."""

    def __init__(self, folder: Path, max_lines: int = 200, max_bytes: int = 64 * 1024) -> None:
        self._folder, self._max_lines, self._max_bytes = folder, max_lines, max_bytes
        self._stamp: tuple[int, int, int] | None = None
        self._lines: list[str] = []

    def poll(self) -> list[str]:
        """The last lines, oldest first. Raises OSError when the file exists and cannot be read."""
        try:
            status = (self._folder / LOG).stat()
        except FileNotFoundError:
            self._stamp, self._lines = None, []
            return self._lines
        stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
        if stamp != self._stamp:
            self._lines = log_tail(self._folder, self._max_lines, self._max_bytes)
            self._stamp = stamp
        return self._lines


def log_tail(folder: Path, max_lines: int = 200, max_bytes: int = 64 * 1024) -> list[str]:
    """The last lines of a run's log, oldest first; empty without a log. Raises OSError when the log exists and cannot be read."""
    try:
        with open_regular(folder / LOG) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - max_bytes))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    lines = text.splitlines()
    if size > max_bytes:
        lines = lines[1:]
    return lines[-max_lines:]


def unreadable(folder: Path, error: StudioError | OSError) -> StudioError:
    """The error to show for a run that cannot be read."""
    if isinstance(error, StudioError):
        return error
    return RunError(
        "The run {name} cannot be read: {error}.", "Check {path}.", name=folder.name, error=error, path=folder
    )


# The heartbeat is written once a second; probing more often finds nothing new.
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
    """Follow one run. `read` reads the files and may run in a thread; `fold` folds the snapshot into the state, in the thread
    that shows it.

    `is_settled` is False until the existing events have been read; the status is unknown before that.
    """

    folder: Path
    state: RunState = field(default_factory=RunState)
    status: Status = Status.STARTING
    pending_commands: frozenset[str] = frozenset()
    last_log_line: str = ""
    problem: StudioError | None = None
    is_settled: bool = False
    # Whole seconds since the last event of a stalled run; 0 for any other.
    silent_s: int = 0
    # Number of `run_started` events when the run was asked to resume; it is starting until there is one more.
    _n_starts_before: int | None = None
    _tail: EventTail | None = None
    _log: LogTail | None = None
    _writer: WriterProbe = NO_WRITER
    _probe_due_s: float = 0.0

    def expect_start(self) -> None:
        """Note that the run was just asked to resume, so that its last event no longer gives its status."""
        self._n_starts_before = self.state.n_starts

    def read(self) -> Snapshot:
        """Read the next chunk. A read error becomes the snapshot's `problem`, never an exception."""
        self._tail = self._tail or EventTail(self.folder)
        self._log = self._log or LogTail(self.folder, max_lines=20, max_bytes=4096)
        writer = self._probe_writer()
        try:
            chunk = self._tail.poll()
            asked = pending_commands(self.folder) if writer.is_there else frozenset()
            last_line = next((line for line in reversed(self._log.poll()) if line.strip()), "")
            return Snapshot(chunk, writer, asked, last_line)
        except (StudioError, OSError) as error:
            return Snapshot(Chunk(), writer, problem=unreadable(self.folder, error))

    def _probe_writer(self) -> WriterProbe:
        """Probe the writer; a writer found alive is not probed again for `PROBE_PERIOD_S`."""
        if not self._writer.is_there or time.monotonic() >= self._probe_due_s:
            self._writer = probe_writer(self.folder, is_alive(self.folder))
            self._probe_due_s = time.monotonic() + PROBE_PERIOD_S
        return self._writer

    def fold(self, snapshot: Snapshot) -> bool:
        """Fold a snapshot into the state. Returns whether anything shown has changed."""
        before = self._shown
        if snapshot.chunk.restarted:
            self.state = RunState()
        snapshot.chunk.fold_into(self.state)
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
        """The shown values that are not in `state`."""
        return self.status, self.pending_commands, self.problem, self.last_log_line, self.is_settled, self.silent_s


_MAX_BYTES = 4096


def count_malformed(folder: Path) -> int:
    """The number of malformed lines in a run's events; 0 without a file, or for an unknown format version.

    Raises:
        OSError: the events exist and cannot be read.
    """
    try:
        status = (folder / EVENTS).stat()
    except FileNotFoundError:
        return 0
    stamp = [status.st_ino, status.st_size, status.st_mtime_ns]
    n_malformed = _remembered(folder, stamp)
    if n_malformed is None:
        try:
            # Folding finds values of the wrong type, which the parser does not.
            n_malformed = read_state(folder).n_malformed
        except RunError:  # unknown format version: its lines cannot be judged
            n_malformed = 0
        # The run folder may be read-only for this user.
        with contextlib.suppress(OSError):
            write_atomically(folder / COUNTED, json.dumps({"stamp": stamp, "n_malformed": n_malformed}) + "\n")
    return n_malformed


def _remembered(folder: Path, stamp: list[int]) -> int | None:
    """The cached count for this stamp of the events file; None if the cache is missing, damaged or out of date."""
    try:
        found = parse_json(read_start(folder / COUNTED, _MAX_BYTES))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("stamp") != stamp:
        return None
    n_malformed = found.get("n_malformed")
    return n_malformed if type(n_malformed) is int and n_malformed >= 0 else None
