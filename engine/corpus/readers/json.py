"""Poems in JSON: a list of objects, one object, or nested objects, as in the collections of 蒙学."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from engine.corpus.poem import RawPoem, closed_lines
from engine.corpus.readers.archives import tar_contents
from engine.corpus.readers.content import MAX_JSON_BYTES, PEEK_BYTES, Content, content_of, encoding_of, text_of
from engine.corpus.readers.tables import NAMES, names_of_fields
from engine.system.errors import CorpusError, Message
from engine.system.files import parse_json

# The main text of the collection, by old and new names in package and repository; the other files repeat these
# poems, rate them, or are prose.
_MAIN_FILE = re.compile(r"(^|/)(quantangshi|全唐诗|json)/poet\.(tang|song)\.\d+\.json$")
# Folders of rejected poems, search ranks and tone patterns.
_ASIDE = frozenset({"error", "rank", "strains"})
_PROSE_FOLDERS = frozenset({"论语", "lunyu", "四书五经", "sishuwujing", "幽梦影", "youmengying"})
_PROSE_FILES = frozenset(
    {"lunyu", "daxue", "mengzi", "zhongyong", "youmengying"}
    | {"guwenguanzhi", "youxueqionglin", "zhuzijiaxun", "wenzimengqiu", "baijiaxing"}
)
_MAX_NUMBER = 15
_PARTS_SHOWN = 6


def read_tarball(path: Path, wanted: Callable[[str], object]) -> Iterator[RawPoem]:
    """Yield the poems of the wanted files in a .tgz of the package, read as a stream and never unpacked to the disk."""
    for content in tar_contents(content_of(path), lambda names: list(filter(wanted, names))):
        yield from read_json_poems(content)


def choose_files(names: Sequence[str]) -> list[str]:
    """The .json files to read, in natural order: the main text of the collection, else all except prose."""
    main = [name for name in names if _MAIN_FILE.search(name)]
    return sorted(main or [name for name in names if _is_of_poems(name) and not _is_prose(name)], key=_natural)


def left_out(names: Sequence[str], chosen: Sequence[str]) -> Message | None:
    """A message that lists the parts of the collection that are not read; None if there are none."""
    rest = set(names).difference(chosen)
    parts = list(dict.fromkeys(_part(name) for name in sorted(rest) if _is_of_poems(name)))
    prose = [part for part in parts if any(_part(name) == part and _is_prose(name) for name in rest)]
    others = [part for part in parts if part not in prose]
    if prose and others:
        template = "left out of the collection: prose: {prose}; parts beside its main text: {others}"
    elif prose:
        template = "left out of the collection: prose: {prose}"
    else:
        template = "left out of the collection: parts beside its main text: {others}"
    return Message(template, prose=_listed(prose), others=_listed(others)) if parts else None


def _listed(parts: Sequence[str]) -> tuple[str, ...]:
    return (*parts[:_PARTS_SHOWN], *(["…"] if len(parts) > _PARTS_SHOWN else []))


def _part(name: str) -> str:
    """The part of the collection that a file belongs to: its folder, or the file itself if it is in none."""
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
    """A sort key that puts `poet.song.9000` before `poet.song.10000`."""
    return [
        (int(part), "") if part.isdecimal() and len(part) <= _MAX_NUMBER else (0, part)
        for part in re.split(r"(\d+)", name)
    ]


_KEYS_SHOWN = 8
# Values that count as missing; another key of the same meaning is used then.
_NOTHING: tuple[object, ...] = (None, "", [], {})
_JSON = re.compile(r'\[\s*(\{|\[|\"|\]|\Z)|\{\s*("|\Z)')


def read_json_poems(content: Content, *, has_poems: bool = False) -> Iterator[RawPoem]:
    """Yield the poems of a JSON file; other values are skipped.

    Args:
        has_poems: whether a file without poems is an error.

    Raises:
        CorpusError: when it is no JSON, is too large, or has no poems despite `has_poems`.
    """
    data = content.read(MAX_JSON_BYTES)
    text = text_of(data, encoding_of(data[:PEEK_BYTES], content.name))
    try:
        if text is None:
            raise ValueError("it is damaged")
        value = parse_json(text)
    except ValueError as error:
        raise CorpusError(
            "{name} is not readable as JSON ({error}).",
            "Name a file of chinese-poetry.",
            name=content.name,
            error=error,
        ) from error
    del data, text
    n_poems = 0
    for poem in poems_in(value):
        n_poems += 1
        yield poem
    keys = _keys_of(value) if has_poems and n_poems == 0 else []
    if keys:
        raise CorpusError(
            Message(
                "No object of {name} has the content of a poem; the keys are {names}.",
                name=content.name,
                names=tuple(keys[:_KEYS_SHOWN]),
            ),
            Message(
                "Call the content paragraphs or content, beside title and author; it may also be called {names}.",
                names=NAMES["content"][2:],
            ),
        )


def poems_in(value: Any, title: str = "", author: str = "") -> Iterator[RawPoem]:
    """Yield the poems of a JSON value. `title` and `author`: of the enclosing object, for poems without their own."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield RawPoem(title, author, item)
            else:
                yield from poems_in(item, title, author)
    elif isinstance(value, dict):
        key_of = names_of_fields([key for key, inner in value.items() if inner not in _NOTHING])
        title = _as_text(value[key_of["title"]]) if "title" in key_of else title
        author = _as_text(value[key_of["author"]]) if "author" in key_of else author
        text = _text_of(value, key_of.get("content"))
        if text is not None:
            yield RawPoem(title, author, text)
            return
        for inner in value.values():
            if isinstance(inner, dict) or _holds_objects(inner):
                yield from poems_in(inner, title, author)


