"""The collection `chinese-poetry`: which of its files are read, in a clone, a folder of it, a ZIP archive or the npm package's tarball."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from engine.corpus.poem import RawPoem
from engine.corpus.readers.archives import tar_contents
from engine.corpus.readers.content import content_of
from engine.corpus.readers.json import read_json_poems

# The collection's main text, by the names of the package and of the repository, now and before; the rest of it repeats these
# poems, rates them, or is prose.
_MAIN_FILE = re.compile(r"(^|/)(quantangshi|全唐诗|json)/poet\.(tang|song)\.\d+\.json$")
# Folders that hold rejected poems, search ranks and tone patterns.
_ASIDE = frozenset({"error", "rank", "strains"})
_PROSE_FOLDERS = frozenset({"论语", "lunyu", "四书五经", "sishuwujing", "幽梦影", "youmengying"})
_PROSE_FILES = frozenset(
    {"lunyu", "daxue", "mengzi", "zhongyong", "youmengying"}
    | {"guwenguanzhi", "youxueqionglin", "zhuzijiaxun", "wenzimengqiu", "baijiaxing"}
)
_MAX_NUMBER = 15
_PARTS_SHOWN = 6

Wanted = Callable[[str], bool]


def read_tarball(path: Path, wanted: Wanted) -> Iterator[RawPoem]:
    """The poems of the wanted files in a .tgz of the package, read as a stream and never unpacked to the disk."""
    for content in tar_contents(content_of(path), lambda names: list(filter(wanted, names))):
        yield from read_json_poems(content)


def choose_files(names: Sequence[str]) -> list[str]:
    """The .json files to read, in their order: of the whole collection its main text, else all of them but prose."""
    main = [name for name in names if _MAIN_FILE.search(name)]
    return sorted(main or [name for name in names if _is_of_poems(name) and not _is_prose(name)], key=_natural)


def left_out(names: Sequence[str], chosen: Sequence[str]) -> str:
    """A sentence on what of the collection was not read; "" where that is nothing to speak of."""
    rest = set(names).difference(chosen)
    parts = list(dict.fromkeys(_part(name) for name in sorted(rest) if _is_of_poems(name)))
    prose = [part for part in parts if any(_part(name) == part and _is_prose(name) for name in rest)]
    others = [part for part in parts if part not in prose]
    said = [f"prose: {_listed(prose)}"] if prose else []
    said += [f"parts beside its main text: {_listed(others)}"] if others else []
    return f"left out of the collection: {'; '.join(said)}" if said else ""


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts[:_PARTS_SHOWN]) + (" …" if len(parts) > _PARTS_SHOWN else "")


def _part(name: str) -> str:
    """The part of the collection that a file belongs to: its folder, or the file itself where it lies in none."""
    path = PurePosixPath(name)
    return path.parent.name if len(path.parts) > 1 else path.name


def _is_of_poems(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        path.suffix == ".json"
        and not _ASIDE.intersection(path.parts)
        and not path.name.startswith(("author", "package"))
    )


def _is_prose(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(_PROSE_FOLDERS.intersection(path.parts[:-1])) or path.stem in _PROSE_FILES


def _natural(name: str) -> list[tuple[int, str]]:
    """`poet.song.9000` before `poet.song.10000`."""
    return [
        (int(part), "") if part.isdecimal() and len(part) <= _MAX_NUMBER else (0, part)
        for part in re.split(r"(\d+)", name)
    ]
