"""The user's corpora: opening by name, importing from a file of poems, creating, removing."""

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock

from engine.corpus.caches import remove_caches_of
from engine.corpus.cleaning import Cleaner
from engine.corpus.corpus import Corpus, list_corpora, load
from engine.corpus.poem import Poem, RawPoem
from engine.corpus.readers.archives import folder_files
from engine.corpus.readers.content import Content, content_of, reporting_damage
from engine.corpus.readers.formats import PoemFile, open_content, open_poems
from engine.prosody.text import lines_of
from engine.system import paths
from engine.system.errors import CorpusError, Message, did_you_mean
from engine.system.files import is_folder, is_there, replace_folder, reporting_disk_errors, write_atomically
from engine.system.names import brief, check_name, is_name, path_of, shown

# Version of the readers: incremented when they read a file differently, so that it is imported again.
READERS = 2
# Called with a stage ("download", "verify", "read", "write") and the completed fraction of the whole, 0 to 1.
Progress = Callable[[str, float], None]

# Maximum length of the file's name in the name of its corpus, before the fingerprint.
_MAX_STEM_BYTES = 150


def corpus_path(name_or_path: str | Path) -> Path:
    """The folder of an installed corpus, or the path of a file of poems, without reading it. Raises as `open_corpus`."""
    folder = paths.corpora() / str(name_or_path)
    if is_name(str(name_or_path)) and (folder / "corpus.json").is_file():
        return folder
    path = path_of(name_or_path)
    if not is_there(path):
        names = [corpus.name for corpus in list_corpora()]
        hint = did_you_mean(
            str(name_or_path),
            names,
            "Corpora here: {names}. `poetry-tui corpus install tang` gets one, `corpus import FILE` brings your own.",
            names=tuple(names) or "none yet",
        )
        raise CorpusError("There is no corpus and no file called {name}.", hint, name=brief(str(name_or_path)))
    return path


def open_corpus(name_or_path: str | Path, trained_on: str | None = None) -> Corpus:
    """Open an installed corpus by name, or a file of poems by path, which is imported if necessary.

    Args:
        trained_on: checksum of the corpus of a run. If that corpus is installed, it is used even if today's readers would read
            the file differently.

    Raises:
        UsageError: when the argument is neither a valid name nor a valid path.
        CorpusError: when there is no such corpus or file, or the file has no readable poems.
    """
    path = corpus_path(name_or_path)
    if path.parent == paths.corpora() and (path / "corpus.json").is_file():
        return load(path)
    # The content is kept, because a pipe can be read only once and is both hashed and imported.
    content = None if is_folder(path) else content_of(path)
    digest = _digest_of_folder(path) if content is None else _digest_of(content)
    earlier, name = (f"{name_from(path.stem)}-{fingerprint}" for fingerprint in _fingerprints(digest))
    if trained_on is not None and (paths.corpora() / earlier / "corpus.json").is_file():
        read_before = load(paths.corpora() / earlier)
        if read_before.sha256 == trained_on:
            return read_before
    folder = paths.corpora() / name
    if not (folder / "corpus.json").is_file():
        with reporting_disk_errors(folder, CorpusError):
            paths.corpora().mkdir(parents=True, exist_ok=True)
        # Several processes of a training arrive here together; one of them imports the file.
        with FileLock(paths.corpora() / f".{name}.lock"):
            if not (folder / "corpus.json").is_file():
                return import_poems(open_poems(path) if content is None else open_content(content), name)
    return load(folder)


def import_poems(
    file: PoemFile,
    name: str | None = None,
    simplify: bool = True,
    progress: Progress = lambda stage, fraction: None,
    *,
    replaces: bool = False,
) -> Corpus:
    """Clean the poems of an opened file into a new corpus called `name`; None: named after the file.

    Raises:
        CorpusError: when no poem can be read, or, without `replaces`, a corpus of that name exists. With `replaces` that corpus is
            replaced once the new one is complete.
    """
    name = name_from(Path(file.name).stem) if name is None else name
    if not replaces and is_name(name) and (paths.corpora() / name / "corpus.json").is_file():
        raise CorpusError(
            "There is already a corpus called {name}.",
            "Choose another --name, or say --force to replace it.",
            name=name,
        )
    return create(
        name,
        file.poems,
        licence="unknown",
        source=file.name,
        cleaner=Cleaner(simplify=simplify),
        read_as=file.format,
        progress=progress,
    )


