"""The files in a folder, a tar or a ZIP archive, as named contents; nothing is unpacked to the disk."""

import contextlib
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from engine.corpus.readers.content import (
    GZIP_MAGIC,
    MAX_JSON_BYTES,
    Allowance,
    Content,
    bounded,
    open_gzip,
    read_whole,
    reporting_damage,
)
from engine.system.errors import CorpusError
from engine.system.files import open_regular

MAX_FILES = 100_000
MAX_DEPTH = 12

# Selects and orders the names to read, from all names.
Choose = Callable[[list[str]], list[str]]


def folder_files(folder: Path) -> dict[str, Path]:
    """The regular files below a folder by relative name; hidden files and linked folders are skipped.

    Raises:
        CorpusError: when the folder has more than `MAX_FILES` files or is deeper than `MAX_DEPTH`, or cannot be read.
    """
    found: dict[str, Path] = {}
    n_seen = 0
    name_of_folder = folder.resolve().name or str(folder)
    with reporting_damage(name_of_folder):
        os.listdir(folder)  # noqa: PTH208 - raises if the folder itself cannot be read; `os.walk` skips unreadable folders
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            depth = len(Path(parent).relative_to(folder).parts)
            n_seen += len(names) + len(folders)
            if n_seen > MAX_FILES or depth > MAX_DEPTH:
                raise CorpusError(
                    "The folder {name} holds more than {number} files, or folders more than {number2} deep.",
                    "Name the folder with the poems in it.",
                    name=name_of_folder,
                    number=f"{MAX_FILES:,}",
                    number2=MAX_DEPTH,
                )
            for name in sorted(names):
                path = Path(parent) / name
                if not name.startswith(".") and _is_regular(path):
                    found[path.relative_to(folder).as_posix()] = path
    return found


def _is_regular(path: Path) -> bool:
    """Whether a path is a regular file or a link to one; a FIFO would block."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def folder_contents(folder: Path, choose: Choose) -> Iterator[Content]:
    files = folder_files(folder)
    for name in choose(list(files)):
        yield Content(name, partial(open_regular, files[name]))


def tar_contents(archive: Content, choose: Choose) -> Iterator[Content]:
    """The selected members of a tar archive, gzipped or not, in the order of the archive."""
    with reporting_damage(archive.name):
        with _opened_tar(archive) as tar:
            wanted = set(choose([member.name for member in _members(tar) if member.isfile()]))
        with _opened_tar(archive) as tar:
            for member in _members(tar):
                file = tar.extractfile(member) if member.isfile() and member.name in wanted else None
                if file is not None:
                    data = read_whole(file, member.name, MAX_JSON_BYTES)
                    yield Content(member.name, partial(io.BytesIO, data))


@contextlib.contextmanager
def _opened_tar(archive: Content) -> Iterator[tarfile.TarFile]:
    is_packed = archive.head(2) == GZIP_MAGIC
    with (
        open_gzip(archive) if is_packed else archive.open() as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        yield tar


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for number, member in enumerate(tar):
        _refuse_more_files(number + 1)
        yield member


def _refuse_more_files(n_files: int) -> None:
    if n_files > MAX_FILES:
        raise CorpusError(
            "The archive holds more than {number} files.",
            "Name one with only the poems in it.",
            number=f"{MAX_FILES:,}",
        )


def zip_contents(archive: Content, choose: Choose) -> Iterator[Content]:
    """The selected members of a ZIP archive."""
    with reporting_damage(archive.name), archive.open() as file, zipfile.ZipFile(file) as members:
        names = [member.filename for member in members.infolist() if not member.is_dir()]
        _refuse_more_files(len(names))
        allowance = Allowance.for_packed(archive)
        for name in choose(names):
            yield Content(name, _member_opener(members, name, allowance))


def _member_opener(members: zipfile.ZipFile, name: str, allowance: Allowance) -> Callable[[], IO[bytes]]:
    """A function that opens a member; all members together share the allowance."""
    return lambda: bounded(members.open(name), allowance)
