"""Readers for every kind of file that holds poems, chosen by looking at the content.

title-colon      lines `title:content`, half- or full-width colon
one-a-line       each line a whole poem
blank-lines      poems separated by blank lines, their lines wrapped anywhere
chinese-poetry   one .json file, a folder, or the npm package's tarball
jsonl            JSON objects, one a line: title, author, content (with | or punctuation)
plain            any other text: one poem
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.corpus import chinese_poetry
from engine.corpus.poems import RawPoem
from engine.errors import CorpusError
from engine.vocabulary import is_han

FORMATS = ("title-colon", "one-a-line", "blank-lines", "chinese-poetry", "jsonl", "plain")

_LOOKED_AT_BYTES = 1 << 18
_LOOKED_AT_LINES = 400
_GZIP_MAGIC = b"\x1f\x8b"
_COLON = re.compile("[:：]")
_NUMBER_BEFORE = re.compile(r"^\s*[\d０-９]+\s*[.．、)）:：]\s*")
_STOP = re.compile("[，。！？；,.!?;｡]")
_ENDS_SENTENCE = re.compile(r"[。！？.!?｡][」』”’）)\s]*$")
_ENDS_LINE = re.compile(r"[，。！？；,.!?;｡][」』”’）)\s]*$")
_LONGEST_TITLE = 60
# The share of its lines that must look like a format for a file to be of it; collections of whole poems have couplets too.
_MOST = 0.8
_MANY = 0.6
_HAN_OF_A_LINE = 4
_HAN_OF_A_QUATRAIN = 20
_LINES_OF_A_QUATRAIN = 4
_HAN_OF_A_LONG_POEM = 1000
_LINES_TO_TELL_A_HEADING = 3
# Blocks of so many lines are poems with some lines of verse on each; of one or of many, collections of whole poems.
_LINES_OF_A_PRINTED_POEM = range(2, 5)
_JSON_LIST = re.compile(r'\[\s*(\{|\])|\{\s*"')


def read_poems(path: Path, format: str | None = None) -> Iterator[RawPoem]:
    """The poems of a file or folder, one by one as they are read; `format` is one of `FORMATS`, or None to look.

    CorpusError at once, not at the first poem, when the path is missing, empty, binary or of an unknown format; later
    when the file turns out to be damaged on the way.
    """
    if format is not None and format not in FORMATS:
        raise CorpusError(f"There is no format {format}.", f"The formats are: {', '.join(FORMATS)}.")
    if not path.exists():
        raise CorpusError(f"There is no file {path}.", "Check the name.")
    if path.is_dir():
        return chinese_poetry.read_folder(path)
    try:
        with path.open("rb") as file:
            head = file.read(_LOOKED_AT_BYTES)
    except OSError as error:
        raise CorpusError(f"{path.name} cannot be read ({error.strerror}).", "Check its permissions.") from error
    if not head.strip():
        raise CorpusError(f"{path.name} is empty.", "Name a file with poems in it.")
    if head.startswith(_GZIP_MAGIC):
        return chinese_poetry.read_tarball(path)
    encoding = _encoding(head, path)
    chosen = format or _recognise(_whole_lines(head, encoding))
    if chosen == "chinese-poetry":
        return chinese_poetry.read_json_file(path)
    return _READERS[chosen](_lines(path, encoding))


def _encoding(head: bytes, path: Path) -> str:
    """The encoding of a text, told from its beginning; CorpusError where it is none."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return encoding
    if b"\x00" not in head:
        for encoding in ("utf-8", "gb18030"):
            try:
                # Not final: the last character may be cut where we stopped reading.
                text = codecs.getincrementaldecoder(encoding)().decode(head)
            except UnicodeDecodeError:
                continue
            if encoding == "utf-8" or _mostly_han(text):
                return encoding
    raise CorpusError(
        f"{path.name} is not a text in UTF-8 or GB18030.", "Save it as UTF-8 text, one poem a line, and try again."
    )


def _mostly_han(text: str) -> bool:
    """Nearly any bytes decode as GB18030; only those that make common Chinese are it."""
    visible = [character for character in text if not character.isspace()]
    common = sum(
        "\u4e00" <= character <= "\u9fff" or character.isascii() or character in "，。！？；：、《》"
        for character in visible
    )
    return common >= 0.9 * len(visible) and sum(map(is_han, visible)) >= 0.3 * len(visible)


def _whole_lines(head: bytes, encoding: str) -> list[str]:
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    lines = text.splitlines()
    return lines[:-1] if len(head) == _LOOKED_AT_BYTES and len(lines) > 1 else lines


def _lines(path: Path, encoding: str) -> Iterator[str]:
    try:
        with path.open(encoding=encoding) as file:
            yield from file
    except (UnicodeDecodeError, OSError) as error:
        raise CorpusError(f"{path.name} is damaged: it is not {encoding} throughout.", "Save it as UTF-8.") from error