def create(
    name: str,
    raws: Iterable[RawPoem],
    *,
    licence: str,
    source: str,
    cleaner: Cleaner,
    licence_text: str = "",
    read_as: str = "",
    progress: Progress = lambda stage, fraction: None,
) -> Corpus:
    """Write a corpus folder from raw poems. Raises CorpusError when no poem is kept or the folder cannot be written."""
    if " " in name:
        raise CorpusError(
            "{name} cannot name a corpus.", "Use letters, digits, dots, dashes and underscores.", name=shown(name)
        )
    check_name(name, "corpus", CorpusError)
    folder = paths.corpora() / name
    replaced = None
    with contextlib.suppress(CorpusError):
        replaced = load(folder)
    with reporting_disk_errors(folder, CorpusError), replace_folder(folder) as aside:
        sha256, n_poems, n_han = _write_poems(aside / "poems.jsonl", cleaner.clean_all(raws))
        if n_poems == 0:
            report = cleaner.report
            dropped = Message("{number} read, dropped: {reasons}", number=report.n_read, reasons=report.reasons(3))
            raise CorpusError(
                "No poem could be kept from {name}: {why}.",
                "Is it a file of poems?",
                name=source,
                why=dropped if report.n_read else "there is none in it",
            )
        progress("write", 0.99)
        corpus = Corpus(
            folder, name, licence, source, sha256, n_poems, n_han, cleaner.simplify, cleaner.report, read_as
        )
        write_atomically(aside / "corpus.json", json.dumps(corpus.to_dict(), ensure_ascii=False, indent=1))
        if licence_text:
            write_atomically(aside / "LICENSE", licence_text)
    if replaced is not None and replaced.sha256 != sha256:
        remove_caches_of(replaced)
    progress("write", 1.0)
    return corpus


def remove(name: str) -> None:
    """Delete a corpus with its caches. Raises CorpusError when there is none of that name."""
    folder = paths.corpora() / name
    if not is_name(name) or not (folder / "corpus.json").is_file():
        hint = did_you_mean(
            name, [corpus.name for corpus in list_corpora()], "`poetry-tui corpus list` shows the names."
        )
        raise CorpusError("There is no corpus called {name}.", hint, name=brief(name) or shown(name))
    with contextlib.suppress(CorpusError):
        remove_caches_of(load(folder))
    with reporting_disk_errors(folder, CorpusError):
        # `corpus.json` first: a partly deleted folder must not look like a corpus.
        (folder / "corpus.json").unlink()
        shutil.rmtree(folder)


def _write_poems(path: Path, poems: Iterable[Poem]) -> tuple[str, int, int]:
    """Write one object per line; returns SHA-256, number of poems, number of Han characters."""
    digest, n_poems, n_han = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        for poem in poems:
            line = {"title": poem.title, "author": poem.author, "text": poem.text}
            data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
            digest.update(data)
            file.write(data)
            n_poems += 1
            n_han += sum(map(len, lines_of(poem.text)))
    return digest.hexdigest(), n_poems, n_han


def name_from(stem: str) -> str:
    name = re.sub(r"[^\w.-]+", "-", stem).strip(".-") or "poems"
    return name.encode()[:_MAX_STEM_BYTES].decode(errors="ignore")


def _digest_of(content: Content) -> bytes:
    with reporting_damage(content.name), content.open() as file:
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.digest()


def _digest_of_folder(folder: Path) -> bytes:
    """A digest of the names, sizes and modification times of a folder's files."""
    digest = hashlib.sha256()
    with reporting_damage(folder.name):
        for name, file in sorted(folder_files(folder).items()):
            status = file.stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}".encode(errors="surrogateescape"))
    return digest.digest()


def _fingerprints(digest: bytes) -> tuple[str, str]:
    """Fingerprints of 8 digits of a file's content: that of the first readers, and that of the readers of this version."""
    return digest.hex()[:8], hashlib.sha256(digest + READERS.to_bytes()).hexdigest()[:8]
