"""The formats of files of poems, and the choice of a reader by the content of a file, unless a format is given."""

import functools
import itertools
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.corpus.poem import (
    RawPoem,
    break_at_margin,
    ends_sentence,
    has_stop,
    is_even_block,
    is_whole_poem,
    n_bare_breaks,
)
from engine.corpus.readers import archives
from engine.corpus.readers.content import (
    GZIP_MAGIC,
    PEEK_BYTES,
    ZIP_MAGICS,
    Content,
    content_of,
    encoding_of,
    is_tar,
    is_visible,
    mode_of,
    text_of,
    unpacked,
)
from engine.corpus.readers.headings import may_be_heading, n_heading_lines, split_attribution
from engine.corpus.readers.json import (
    choose_files,
    left_out,
    looks_like_json,
    looks_like_json_lines,
    read_json_lines,
    read_json_poems,
)
from engine.corpus.readers.tables import read_table, recognise_table, table_of
from engine.corpus.readers.text import TEXT_READERS, blocks, has_title
from engine.prosody.rhymes import masks_of
from engine.prosody.text import is_han
from engine.system.errors import CorpusError, Message

_PEEK_LINES = 400
# Minimum fraction of lines that look like a format, for most formats and for collections of whole poems, which have couplets too.
_MOST = 0.8
_MANY = 0.6
# Line counts of blocks with several lines of verse per line; blocks of one line, or of more, are collections of whole poems.
_LINES_OF_A_PRINTED_POEM = range(2, 5)
# More whole lines than an octave has couplets are one long poem if neighbouring lines rhyme, and one poem each if not. In
# old-style verse at least half of the couplets rhyme with the previous one; of couplets from different poems one in ten does.
_COUPLETS_OF_AN_OCTAVE = 4
_RHYMING_SHARE = 0.3
_LINES_OF_A_TITLED_POEM = 8


