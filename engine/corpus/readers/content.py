"""The content of a file of poems, as bytes and as lines of text: of a file, a pipe, a compressed file or a member of an archive.

The length of a line, the size of a pipe and the unpacked size of a compressed file are limited, so that no file exhausts memory,
disk or time.
"""

import codecs
import contextlib
import errno
import gzip
import io
import os
import stat
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol

from engine.prosody.text import is_han
from engine.system.errors import CorpusError

PEEK_BYTES = 1 << 18
# The longest Chinese poem has about 2,500 characters.
MAX_LINE_CHARS = 1_000_000
# A JSON text is read whole, and takes about five times its size in memory.
MAX_JSON_BYTES = 200 << 20
MAX_PIPED_BYTES = 1 << 30
# Text compresses by a factor of 3 to 10; a factor above 50 is a decompression bomb.
MAX_UNPACKED_RATIO = 50
MIN_UNPACKED_LIMIT_BYTES = 64 << 20
MAX_UNPACKED_BYTES = 4 << 30

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class Content:
    """Named bytes that can be read repeatedly; `open` raises errors as described at `reporting_damage`."""

    name: str
    open: Callable[[], IO[bytes]]

    def head(self, n_bytes: int = PEEK_BYTES) -> bytes:
        with reporting_damage(self.name), self.open() as file:
            return file.read(n_bytes)

    def read(self, max_bytes: int) -> bytes:
        """Read all bytes. Raises CorpusError when there are more than `max_bytes`."""
        with reporting_damage(self.name), self.open() as file:
            return read_whole(file, self.name, max_bytes)

    def lines(self, encoding: str) -> Iterator[str]:
        """Yield the lines with their ends, of any style. Raises CorpusError if one is too long or not valid `encoding`."""
        with reporting_damage(self.name, encoding), io.TextIOWrapper(self.open(), encoding=encoding) as file:
            number = 0
            while line := file.readline(MAX_LINE_CHARS):
                number += 1
                if len(line) == MAX_LINE_CHARS and not line.endswith("\n"):
                    raise CorpusError(
                        "Line {number} of {name} has more than {number2} characters.",
                        "Write one poem a line, or a line of verse a line.",
                        number=number,
                        name=self.name,
                        number2=f"{MAX_LINE_CHARS:,}",
                    )
                yield line


def read_whole(file: IO[bytes], name: str, max_bytes: int) -> bytes:
    """Read all bytes of a file called `name`. Raises CorpusError when there are more than `max_bytes`."""
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise CorpusError(
            "{name} holds more than {number} MB in one piece.",
            "Cut it into several files, or write it as JSON lines, one poem a line.",
            name=name,
            number=max_bytes >> 20,
        )
    return data


def content_of(path: Path) -> Content:
    """The content of a file, or of a pipe, which is read once into a temporary file.

    Raises:
        CorpusError: when there is no such file, or it cannot be read (a socket, a block device).
    """
    mode = mode_of(path)
    if stat.S_ISREG(mode):
        return Content(path.name, lambda: path.open("rb"))
    if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
        raise CorpusError(
            "{name} is no file that poems can be read from.", "Name a file or a folder of poems.", name=path.name
        )
    with reporting_damage(path.name), path.open("rb", buffering=0) as stream:
        return spooled(stream, path.name)