def _recognise(lines: list[str]) -> str:
    text = "\n".join(lines).strip()
    filled = [line.strip() for line in lines if line.strip()][:_LOOKED_AT_LINES]
    if filled[0].startswith("{") and _is_json_object(filled[0]):
        return "jsonl"
    if _JSON_LIST.match(text):
        return "chinese-poetry"
    if _share(filled, _has_title) >= _MOST:
        return "title-colon"
    blocks = [len(block) for block in _blocks(lines)]
    typical = sorted(blocks)[len(blocks) // 2]
    if _share(filled, _is_whole_poem) >= _MANY and (len(blocks) == 1 or typical not in _LINES_OF_A_PRINTED_POEM):
        return "one-a-line"
    return "blank-lines" if len(blocks) > 1 else "plain"


def _share(lines: list[str], is_so: Callable[[str], bool]) -> float:
    return sum(map(is_so, lines)) / len(lines)


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _has_title(line: str) -> bool:
    """Whether the line reads `title:content`; a colon within verse has verse before it, or little after it."""
    title, colon, content = _split_title(line)
    return bool(colon) and len(title) <= _LONGEST_TITLE and not _is_verse(title) and _n_han(content) >= _HAN_OF_A_LINE


def _is_verse(text: str) -> bool:
    """Whether a text has marks that cut it into even lines; a title with a mark in it, 相和歌辞。江南曲, seldom is even."""
    lengths = _piece_lengths(text)
    return len(lengths) > 1 and len(set(lengths)) == 1


def _split_title(line: str) -> tuple[str, str, str]:
    found = _COLON.search(line)
    return (line[: found.start()], found[0], line[found.end() :]) if found else ("", "", line)


def _is_whole_poem(line: str) -> bool:
    """Whether a line is a poem, rather than a couplet or a piece of wrapped verse: long enough, and complete."""
    lengths = _piece_lengths(line)
    long_enough = sum(lengths) >= _HAN_OF_A_QUATRAIN or len(lengths) >= _LINES_OF_A_QUATRAIN
    complete = _ENDS_SENTENCE.search(line) is not None or not _STOP.search(line)
    lacks_last_mark = _is_verse(line) and not _ENDS_LINE.search(line)
    return long_enough and (complete or lacks_last_mark)


def _n_han(text: str) -> int:
    return sum(map(is_han, text))


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Runs of lines between blank ones, stripped."""
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line.strip())
        elif block:
            yield block
            block = []
    if block:
        yield block


def _read_title_colon(lines: Iterable[str]) -> Iterator[RawPoem]:
    for line in filter(str.strip, lines):
        line = _NUMBER_BEFORE.sub("", line.strip())
        title, _, content = _split_title(line) if _has_title(line) else ("", "", line)
        yield RawPoem(title.strip(), "", content.strip())


def _read_one_a_line(lines: Iterable[str]) -> Iterator[RawPoem]:
    for line in filter(str.strip, lines):
        yield RawPoem("", "", _NUMBER_BEFORE.sub("", line.strip()))


def _read_blank_lines(lines: Iterable[str]) -> Iterator[RawPoem]:
    for block in _blocks(lines):
        n_heading = _n_heading_lines(block)
        title, author, *_ = [*(_NUMBER_BEFORE.sub("", line).strip("# 《》") for line in block[:n_heading]), "", ""]
        yield RawPoem(title, author, "\n".join(block[n_heading:]))


def _n_heading_lines(block: list[str]) -> int:
    """How many lines before the verse are title and author: none, one or two.

    A line is one when it is marked as such, when without it the poem is even, or when every line after it is a whole one;
    wrapped verse, whose first line may have no mark either, must not lose it.
    """
    marked = len(block) > 1 and block[0].startswith(("#", "《"))
    candidates = [n for n in range(marked, min(3, len(block))) if not any(map(_STOP.search, block[marked:n]))]
    even = next((n for n in candidates if _is_even_block(block[n:])), None)
    if even is not None:
        return even
    most = candidates[-1]
    whole_lines = len(block) - most >= _LINES_TO_TELL_A_HEADING and all(map(_ENDS_LINE.search, block[most:]))
    return most if whole_lines else int(marked)


def _is_even_block(block: list[str]) -> bool:
    # Wrapped verse runs on into the next line, unpunctuated verse does not.
    wrapped = any(map(_STOP.search, block))
    lengths = _piece_lengths("".join(block)) if wrapped else [_n_han(line) for line in block]
    return len(lengths) > 1 and len(set(lengths)) == 1


def _piece_lengths(text: str) -> list[int]:
    return [_n_han(piece) for piece in _STOP.split(text) if _n_han(piece)]


def _read_jsonl(lines: Iterable[str]) -> Iterator[RawPoem]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(
                f"Line {number} is not a JSON object.", "Each line is one object with title, author, content."
            ) from error
        poem = chinese_poetry.poem_of(entry) if isinstance(entry, dict) else None
        if poem is None:
            raise CorpusError(f"Line {number} has no content.", "Each line is one object with title, author, content.")
        yield poem


def _read_plain(lines: Iterable[str]) -> Iterator[RawPoem]:
    """One poem; a text longer than any poem is cut after a sentence, so that one gap cannot cost all of it."""
    piece: list[str] = []
    n_han = 0
    for line in lines:
        piece.append(line.strip())
        n_han += _n_han(line)
        if n_han >= _HAN_OF_A_LONG_POEM and _ENDS_SENTENCE.search(line):
            yield RawPoem("", "", "\n".join(piece))
            piece, n_han = [], 0
    if any(piece):
        yield RawPoem("", "", "\n".join(piece))


_READERS: dict[str, Callable[[Iterable[str]], Iterator[RawPoem]]] = {
    "title-colon": _read_title_colon,
    "one-a-line": _read_one_a_line,
    "blank-lines": _read_blank_lines,
    "jsonl": _read_jsonl,
    "plain": _read_plain,
}
