"""Raw and cleaned poems; the marks, pieces and breaks of raw verse, which the readers ask about."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.prosody.text import MARKS, is_han, lines_of

_WITHOUT_MARKS = str.maketrans("", "", MARKS)


@dataclass(frozen=True, slots=True)
class RawPoem:
    """A poem as a file has it: any script, any punctuation, notes and line breaks included."""

    title: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Poem:
    """A cleaned poem: `text` is Han characters and the marks ，。？！；：、 in one string, ending in 。？ or ！."""

    title: str
    author: str
    text: str


def is_even(poem: Poem, n_lines: int, n_han: int) -> bool:
    """Whether a poem has `n_lines` lines, each of `n_han` characters: (4, 7) is a quatrain of seven-character lines."""
    lengths = list(map(len, lines_of(poem.text)))
    return len(lengths) == n_lines and set(lengths) == {n_han}


def han_digest(text: str) -> bytes:
    """Sixteen bytes of a cleaned text, the same for any two with the same Han characters: comparing finds duplicates."""
    return hashlib.blake2b(text.translate(_WITHOUT_MARKS).encode(), digest_size=16).digest()


_STOP = re.compile("[，。！？；,.!?;｡]")
_CLOSERS = "」』”’）)\\s"
_ENDS_SENTENCE = re.compile(rf"[。！？.!?｡][{_CLOSERS}]*\Z")
_ENDS_LINE = re.compile(rf"[，。！？；：、,.!?;:｡][{_CLOSERS}]*\Z")
_HAN_OF_A_QUATRAIN = 20
_LINES_OF_A_QUATRAIN = 4
# A margin is seen where so many lines are as long as each other, give or take a mark.
_LINES_OF_A_MARGIN = 3
_MARGIN_MAJORITY = 0.8
_UNEVENNESS_OF_A_MARGIN = 1


def n_han(text: str) -> int:
    return sum(map(is_han, text))


def has_stop(line: str) -> bool:
    """Whether a mark that ends a line of verse is anywhere in it."""
    return _STOP.search(line) is not None


def ends_sentence(line: str) -> bool:
    return _ENDS_SENTENCE.search(line) is not None


def ends_line(line: str) -> bool:
    """Whether it ends in a mark: a whole line of verse, rather than one that runs on into the next."""
    return _ENDS_LINE.search(line) is not None


def piece_lengths(text: str) -> list[int]:
    """Han characters of each piece between two marks."""
    return [length for length in map(n_han, _STOP.split(text)) if length]


def has_even_pieces(text: str) -> bool:
    """Whether marks cut a text into several pieces of equal length, as regular verse is."""
    lengths = piece_lengths(text)
    return len(lengths) > 1 and len(set(lengths)) == 1


def even_block_lengths(block: Sequence[str]) -> list[int]:
    """The lengths of the lines of verse in a block: between marks where there are any, else of the lines as they stand."""
    # Wrapped verse runs on into the next line, unpunctuated verse does not.
    return piece_lengths("".join(block)) if any(map(has_stop, block)) else [n_han(line) for line in block]


def is_even_block(block: Sequence[str]) -> bool:
    lengths = even_block_lengths(block)
    return len(lengths) > 1 and len(set(lengths)) == 1


def usual_length(text: str) -> int:
    """The most common length of its pieces; 0 where it has none."""
    lengths = Counter(piece_lengths(text)).most_common(1)
    return lengths[0][0] if lengths else 0


def is_whole_poem(line: str) -> bool:
    """Whether a line is a poem, rather than a couplet or a piece of wrapped verse: long enough, and complete."""
    lengths = piece_lengths(line)
    long_enough = sum(lengths) >= _HAN_OF_A_QUATRAIN or len(lengths) >= _LINES_OF_A_QUATRAIN
    complete = ends_sentence(line) or not has_stop(line)
    lacks_last_mark = has_even_pieces(line) and not ends_line(line)
    return long_enough and (complete or lacks_last_mark)


def break_at_margin(blocks: Sequence[Sequence[str]]) -> bool:
    """Whether lines end at a margin, rather than where lines of verse end: all but the last of a block are equally wide."""
    widths = [len(line) for block in blocks for line in block[:-1]]
    widest = max(widths, default=0)
    n_full = sum(width >= widest - _UNEVENNESS_OF_A_MARGIN for width in widths)
    return len(widths) >= _LINES_OF_A_MARGIN and n_full >= _MARGIN_MAJORITY * len(widths)


def n_bare_breaks(block: Sequence[str]) -> int:
    """Lines, the last aside, that end without a mark."""
    return sum(not ends_line(line) for line in block[:-1])


def closed_lines(lines: Sequence[str]) -> list[str]:
    """Lines of verse each ending in a mark: ，where one has none, 。after the last; lines without any mark stay as they are."""
    if not any(map(has_stop, lines)):
        return list(lines)
    last = len(lines) - 1
    return [line if ends_line(line) else line + ("。" if number == last else "，") for number, line in enumerate(lines)]