def mode_of(path: Path) -> int:
    """The file mode of a path, as in `stat`. Raises CorpusError when there is no file."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:
        known = isinstance(error, OSError) and error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
        if known and isinstance(error, OSError):
            raise _unreadable(path.name, error) from error
        raise CorpusError("There is no file {path}.", "Check the name.", path=path) from error


def spooled(stream: IO[bytes], name: str) -> Content:
    """Copy a pipe to a temporary file, removed with the content. Raises CorpusError early if it is neither text nor an archive."""
    descriptor, aside = tempfile.mkstemp(prefix="poetry-pipe-")
    content = Content(name, lambda: open(aside, "rb"))  # noqa: SIM115, PTH123
    weakref.finalize(content, _remove, aside)
    n_bytes = 0
    with os.fdopen(descriptor, "wb") as file:
        while chunk := stream.read(_CHUNK_BYTES):
            if n_bytes == 0 and not chunk.startswith((GZIP_MAGIC, *ZIP_MAGICS)) and not is_tar(chunk):
                encoding_of(chunk[:PEEK_BYTES], name)
            n_bytes += len(chunk)
            if n_bytes > MAX_PIPED_BYTES:
                raise CorpusError(
                    "More than {number} MB came from {name}.",
                    "Write it into a file, and name that.",
                    number=MAX_PIPED_BYTES >> 20,
                    name=name,
                )
            file.write(chunk)
    return content


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - pathlib may be gone when the interpreter ends


@dataclass(slots=True)
class Allowance:
    """The number of bytes that a compressed file may still unpack to."""

    name: str
    max_bytes: int
    n_left: int

    @classmethod
    def for_packed(cls, packed: Content) -> "Allowance":
        with reporting_damage(packed.name), packed.open() as file:
            n_packed = file.seek(0, os.SEEK_END)
        max_bytes = min(MAX_UNPACKED_BYTES, max(MIN_UNPACKED_LIMIT_BYTES, MAX_UNPACKED_RATIO * n_packed))
        return cls(packed.name, max_bytes, max_bytes)

    def spend(self, n_bytes: int) -> None:
        """Count unpacked bytes. Raises CorpusError when the allowance is exceeded."""
        self.n_left -= n_bytes
        if self.n_left < 0:
            raise CorpusError(
                "{name} unpacks to more than {number} MB, which is more than {number2} times its size.",
                "If it is sound, unpack it yourself and name the file of poems in it.",
                name=self.name,
                number=f"{self.max_bytes >> 20:,}",
                number2=MAX_UNPACKED_RATIO,
            )


def unpacked(packed: Content) -> Content:
    """The unpacked content of a gzip file."""
    return Content(packed.name, partial(open_gzip, packed))


def open_gzip(packed: Content) -> IO[bytes]:
    allowance = Allowance.for_packed(packed)
    file = packed.open()
    return bounded(gzip.GzipFile(fileobj=file), allowance, file)


class _Readable(Protocol):
    def read(self, n_bytes: int, /) -> bytes: ...
    def close(self) -> None: ...


def bounded(stream: _Readable, allowance: Allowance, *below: IO[bytes]) -> IO[bytes]:
    """A stream of unpacked bytes that raises CorpusError when the allowance is exceeded; closing it closes the streams `below` too."""
    return io.BufferedReader(_Bounded(stream, allowance, below), _CHUNK_BYTES)


class _Bounded(io.RawIOBase):
    def __init__(self, stream: _Readable, allowance: Allowance, below: Sequence[IO[bytes]]) -> None:
        self._streams = (stream, *below)
        self._stream = stream
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._allowance.spend(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        super().close()


def is_tar(head: bytes) -> bool:
    """Whether a file begins with the header of a tar archive's member."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError):
        return False
    return True


def encoding_of(head: bytes, name: str) -> str:
    """Detect the encoding of a text from its beginning. Raises CorpusError if it is no text, or blank."""
    encoding = next((encoding for mark, encoding in _MARKED if head.startswith(mark)), None)
    candidates = ("utf-8", "gb18030") if encoding is None else (encoding,)
    is_binary = encoding is None and b"\x00" in head
    for candidate in candidates:
        text = None if is_binary else text_of(head, candidate)
        if text is None or (candidate == "gb18030" and not _mostly_han(text)):
            continue
        if not is_visible(text):
            is_empty = len(head) < PEEK_BYTES
            problem = "{name} is empty." if is_empty else "{name} begins with nothing but blank lines."
            raise CorpusError(problem, "Name a file with poems in it.", name=name)
        return candidate
    raise CorpusError(
        "{name} is not a text in UTF-8 or GB18030.", "Save it as UTF-8 text, one poem a line, and try again.", name=name
    )


_MARKED = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def text_of(head: bytes, encoding: str) -> str | None:
    """Decode the beginning of a text; None if it is not in this encoding."""
    try:
        # Incremental: the last character may be truncated.
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return None


def is_visible(text: str) -> bool:
    return bool(text.strip().strip(_INVISIBLE).strip())


def _mostly_han(text: str) -> bool:
    """Whether a text decoded as GB18030 is mostly common Chinese: nearly any bytes decode as GB18030."""
    visible = [character for character in text if not character.isspace()]
    common = sum(
        "\u4e00" <= character <= "\u9fff" or character.isascii() or character in "，。！？；：、《》"
        for character in visible
    )
    return common >= 0.9 * len(visible) and sum(map(is_han, visible)) >= 0.3 * len(visible)


@contextlib.contextmanager
def reporting_damage(name: str, encoding: str = "UTF-8") -> Iterator[None]:
    """Turn the errors of reading a file, compressed file or archive into a CorpusError."""
    try:
        yield
    except UnicodeError as error:
        raise CorpusError(
            "{name} is damaged: it is not {encoding} throughout.", "Save it as UTF-8.", name=name, encoding=encoding
        ) from error
    except _DAMAGE as error:
        raise CorpusError(
            "The archive {name} is damaged or cut short ({error}).",
            "Download it again, then import it again.",
            name=name,
            error=error,
        ) from error
    except OSError as error:
        raise _unreadable(name, error) from error


# RuntimeError: an encrypted ZIP member; NotImplementedError, a subclass: an unknown compression. ValueError, OverflowError and
# LookupError: invalid numbers in a header.
_DAMAGE = (
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    LookupError,
)


def _unreadable(name: str, error: OSError) -> CorpusError:
    return CorpusError("{name} cannot be read ({error}).", "Check its permissions.", name=name, error=error)
