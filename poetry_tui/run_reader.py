"""Reading what a run says while it is being said. Nothing here knows a screen."""

import os
from dataclasses import dataclass
from pathlib import Path

from engine.events import Record, from_line
from engine.run_folder import EVENTS, LOG

BITE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Bite:
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

    def poll(self, max_bytes: int = BITE_BYTES) -> Bite:
        """Read at most `max_bytes` more.

        Raises:
            RunError: the run was written in a version that this studio does not read.
            OSError: the file exists and cannot be read.
        """
        try:
            # A look at a file costs a tenth of opening it, and most looks find nothing.
            status = self.path.stat()
            if (status.st_ino, status.st_size) == (self._inode, self._offset):
                return Bite()
            with self.path.open("rb") as file:
                restarted = self._follow_replacement(file.fileno())
                file.seek(self._offset)
                chunk = file.read(max_bytes)
        except FileNotFoundError:
            return Bite()
        self._offset += len(chunk)
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        records: list[Record] = []
        n_malformed = 0
        for line in lines:
            if not line.strip():
                continue
            try:
                records.append(from_line(line.decode("utf-8")))
            except (ValueError, RecursionError):  # bad JSON and bad UTF-8 are ValueErrors too
                n_malformed += 1
        return Bite(tuple(records), n_malformed, restarted, more=len(chunk) == max_bytes)

    def _follow_replacement(self, descriptor: int) -> bool:
        """Start over when the file has shrunk or is another one; say whether it was so."""
        status = os.fstat(descriptor)
        restarted = self._inode is not None and (status.st_ino != self._inode or status.st_size < self._offset)
        if restarted:
            self._offset, self._partial = 0, b""
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
    """The last lines of a run's log, oldest first; none when there is no log."""
    try:
        with (folder / LOG).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - max_bytes))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    lines = text.splitlines()
    if size > max_bytes:
        lines = lines[1:]
    return lines[-max_lines:]
