"""Caches of a corpus: token caches, training lines and n-gram counts, each built again where it is missing or damaged.

They lie in the cache folder, in `corpora/<digest of the poems>/`: a renamed corpus keeps its caches, a changed one gets new ones.
"""

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from engine.corpus.corpus import Corpus
from engine.system import paths
from engine.system.errors import CorpusError, StudioError
from engine.system.files import reporting_disk_errors

Cached = TypeVar("Cached")

# The caches that an earlier version left in the folder of a corpus.
_BESIDE_POEMS = ("tokens-*", "kneser-ney-*", "lines-*.bloom")


def cache_folder(corpus: Corpus) -> Path:
    """The folder of the caches of a corpus."""
    # Not the checksum itself: it comes from a file, which may hold anything.
    return paths.caches() / "corpora" / key_of(f"{corpus.sha256}")


def key_of(inputs: str) -> str:
    """Sixteen digits for all that a cache depends on."""
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def cache_of(corpus: Corpus, name: str) -> Path:
    """The file or folder of a cache, whose name must tell all that it depends on but the poems.

    One that an earlier version left in the folder of the corpus is moved to the cache folder once; where it cannot be moved, it is
    used where it lies.
    """
    return paths.moved_once(corpus.folder / name, cache_folder(corpus) / name)


@contextlib.contextmanager
def building(path: Path) -> Iterator[None]:
    """Hold the lock of a cache, so that of processes that start at once only one builds it.

    Raises:
        CorpusError: its folder cannot be written.
    """
    with reporting_disk_errors(path, CorpusError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / f".{path.name}.lock"):
            yield


def read_or_build(path: Path, read: Callable[[], Cached | None], build: Callable[[], Cached]) -> Cached:
    """A cache as it is read from `path`, or built now where `read` finds none, or one that is damaged.

    A cache is only a cache: whatever is wrong with it, building it again puts it right. Raises as `building` and `build`.
    """
    cached = read()
    if cached is None:
        with building(path):
            # Another process may have built it meanwhile.
            cached = read()
            if cached is None:
                cached = build()
    return cached


def remove_caches_of(corpus: Corpus) -> None:
    """Remove the caches of a corpus; those that cannot be removed stay until `clear_caches`."""
    shutil.rmtree(cache_folder(corpus), ignore_errors=True)


def clear_caches() -> tuple[int, int]:
    """Remove every cache of the user's, those beside the poems too; returns how many there were, and their size in bytes.

    Raises:
        StudioError: one of them is being built, or cannot be removed.
    """
    folder = paths.caches()
    for lock in folder.glob("corpora/*/.*.lock"):
        try:
            with FileLock(lock, blocking=False):
                pass
        except Timeout:
            raise StudioError("A cache is being built.", "Wait until the command that builds it has ended.") from None
        except OSError:
            pass  # removed, or not ours to lock: its removal tells
    found = [path for path in folder.glob("*") if path.name != "corpora"] + list(folder.glob("corpora/*/[!.]*"))
    found += [path for pattern in _BESIDE_POEMS for path in paths.corpora().glob(f"*/{pattern}")]
    n_bytes = 0
    # Locks and empty folders come last.
    for path in (*found, *folder.glob("*")):
        try:
            n_bytes += sum(file.lstat().st_size for file in (path, *path.rglob("*")) if file.is_file())
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except FileNotFoundError:
            pass  # another process removed it
        except OSError as error:
            raise StudioError(
                "{path} cannot be removed ({error}).",
                "Change its permissions.",
                path=path,
                error=error,
            ) from error
    with contextlib.suppress(OSError):
        folder.rmdir()
    return len(found), n_bytes
