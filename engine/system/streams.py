"""stdin, stdout and stderr of a command, whatever they lead to: a closed pipe, a full disk, a terminal that is gone, nothing.

stdout is data: that it takes no more is an error, `OutputLostError`, once; what is written after that is dropped. stderr is
narration: what it does not take is dropped. A closed stdin is an empty one.
"""

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputLostError(Exception):
    """stdout takes no more. Not an OSError: whoever catches those means files."""

    def __init__(self, number: int) -> None:
        super().__init__("stdout is closed" if number == errno.EBADF else os.strerror(number))
        self.number = number

    @property
    def is_unwanted(self) -> bool:
        """Whether its reader has gone (`| head`): who reads no further has read enough."""
        return self.number == errno.EPIPE

    @property
    def is_hang_up(self) -> bool:
        """Whether it was a terminal that is gone."""
        return self.number == errno.EIO


def prepare() -> None:
    """Make the three streams of this process sure, as the module says, and UTF-8; streams that somebody captures stay."""
    for wanted in (0, 1, 2):
        _fill(wanted)
    # The console of Windows is no file of bytes.
    is_plain = sys.platform != "win32"
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - it stays open
    if sys.stdout is None or (is_plain and sys.stdout is sys.__stdout__):
        sys.stdout = _text(_Stdout(1, is_closed=sys.stdout is None))
    if sys.stderr is None or (is_plain and sys.stderr is sys.__stderr__):
        sys.stderr = _text(_Stderr(2), write_through=True)


def _fill(number: int) -> None:
    """Where a standard descriptor is closed, let it lead to nothing: the next file that is opened must not take its number."""
    try:
        os.fstat(number)
    except OSError:
        # Not inheritable, as all that Python opens: a command that takes our place finds it closed, and says so.
        os.open(os.devnull, os.O_RDWR)


def _text(raw: io.FileIO, *, write_through: bool = False) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=raw.isatty(), write_through=write_through
    )


class _Waiting(io.FileIO):
    """Waits where another program has made what we share with it non-blocking."""

    def write(self, data: "ReadableBuffer", /) -> int:
        while (n_written := super().write(data)) is None:
            select.select([], [self.fileno()], [])
        return n_written


class _Stdout(_Waiting):
    """Raises OutputLostError at the first write that fails."""

    def __init__(self, number: int, *, is_closed: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self._is_closed = is_closed
        self._is_lost = False

    def write(self, data: "ReadableBuffer", /) -> int:
        if self._is_lost:
            return memoryview(data).nbytes
        try:
            if self._is_closed:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            return super().write(data)
        except OSError as error:
            self._is_lost = True
            raise OutputLostError(error.errno or errno.EIO) from error


class _Stderr(_Waiting):
    """Takes everything."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def use_utf8(*, restarts: bool = True) -> None:
    """Read and write streams in UTF-8, and begin again in Python's UTF-8 mode where the locale cannot name a Chinese file.

    Under `LC_ALL=C` without that mode arguments arrive as lone surrogates, and no path with a Chinese character can be opened.
    The arguments of the new start are the very bytes of this one. To be called before anything is read or written; `restarts`:
    whether the process is this program's own.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A byte that is no UTF-8 goes through as an escape, which in a text of JSON is JSON's own.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not restarts or os.name != "posix" or sys.flags.utf8_mode or _can_name_chinese_files():
        return
    os.environ["PYTHONUTF8"] = "1"  # and for every process that is started from here
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _can_name_chinese_files() -> bool:
    try:
        "詩".encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        return False
    return True
