"""Standard streams that tolerate a closed pipe, a full disk, a closed terminal or a closed descriptor.

stdout is data: the first failed write raises `OutputLostError`, later ones are dropped. stderr is
narration: failed writes are dropped. A closed stdin is empty.
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
    """Writing to stdout failed. It is no OSError, which code catches for files."""

    def __init__(self, number: int) -> None:
        super().__init__("stdout is closed" if number == errno.EBADF else os.strerror(number))
        self.number = number

    @property
    def is_broken_pipe(self) -> bool:
        """Whether the reader closed the pipe, as `| head` does, which is no error."""
        return self.number == errno.EPIPE

    @property
    def is_hang_up(self) -> bool:
        """Whether the terminal was closed."""
        return self.number == errno.EIO


def prepare() -> None:
    """Replace closed or fragile standard streams (see the module), and set UTF-8; captured streams are unchanged."""
    for wanted in (0, 1, 2):
        _fill(wanted)
    # The Windows console is no byte stream.
    is_plain = sys.platform != "win32"
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - stays open
    if sys.stdout is None or (is_plain and sys.stdout is sys.__stdout__):
        sys.stdout = _text(_Stdout(1, is_closed=sys.stdout is None))
    if sys.stderr is None or (is_plain and sys.stderr is sys.__stderr__):
        sys.stderr = _text(_Stderr(2), write_through=True)


def _fill(number: int) -> None:
    """Open the null device as a closed standard descriptor, so that the next opened file does not get its number."""
    try:
        os.fstat(number)
    except OSError:
        # Not inheritable, as all files of Python: a program started with exec finds the descriptor closed, and reports it.
        os.open(os.devnull, os.O_RDWR)


def _text(raw: io.FileIO, *, write_through: bool = False) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=raw.isatty(), write_through=write_through
    )


class _Waiting(io.FileIO):
    """A file that waits if another program has made the shared description non-blocking."""

    def write(self, data: "ReadableBuffer", /) -> int:
        while (n_written := super().write(data)) is None:
            select.select([], [self.fileno()], [])
        return n_written


class _Stdout(_Waiting):
    """stdout that raises OutputLostError at the first failed write."""

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
    """stderr that drops failed writes."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def use_utf8(*, restarts: bool = True) -> None:
    """Use UTF-8 for the streams, and restart in Python's UTF-8 mode if the locale cannot encode Chinese file names.

    Under `LC_ALL=C` without that mode, arguments arrive as lone surrogates, and no path with a Chinese character can be opened.
    The restart gets the same argument bytes. Call it before anything is read or written. `restarts`:
    whether the process may be restarted, because it belongs to this program.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # An invalid byte is passed on as an escape, which is valid in JSON.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not restarts or os.name != "posix" or sys.flags.utf8_mode or _can_name_chinese_files():
        return
    os.environ["PYTHONUTF8"] = "1"  # for child processes too
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _can_name_chinese_files() -> bool:
    try:
        "詩".encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        return False
    return True
