"""Atomic writing of files and folders (written aside, flushed, renamed), and checked reading of JSON."""

import contextlib
import errno
import json
import math
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Never

from engine.system import scratch
from engine.system.errors import Message, StudioError
from engine.system.paths import HOME_VARIABLE

# JSON nested deeper is rejected: json.loads is limited only by the interpreter's recursion limit, which code that walks the
# value would hit again.
MAX_JSON_DEPTH = 64
MAX_JSON_BYTES = 64 << 20
# Integers must fit into 64 bits.
_MAX_WHOLE = 1 << 63
_MAX_DIGITS = 19
_SURROGATES = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replace `path` by `content` (text as UTF-8) atomically; a crash leaves the old file. Raises OSError."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp creates private files; files of the studio get the user's default permissions.
        aside.chmod(0o666 & ~_umask())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def check_new_file(path: Path, *, replaces: bool | None = None) -> None:
    """Check a file to be written that the user named, before any work is done for it.

    Args:
        replaces: whether --force was given; None if there is no such flag.

    Raises:
        StudioError: when its folder is missing, it is a folder, or it exists and is not to be replaced.
    """
    if is_folder(path):
        raise StudioError("{path} is a folder.", "Name a file.", path=path)
    if is_there(path) and not replaces:
        hint = "Choose another name." if replaces is None else "Choose another name, or say --force to replace it."
        raise StudioError("{path} is there already.", hint, path=path)
    if not is_folder(path.parent):
        raise StudioError("There is no folder {path}.", "Make it, or name a file elsewhere.", path=path.parent)


@contextlib.contextmanager
def reporting_file_errors(path: Path) -> Iterator[None]:
    """Context manager: turn an OSError into a StudioError while a file that the user named is written."""
    try:
        yield
    except OSError as error:
        raise StudioError(
            "{path} cannot be written ({error}).", "Choose another place.", path=path, error=error
        ) from error


@contextlib.contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """Context manager: yield an empty folder beside `path`, which replaces `path` at the end of the block.

    When the block raises, the new folder is removed and `path` is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch.sweep_beside(path)
    with scratch.scratch_folder(path.parent, f".{path.name}.", scratch.ASIDE) as aside:
        aside.chmod(0o777 & ~_umask())
        yield aside
        for file in aside.rglob("*"):
            if file.is_file():
                sync_file(file)
                # Some writers (safetensors) create private files.
                file.chmod(0o666 & ~_umask())
        scratch.replace(aside, path)
    sync_folder(path.parent)


@contextlib.contextmanager
def reporting_disk_errors(path: Path, error: type[StudioError]) -> Iterator[None]:
    """Context manager: turn an OSError into a StudioError with remedies, while `path` or its content is written."""
    try:
        yield
    except OSError as problem:
        raise error(
            "The folder {path} cannot be written ({error}).",
            "Free some space, change its permissions, or set {variable} to another folder.",
            path=path.parent,
            error=problem,
            variable=HOME_VARIABLE,
        ) from problem


def folders_in(root: Path, error: type[StudioError]) -> list[Path]:
    """The folders in a folder of the user's, except hidden ones (being created or removed); none if it is missing.

    Raises:
        error: when it cannot be read.
    """
    try:
        return [path for path in root.iterdir() if is_folder(path) and not path.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as problem:
        hint = Message("Change its permissions, or set {name} to another folder.", name=HOME_VARIABLE)
        raise error("The folder {path} cannot be read: {error}.", hint, path=root, error=problem) from problem


def parse_json(text: bytes | str, *, infinity_too: bool = False) -> Any:
    """Decode a JSON text (bytes: UTF-8) to a value that is safe to walk, to compute with and to write again.

    A lone surrogate in a string becomes U+FFFD, so that every string can be encoded. `infinity_too`: accept NaN and
    Infinity, as Python writes them.

    Raises:
        ValueError: with a clause for the user, when the text is no JSON, is nested deeper than `MAX_JSON_DEPTH`, or has NaN,
            infinity, a number too large for a float, or an integer beyond 64 bits.
    """
    try:
        whole = text if isinstance(text, str) else text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    try:
        value = (_DECODER_WITH_INFINITY if infinity_too else _DECODER).decode(whole.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise ValueError(Message("it is no JSON: {error}", error=error)) from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    may_be_deep = whole.count("[") + whole.count("{") > MAX_JSON_DEPTH
    if may_be_deep:
        _refuse_deep(value)
    if _ESCAPED_SURROGATE.search(whole) or _SURROGATES.search(whole):
        value = _without_surrogates(value)
    return value


def read_json(
    path: Path, error: type[StudioError] = StudioError, hint: str = "", max_bytes: int = MAX_JSON_BYTES
) -> Any:
    """Read a JSON file with `parse_json`.

    Raises:
        error: (with `hint`) when the file is missing, is no regular file (a FIFO would block), cannot be read, is larger than
            `max_bytes`, or is rejected by `parse_json`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no file")
        if status.st_size > max_bytes:
            raise ValueError(Message("it has more than {number} MB", number=max_bytes >> 20))
        return parse_json(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise error("{path} cannot be read ({error}).", hint, path=path, error=problem) from problem


_TOO_DEEP = "it is nested too deeply"


def _whole(digits: str) -> int:
    number = int(digits) if len(digits) <= _MAX_DIGITS + 1 else _MAX_WHOLE
    if not -_MAX_WHOLE <= number < _MAX_WHOLE:
        raise ValueError("it holds a number that is too large")
    return number


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("it holds a number that is too large")
    return number


def _no_number(word: str) -> Never:
    raise ValueError(Message("it holds {word}, which is no number of JSON", word=word))


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_real, parse_constant=_no_number)
# Accepts what `json.dumps` writes for infinite floats and NaN.
_DECODER_WITH_INFINITY = json.JSONDecoder(parse_int=_whole, parse_float=_real, parse_constant=float)


def _refuse_deep(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_JSON_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _without_surrogates(value: Any) -> Any:
    """The value with every lone surrogate replaced by U+FFFD, keys included; it is at most `MAX_JSON_DEPTH` deep."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(inner) for inner in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()}
    return value


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read its bytes.

    Raises:
        OSError: when it is missing, unreadable, or no regular file: a FIFO would block, a device has no end.
    """
    # O_NONBLOCK: opening a FIFO would otherwise wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_start(path: Path, max_bytes: int) -> bytes:
    """Read at most `max_bytes` of a file. Raises OSError as `open_regular`."""
    with open_regular(path) as file:
        return file.read(max_bytes)


def is_file(path: Path) -> bool:
    """Whether a path is a regular file; False if it is not accessible or no valid path."""
    return os.path.isfile(path)  # noqa: PTH113 - unlike `Path.is_file` it raises no PermissionError and no ENAMETOOLONG


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; False if it is not accessible or no valid path."""
    return os.path.isdir(path)  # noqa: PTH112 - as `is_file`


def is_there(path: Path) -> bool:
    """Whether a path exists, dangling links included; False if it is not accessible."""
    return os.path.lexists(path)


def resolved(path: Path) -> Path:
    """The absolute path with links followed; unlike `Path.resolve` it accepts circular links."""
    return Path(os.path.realpath(path))


def sync_file(path: Path) -> None:
    """Flush a file to the disk."""
    # Opened for writing, because Windows flushes no file that is open for reading only.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Flush a rename within a folder to the disk, on systems where folders can be opened and flushed."""
    with contextlib.suppress(PermissionError, IsADirectoryError):  # Windows cannot open folders
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            # Some network disks do not support it.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise
        finally:
            os.close(descriptor)


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current
