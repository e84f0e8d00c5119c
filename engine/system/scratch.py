"""Scratch folders: owned by a process while it runs, and swept away if a killed process left them.

The owner holds a lock on the folder itself, which the system releases with the process; a scratch folder whose lock
is free is abandoned. Where folders cannot be locked (Windows, some network disks), one without
changes for a day counts as abandoned.
"""

import contextlib
import errno
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ABANDONED_AFTER_S = 24 * 3600.0
# The random part that `tempfile` puts between prefix and suffix.
_RANDOM = "[a-z0-9_]{8}"
ASIDE, STEPPED_ASIDE = ".tmp", ".old"


@contextlib.contextmanager
def scratch_folder(parent: Path, prefix: str, suffix: str = "") -> Iterator[Path]:
    """Context manager: create an empty folder in `parent`, removed with its content at the end of the block. Raises OSError."""
    folder, lock = _make(parent, prefix, suffix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _let_go(lock)


def sweep(parent: Path, prefix: str) -> None:
    """Remove abandoned scratch folders with a prefix in `parent`; those that cannot be removed remain."""
    for folder in _matching(parent, f"{re.escape(prefix)}{_RANDOM}"):
        with _abandoned(folder) as is_abandoned:
            if is_abandoned:
                shutil.rmtree(folder, ignore_errors=True)


def sweep_beside(path: Path) -> None:
    """Remove the scratch folders of dead processes that were replacing the folder `path`; an old folder moved aside is restored."""
    _sweep_asides(path.parent, re.escape(path.name))


def sweep_below(parent: Path) -> None:
    """As `sweep_beside`, for every folder in `parent`, which must be a folder of the studio."""
    _sweep_asides(parent, ".+")


def replace(new: Path, path: Path) -> None:
    """Replace a folder by another in the same parent; on failure the old one is restored. Raises OSError."""
    if not path.exists():
        new.rename(path)
        return
    # A non-empty folder cannot be replaced in one step, so the old one is moved aside first.
    aside, lock = _make(path.parent, f".{path.name}.", STEPPED_ASIDE)
    old = aside / "old"
    try:
        path.rename(old)
        new.rename(path)
    except BaseException:
        if old.exists() and not path.exists():
            old.rename(path)
        raise
    finally:
        # If restoring fails too, the next sweep restores it.
        if path.exists():
            shutil.rmtree(aside, ignore_errors=True)
        _let_go(lock)


def _sweep_asides(parent: Path, name: str) -> None:
    for folder in _matching(parent, rf"\.{name}\.{_RANDOM}(\.tmp|\.old)"):
        with _abandoned(folder) as is_abandoned:
            if not is_abandoned:
                continue
            old = folder / "old"
            path = parent / re.sub(rf"^\.|\.{_RANDOM}\.(tmp|old)$", "", folder.name)
            if folder.suffix == STEPPED_ASIDE and old.exists() and not path.exists():
                with contextlib.suppress(OSError):
                    old.rename(path)
            if folder.suffix == ASIDE or path.exists() or not old.exists():
                shutil.rmtree(folder, ignore_errors=True)


def _matching(parent: Path, pattern: str) -> list[Path]:
    """The folders (no links) in `parent` of this user whose name matches."""
    found = []
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if re.fullmatch(pattern, entry.name) and entry.is_dir(follow_symlinks=False) and _is_ours(entry):
                found.append(Path(entry.path))
    return found


def _is_ours(entry: "os.DirEntry[str]") -> bool:
    return not hasattr(os, "geteuid") or entry.stat(follow_symlinks=False).st_uid == os.geteuid()


def _make(parent: Path, prefix: str, suffix: str) -> tuple[Path, int | None]:
    """A new folder, and the descriptor that holds its lock; None if it cannot be locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, suffix=suffix, dir=parent))
        descriptor = None
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            _lock(descriptor)
            if os.path.samestat(os.fstat(descriptor), folder.stat()):
                return folder, descriptor
        except (FileNotFoundError, BlockingIOError):
            pass  # swept between creation and locking: create another
        except OSError:
            _let_go(descriptor)
            return folder, None
        _let_go(descriptor)


@contextlib.contextmanager
def _abandoned(folder: Path) -> Iterator[bool]:
    """Context manager: whether a scratch folder is abandoned; its lock is held during the block."""
    descriptor = None
    try:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            _lock(descriptor)
            is_free = True
        except (FileNotFoundError, BlockingIOError):
            is_free = False
        except OSError:
            is_free = _is_old(folder)
        yield is_free
    finally:
        _let_go(descriptor)


def _lock(descriptor: int) -> None:
    """Lock a folder. Raises BlockingIOError if another process holds the lock, another OSError if folders cannot be locked."""
    try:
        import fcntl
    except ImportError:  # Windows
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP)) from None
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[attr-defined, unused-ignore]


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > ABANDONED_AFTER_S
    except OSError:
        return False


def _let_go(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
