"""Readers of texts: one poem per line, with or without title, and poems in blocks of lines."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from engine.corpus.poem import (
    RawPoem,
    closed_lines,
    ends_line,
    ends_sentence,
    has_even_pieces,
    has_stop,
    is_even_block,
    is_whole_poem,
    n_han,
    usual_length,
)
from engine.corpus.readers.headings import (
    Heading,
    attribution_of,
    heading_of,
    heading_of_lines,
    is_attribution,
    is_marked,
    may_be_heading,
    n_heading_lines,
    split_attribution,
    under_title,
    without_number,
)

_COLON = re.compile("[:：]")
_MAX_TITLE_CHARS = 60
_HAN_OF_A_LINE = 4


def has_title(line: str) -> bool:
    """Whether a line has the form `title:content`; a colon within verse has verse before it, or little text after it."""
    line = without_number(line)
    found = _COLON.search(line)
    if found is None:
        return False
    title, content = line[: found.start()], line[found.end() :]
    return len(title) <= _MAX_TITLE_CHARS and not _is_verse_before(title, content) and n_han(content) >= _HAN_OF_A_LINE


def split_title(line: str) -> tuple[str, str]:
    """The title and content of a line; the title is "" if it has none."""
    if not has_title(line):
        return "", line.strip()
    found = _COLON.search(line)
    assert found is not None
    return line[: found.start()].strip(), line[found.end() :].strip()


def _is_verse_before(title: str, content: str) -> bool:
    """Whether a title is verse: marks cut it into lines as long as those of the content.

    Titles may have marks too: 相和歌辞。江南曲 is not even; 丰年多庆，九日示怀 is, but before lines of five.
    """
    return has_even_pieces(title) and usual_length(title) == usual_length(content)


# Limits longer than any poem. A text is cut after a sentence beyond the first, and anywhere beyond the second or third.
_HAN_OF_A_LONG_POEM = 1000
_HAN_OF_A_LONG_PIECE = 4000
_LINES_OF_A_LONG_BLOCK = 2000
# Maximum fraction of lines without a final mark among whole lines of verse (titles with marks, errors).
_ODD_LINES = 0.1

Lines = Iterable[str]


def read_title_colon(lines: Lines) -> Iterator[RawPoem]:
    """Read lines `title:content`; a line without a title is an untitled poem."""
    for line in filter(str.strip, lines):
        title, content = split_title(without_number(line))
        heading = heading_of(title) if is_marked(title) else Heading(title)
        yield RawPoem(heading.title, heading.author, content)


def read_one_a_line(lines: Lines) -> Iterator[RawPoem]:
    """Read each line as a whole poem; one or two lines without marks before it are title and author, ——李白 after it is the author."""
    above: list[str] = []
    poem: RawPoem | None = None
    for line in map(without_number, filter(str.strip, lines)):
        if poem is not None and not above and is_attribution(line):
            heading = Heading(poem.title, poem.author).beside(attribution_of(line))
            poem = RawPoem(heading.title, heading.author, poem.text)
            continue
        if may_be_heading(line) and len(above) < 2:
            above.append(line)
            continue
        if poem is not None:
            yield poem
        # Only the marks of the next line distinguish a title from unpunctuated verse.
        if not (has_stop(line) or is_whole_poem(line)):
            yield from (RawPoem("", "", one) for one in above)
            above = []
        verse, said = split_attribution([line])
        heading = heading_of_lines(above).beside(said)
        poem = RawPoem(heading.title, heading.author, "\n".join(verse))
        above = []
    if poem is not None:
        yield poem
    yield from (RawPoem("", "", one) for one in above)


def read_blank_lines(lines: Lines) -> Iterator[RawPoem]:
    """Read poems separated by blank lines, with lines wrapped anywhere."""
    return _read_blocks(lines, list)


def read_verse_lines(lines: Lines) -> Iterator[RawPoem]:
    """Read poems separated by blank lines, each line being a line of verse, with or without a final mark."""
    return _read_blocks(lines, closed_lines)


def read_plain(lines: Lines) -> Iterator[RawPoem]:
    """Read one poem; a text longer than any poem is cut after sentences, so that a gap loses only one piece."""
    piece: list[str] = []
    n_in_piece = 0
    is_first = True
    for line in filter(None, map(str.strip, lines)):
        piece.append(line)
        n_in_piece += n_han(line)
        is_long = n_in_piece >= _HAN_OF_A_LONG_POEM and ends_sentence(line)
        if is_long or n_in_piece >= _HAN_OF_A_LONG_PIECE or len(piece) >= _LINES_OF_A_LONG_BLOCK:
            yield RawPoem("", "", "\n".join(piece))
            piece, n_in_piece, is_first = [], 0, False
    if piece:
        yield from _poems_of([piece], list) if is_first else [RawPoem("", "", "\n".join(piece))]


def blocks(lines: Lines) -> Iterator[list[str]]:
    """The runs of non-blank lines, stripped; a run longer than any poem is cut."""
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line.strip())
        if block and (not line.strip() or len(block) >= _LINES_OF_A_LONG_BLOCK):
            yield block
            block = []
    if block:
        yield block


def _read_blocks(lines: Lines, closing: Callable[[Sequence[str]], list[str]]) -> Iterator[RawPoem]:
    for block in _with_titles_above(blocks(lines)):
        yield from _poems_of(_parted(block), closing)


def _with_titles_above(found: Iterable[list[str]]) -> Iterator[list[str]]:
    """The blocks, with a title, or title and author, that is separated by blank lines joined to the verse below it."""
    above: list[list[str]] = []
    for block in found:
        if all(map(may_be_heading, block)) and sum(map(len, above)) + len(block) <= 2:
            above.append(block)
            continue
        if has_stop(block[0]):
            block = [*itertools.chain(*above), *block]
        else:
            yield from above
        above = []
        yield block
    yield from above


def _parted(block: list[str]) -> Iterator[list[str]]:
    """The poems of a block with several titled poems; it is split only if its other lines are whole lines of verse."""
    is_said = [is_attribution(line) for line in block]
    is_title = [may_be_heading(line) and not said for line, said in zip(block, is_said, strict=True)]
    starts = [0]
    n_odd = sum(
        not (title or said or ends_line(line)) for title, said, line in zip(is_title, is_said, block, strict=True)
    )
    if n_odd <= _ODD_LINES * len(block) and not is_even_block(block):
        starts += [
            number
            for number in range(1, len(block) - 1)
            if is_title[number]
            and (ends_sentence(block[number - 1]) or is_said[number - 1])
            and not all(is_title[number : number + 3])
        ]
    for start, end in zip(starts, [*starts[1:], len(block)], strict=True):
        yield block[start:end]


def _poems_of(parts: Iterable[list[str]], closing: Callable[[Sequence[str]], list[str]]) -> Iterator[RawPoem]:
    above = Heading()
    for part in parts:
        lines, said = split_attribution([without_number(part[0]), *part[1:]])
        n_heading = n_heading_lines(lines)
        heading = under_title(heading_of_lines(lines[:n_heading]), above).beside(said)
        above = heading if heading.title else above
        yield RawPoem(heading.title, heading.author, "\n".join(closing(lines[n_heading:])))


TEXT_READERS: Mapping[str, Callable[[Lines], Iterator[RawPoem]]] = {
    "title-colon": read_title_colon,
    "one-a-line": read_one_a_line,
    "blank-lines": read_blank_lines,
    "verse-lines": read_verse_lines,
    "plain": read_plain,
}
