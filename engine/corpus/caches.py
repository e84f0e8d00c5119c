"""Caches of a corpus: token caches, training lines and n-gram counts. A missing or damaged one is rebuilt.

They are in the cache folder, in `corpora/<digest of the poems>/`: a renamed corpus keeps its caches, a changed one gets new ones.
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

# Caches that older versions wrote into the folder of a corpus.
_BESIDE_POEMS = ("tokens-*", "kneser-ney-*", "lines-*.bloom")


def cache_folder(corpus: Corpus) -> Path:
    """The cache folder of a corpus."""
    # Hashed, because the checksum is read from a file and may contain anything.
    return paths.caches() / "corpora" / key_of(f"{corpus.sha256}")


def key_of(inputs: str) -> str:
    """A key of 16 hexadecimal digits for the inputs of a cache."""
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def cache_of(corpus: Corpus, name: str) -> Path:
    """The path of a cache; `name` must identify all its inputs except the poems.

    A cache that an older version wrote into the folder of the corpus is moved to the cache folder first; if that fails, its old path is
    returned.
    """
    return paths.moved_once(corpus.folder / name, cache_folder(corpus) / name)


@contextlib.contextmanager
def building(path: Path) -> Iterator[None]:
    """Hold the lock of a cache, so that only one of several processes builds it.

    Raises:
        CorpusError: when its folder cannot be written.
    """
    with reporting_disk_errors(path, CorpusError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / f".{path.name}.lock"):
            yield


def read_or_build(path: Path, read: Callable[[], Cached | None], build: Callable[[], Cached]) -> Cached:
    """Read a cache from `path`, or build it if `read` returns None, because it is missing or damaged.

    Raises as `building` and `build`.
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
    """Remove the caches of a corpus; those that cannot be removed remain until `clear_caches`."""
    shutil.rmtree(cache_folder(corpus), ignore_errors=True)


def clear_caches() -> tuple[int, int]:
    """Remove all caches of the user, including old ones beside the poems; returns their number and their size in bytes.

    Raises:
        StudioError: when one of them is being built, or cannot be removed.
    """
    folder = paths.caches()
    for lock in folder.glob("corpora/*/.*.lock"):
        try:
            with FileLock(lock, blocking=False):
                pass
        except Timeout:
            raise StudioError("A cache is being built.", "Wait until the command that builds it has ended.") from None
        except OSError:
            pass  # removed meanwhile, or no permission: removing it below will report that
    found = [path for path in folder.glob("*") if path.name != "corpora"] + list(folder.glob("corpora/*/[!.]*"))
    found += [path for pattern in _BESIDE_POEMS for path in paths.corpora().glob(f"*/{pattern}")]
    n_bytes = 0
    # Locks and empty folders last.
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
