"""Reading what a run says while it is being said. Nothing here knows a screen."""

import os
from dataclasses import dataclass
from pathlib import Path

from engine.runs.events import Record, from_line
from engine.runs.folder import EVENTS, LOG
from engine.system.errors import RunError
from engine.system.files import open_regular

CHUNK_BYTES = 256 * 1024
# No event is nearly as long; what has no line end within it is one malformed line.
MAX_LINE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one poll found.

    `restarted`: the file is another one than before, so forget what was read. `more`: there is more to read at once.
    """

    records: tuple[Record, ...] = ()
    n_malformed: int = 0
    restarted: bool = False
    more: bool = False


class EventTail:
    """Follows `events.jsonl` of a run folder from where the last poll ended.

    A partial last line waits for the next poll, a malformed one is counted. The file may not exist yet, and may be
    replaced by a shorter one.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / EVENTS
        self._offset = 0
        self._inode: int | None = None
        self._partial = b""
        # Within a line that is too long to be kept; and why the file is not read at all.
        self._is_skipping = False
        self._refusal: RunError | None = None

    def poll(self, max_bytes: int = CHUNK_BYTES) -> Chunk:
        """Read at most `max_bytes` more.

        Raises:
            RunError: the run was written in a version that this studio does not read.
            OSError: the file exists and cannot be read.
        """
        try:
            # A look at a file costs a tenth of opening it, and most looks find nothing.
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
        """The events of the lines that end in some data, and how many of these lines are none. Raises RunError as `poll`."""
        if self._refusal is not None:
            raise self._refusal
        *lines, self._partial = (self._partial + data).split(b"\n")
        n_malformed = 0
        if self._is_skipping:
            self._is_skipping = not lines
            lines = lines[1:]  # the end of what was too long, and counted when it was
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
        """Start over when the file has shrunk or is another one; say whether it was so."""
        status = os.fstat(descriptor)
        restarted = self._inode is not None and (status.st_ino != self._inode or status.st_size < self._offset)
        if restarted:
            self._offset, self._partial, self._is_skipping, self._refusal = 0, b"", False, None
        self._inode = status.st_ino
        return restarted


class LogTail:
    """The end of a run's log, read again when the file is another one than before, or has grown."""

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
    """The last lines of a run's log, oldest first; none when there is no log. Raises OSError when there is one that cannot be read."""
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
