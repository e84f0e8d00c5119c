"""Reading the collection `chinese-poetry`: one JSON file, a folder of them, or the npm package's tarball.

Every file is a list of objects; a poem has `paragraphs` (or `content`), `author` and `title` (or `rhythmic`).
"""

import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from engine.corpus.poems import RawPoem
from engine.errors import CorpusError

# The package's main text; the rest of it repeats these poems, rates them, or is prose.
_MAIN_FILE = re.compile(r"(^|/)quantangshi/poet\.(tang|song)\.\d+\.json$")
# Folders that hold rejected poems, search ranks and tone patterns.
_ASIDE = {"error", "rank", "strains"}
Wanted = Callable[[str], bool]


def read_json_file(path: Path) -> Iterator[RawPoem]:
    yield from parse_entries(path.read_bytes(), path.name)


def read_folder(folder: Path, wanted: Wanted | None = None) -> Iterator[RawPoem]:
    """Every poem below a folder; of the whole package only its main text, unless `wanted` says otherwise."""
    names = {str(PurePosixPath(path.relative_to(folder).as_posix())): path for path in folder.rglob("*.json")}
    chosen = _chosen(names, wanted)
    if not chosen:
        raise CorpusError(
            f"The folder {folder.name} holds no .json files of poems.", "Name a folder of chinese-poetry."
        )
    for name in chosen:
        yield from parse_entries(names[name].read_bytes(), name)


def read_tarball(path: Path, wanted: Wanted | None = None) -> Iterator[RawPoem]:
    """Every poem in a .tgz of the package, read as a stream and never unpacked to the disk."""
    try:
        if wanted is None:
            with tarfile.open(path, "r:gz") as archive:
                wanted = set(_chosen(archive.getnames(), None)).__contains__
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() and wanted(member.name) else None
                if file is not None:
                    yield from parse_entries(file.read(), member.name)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise CorpusError(
            f"The archive {path.name} is damaged or cut short ({error}).", "Download it again, then import it again."
        ) from error


def parse_entries(data: bytes, name: str) -> Iterator[RawPoem]:
    """The poems of one JSON file; entries that are no poems are passed over."""
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{name} is not readable as JSON ({error}).", "Name a file of chinese-poetry.") from error
    for entry in entries if isinstance(entries, list) else [entries]:
        poem = poem_of(entry) if isinstance(entry, dict) else None
        if poem is not None:
            yield poem


def poem_of(entry: dict[str, Any]) -> RawPoem | None:
    """A JSON object as a poem, or None when it is something else; an empty poem is a poem."""
    content = next((entry[key] for key in ("paragraphs", "content", "text") if key in entry), None)
    if isinstance(content, list):
        content = "\n".join(line for line in content if isinstance(line, str))
    if not isinstance(content, str):
        return None
    title = entry.get("title") or entry.get("rhythmic") or ""
    return RawPoem(str(title), str(entry.get("author") or ""), content)


def _chosen(names: Any, wanted: Wanted | None) -> list[str]:
    if wanted is not None:
        return sorted(filter(wanted, names), key=_natural)
    main = [name for name in names if _MAIN_FILE.search(name)]
    others = [
        name
        for name in names
        if name.endswith(".json")
        and not _ASIDE.intersection(PurePosixPath(name).parts)
        and not PurePosixPath(name).name.startswith(("author", "package"))
    ]
    return sorted(main or others, key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """`poet.song.9000` before `poet.song.10000`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