def text_format(lines: Sequence[str]) -> str:
    """The text format, a key of `TEXT_READERS`, of the first lines of a text, not all blank."""
    filled = [line.strip() for line in lines if line.strip()][:_PEEK_LINES]
    if _share(filled, has_title) >= _MOST:
        return "title-colon"
    found = list(blocks(lines))
    sizes = sorted(map(len, found))
    typical = sizes[len(sizes) // 2]
    # Titles above the poems do not count.
    verse = [line for line in filled if has_stop(line) or is_whole_poem(line)] or filled
    verse = [split_attribution([line])[0][0] for line in verse]
    if _share(verse, is_whole_poem) >= _MANY and (len(found) == 1 or typical not in _LINES_OF_A_PRINTED_POEM):
        return "blank-lines" if len(found) == 1 and _is_titled_poem(found[0]) else "one-a-line"
    if len(found) == 1 and _are_short_poems(found[0]):
        return "one-a-line"
    if _lines_end_where_verse_does(found):
        return "verse-lines"
    return "blank-lines" if len(found) > 1 or _has_heading(found) else "plain"


def _share(lines: Sequence[str], is_so: Callable[[str], bool]) -> float:
    return sum(map(is_so, lines)) / len(lines)


def _is_titled_poem(block: Sequence[str]) -> bool:
    """Whether a text is one poem below its title: a few lines, without another title."""
    n_heading = n_heading_lines(block)
    rest = block[n_heading:]
    return n_heading > 0 and len(rest) <= _LINES_OF_A_TITLED_POEM and not any(map(may_be_heading, rest))


def _has_heading(found: Sequence[Sequence[str]]) -> bool:
    return any(n_heading_lines(block) or any(map(may_be_heading, block[1:-1])) for block in found)


def _are_short_poems(block: Sequence[str]) -> bool:
    """Whether the lines of a text without titles are one poem each: complete, and not rhyming with their neighbours."""
    if len(block) <= _COUPLETS_OF_AN_OCTAVE or _share(block, ends_sentence) < _MOST or any(map(may_be_heading, block)):
        return False
    parts = list(map(_rhyme_parts, block[:_PEEK_LINES]))
    n_rhyming = sum(bool(one & other) for one, other in itertools.pairwise(parts))
    return n_rhyming < _RHYMING_SHARE * (len(parts) - 1)


def _rhyme_parts(line: str) -> int:
    """The parts of 词林正韵 of a line's last Han character, as a bit mask."""
    masks = masks_of("cilin")
    last = next(filter(is_han, reversed(line)), "")
    return masks.groups_of(last)


def _lines_end_where_verse_does(found: Sequence[Sequence[str]]) -> bool:
    """Whether most lines end without a mark and not at a margin, so that each break ends a line of verse."""
    poems = [block[n_heading_lines(block) :] for block in found]
    # A block without marks is unpunctuated verse; a block of even verse is joined correctly wherever it was wrapped.
    uneven = [block for block in poems if len(block) > 1 and any(map(has_stop, block)) and not is_even_block(block)]
    n_breaks = sum(len(block) - 1 for block in uneven)
    n_bare = sum(map(n_bare_breaks, uneven))
    return n_bare > (1 - _MANY) * n_breaks and not break_at_margin(uneven)


# The choices of --format, with the description of the file.
FORMATS: Mapping[str, str] = {
    "title-colon": "each line title:content",
    "one-a-line": "each line a whole poem, perhaps below its title",
    "blank-lines": "poems between blank lines, perhaps below their titles, their lines wrapped anywhere",
    "verse-lines": "poems between blank lines, each line of the file a line of verse",
    "table": "a table with the names of its columns in the first row: CSV, TSV",
    "chinese-poetry": "JSON: one file, a folder, a ZIP archive, or the npm package's tarball",
    "jsonl": "JSON objects, one a line: title, author, content",
    "plain": "one poem, or one text that is cut after sentences",
}
TEXT_FORMATS = tuple(TEXT_READERS)
_TEXT_ENDINGS = (".txt", ".csv", ".tsv", ".jsonl", ".ndjson")
_WORKBOOK = "[Content_Types].xml"


@dataclass
class PoemFile:
    """An opened file of poems. `format`: how it is read; `detail`: details, such as columns. It can be iterated once."""

    name: str
    format: str
    poems: Iterator[RawPoem]
    detail: str = ""
    is_detected: bool = True
    notes: list[Message] = field(default_factory=list)

    def __iter__(self) -> Iterator[RawPoem]:
        return self.poems

    @property
    def other_formats(self) -> tuple[str, ...]:
        """The other formats that the file could be read as: for a text all text formats, else none."""
        if self.format not in TEXT_FORMATS:
            return ()
        return tuple(name for name in TEXT_FORMATS if name != self.format)


def open_poems(path: Path, format: str | None = None, columns: str | None = None) -> PoemFile:
    """Open a file, folder or pipe of poems, and choose a reader by its content.

    Args:
        format: a key of `FORMATS`; None: recognised by the content.
        columns: the columns of a table: `title=1,content=3`, or the names in its first row.

    Raises:
        CorpusError: immediately when the path is missing, empty, binary or of an unknown format; while iterating when the file is
            damaged.
    """
    _check_format(format)
    if stat.S_ISDIR(mode_of(path)):
        return _open_many(
            path.name or path.resolve().name, lambda choose: archives.folder_contents(path, choose), "folder"
        )
    return open_content(content_of(path), format, columns)


def open_content(content: Content, format: str | None = None, columns: str | None = None) -> PoemFile:
    """As `open_poems`, for content such as that of a pipe."""
    _check_format(format)
    head = content.head()
    if head.startswith(ZIP_MAGICS):
        return _open_many(content.name, lambda choose: archives.zip_contents(content, choose), "archive")
    if is_tar(head) or (head.startswith(GZIP_MAGIC) and is_tar(unpacked(content).head(1024))):
        return _open_many(content.name, lambda choose: archives.tar_contents(content, choose), "archive")
    if head.startswith(GZIP_MAGIC):
        content = unpacked(content)
    return _open_text(content, format, columns)


def how_read(file: PoemFile, n_poems: int | None = None) -> Message:
    """A message: how the file is read, the number of poems, and the other formats."""
    came = (
        Message("; one poem came of it")
        if n_poems == 1
        else Message("; {n_poems:,} {n_poems:poem|poems} came of it", n_poems=n_poems or 0)
    )
    said = [
        Message(
            "{name} is read as {format}{detail}: {meaning}{came}.",
            name=file.name,
            format=file.format,
            detail=Message(" ({detail})", detail=file.detail) if file.detail else "",
            meaning=Message(FORMATS[file.format]),
            came="" if n_poems is None else came,
        ),
        *file.notes,
    ]
    if file.other_formats:
        others = " | ".join(file.other_formats)
        said.append(Message("If that is wrong, choose another: --format {others}.", others=others))
    return functools.reduce(lambda before, after: Message(Message.WITH_HINT, message=before, hint=after), said)


def _check_format(format: str | None) -> None:
    if format is not None and format not in FORMATS:
        raise CorpusError("There is no format {name}.", "The formats are: {names}.", name=format, names=tuple(FORMATS))


def _open_text(content: Content, format: str | None, columns: str | None) -> PoemFile:
    head = content.head()
    encoding = encoding_of(head, content.name)
    lines = _whole_lines(head, encoding)
    chosen = _recognise(lines, content.name, columns) if format is None else format
    detail = ""
    if chosen == "chinese-poetry":
        poems = read_json_poems(content, has_poems=True)
    elif chosen == "jsonl":
        poems = read_json_lines(content.lines(encoding), content.name)
    elif chosen == "table":
        table = table_of(lines, content.name, columns)
        detail = Message("columns {columns}", columns=table.says)
        poems = read_table(content.lines(encoding), table, content.name)
    else:
        poems = TEXT_READERS[chosen](content.lines(encoding))
    return PoemFile(content.name, chosen, poems, detail, is_detected=format is None)


def _whole_lines(head: bytes, encoding: str) -> list[str]:
    """The first lines of a text, not all blank, without the last one if it may be truncated."""
    lines = (text_of(head, encoding) or "").splitlines()
    return lines[:-1] if len(head) == PEEK_BYTES and is_visible("".join(lines[:-1])) else lines


def _recognise(lines: list[str], name: str, columns: str | None) -> str:
    if columns is not None:
        return "table"
    if looks_like_json_lines(lines):
        return "jsonl"
    if looks_like_json(lines):
        return "chinese-poetry"
    return "table" if recognise_table(lines, name) is not None else text_format(lines)


def _open_many(name: str, contents: Callable[[archives.Choose], Iterator[Content]], kind: str) -> PoemFile:
    """The poems of a folder or an archive: of its .json files if it has any, else of its texts, each in its own format."""
    file = PoemFile(name, "chinese-poetry", iter(()))

    def choose(names: list[str]) -> list[str]:
        chosen = choose_files(names)
        if any(one.endswith(_WORKBOOK) for one in names):
            raise CorpusError(
                "{name} is a document of an office program.", "Save it as CSV or as text in UTF-8.", name=name
            )
        texts = [one for one in names if PurePosixPath(one).suffix.lower() in _TEXT_ENDINGS]
        if not chosen and not texts:
            raise CorpusError(
                "The {kind} {name} holds no .json files of poems, and no texts.",
                "Name a folder of chinese-poetry, or a text.",
                kind=kind,
                name=name,
            )
        note = left_out(names, chosen) if chosen else None
        file.notes += [note] if note else []
        return chosen or sorted(texts)

    def poems() -> Iterator[RawPoem]:
        for content in contents(choose):
            if content.name.endswith(".json"):
                yield from read_json_poems(content)
            else:
                text = _open_text(content, None, None)
                file.format, file.detail = text.format, text.detail
                yield from text.poems

    file.poems = poems()
    return file