def _text_of(entry: Mapping[str, Any], key: str | None) -> str | None:
    """The content of an object as text, which may be empty; None if it has none."""
    if key is None:
        key = names_of_fields([name for name in entry if entry[name] is not None]).get("content")
    content = None if key is None else entry[key]
    if isinstance(content, list) and not _holds_objects(content):
        lines = [line for line in content if isinstance(line, str)]
        # `paragraphs` are unchanged, because they determine the checksums of the installed corpora.
        content = "\n".join(lines if key == "paragraphs" else closed_lines(lines))
    return content if isinstance(content, str) else None


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(filter(None, map(_as_text, value)))
    if isinstance(value, dict):
        return next((_as_text(value[key]) for key in ("name", "title", "名字", "姓名") if key in value), "")
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict | list) for item in value)


def _keys_of(value: Any) -> list[str]:
    """The keys of the first object."""
    while isinstance(value, list) and value:
        value = value[0]
    return list(value) if isinstance(value, dict) else []


def read_json_lines(lines: Iterable[str], name: str) -> Iterator[RawPoem]:
    """Yield the poems of JSON lines. Raises CorpusError with the number of a line that is invalid or has no content."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = list(poems_in(parse_json(line)))
        except ValueError as error:
            raise CorpusError(
                "Line {number} is not a JSON object ({error}).",
                "Each line is one object with title, author, content.",
                number=number,
                error=error,
            ) from error
        if not found:
            raise CorpusError(
                "Line {number} has no content.", "Each line is one object with title, author, content.", number=number
            )
        yield from found


def looks_like_json_lines(lines: Sequence[str]) -> bool:
    """Whether the first line is a JSON object, and other lines follow."""
    filled = [line for line in lines if line.strip()]
    if len(filled) < 2 or not filled[0].lstrip().startswith("{"):
        return False
    try:
        return isinstance(parse_json(filled[0]), dict)
    except ValueError:
        return False


def looks_like_json(lines: Sequence[str]) -> bool:
    return _JSON.match("\n".join(lines[:4]).strip()) is not None
