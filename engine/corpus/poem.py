"""Raw and cleaned poems; marks, pieces and line breaks of raw verse, for the readers."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.prosody.text import MARKS, is_han, lines_of

_WITHOUT_MARKS = str.maketrans("", "", MARKS)


@dataclass(frozen=True, slots=True)
class RawPoem:
    """A poem as in the file: any script and punctuation, with notes and line breaks."""

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
    """A digest of 16 bytes of the Han characters of a cleaned text, to find duplicates."""
    return hashlib.blake2b(text.translate(_WITHOUT_MARKS).encode(), digest_size=16).digest()


_STOP = re.compile("[，。！？；,.!?;｡]")
_CLOSERS = "」』”’）)\\s"
_ENDS_SENTENCE = re.compile(rf"[。！？.!?｡][{_CLOSERS}]*\Z")
_ENDS_LINE = re.compile(rf"[，。！？；：、,.!?;:｡][{_CLOSERS}]*\Z")
_HAN_OF_A_QUATRAIN = 20
_LINES_OF_A_QUATRAIN = 4
# A margin: minimum number of lines, minimum fraction of them with full width, and tolerance of that width in characters.
_LINES_OF_A_MARGIN = 3
_MARGIN_MAJORITY = 0.8
_UNEVENNESS_OF_A_MARGIN = 1


def n_han(text: str) -> int:
    return sum(map(is_han, text))


def has_stop(line: str) -> bool:
    """Whether a line contains a mark that ends a line of verse."""
    return _STOP.search(line) is not None


def ends_sentence(line: str) -> bool:
    return _ENDS_SENTENCE.search(line) is not None


def ends_line(line: str) -> bool:
    """Whether a line ends in a mark, and so does not continue on the next line."""
    return _ENDS_LINE.search(line) is not None


def piece_lengths(text: str) -> list[int]:
    """The number of Han characters of each non-empty piece between marks."""
    return [length for length in map(n_han, _STOP.split(text)) if length]


def has_even_pieces(text: str) -> bool:
    """Whether marks cut a text into several pieces of equal length, as in regular verse."""
    lengths = piece_lengths(text)
    return len(lengths) > 1 and len(set(lengths)) == 1


def even_block_lengths(block: Sequence[str]) -> list[int]:
    """The lengths of the lines of verse in a block: the pieces between marks if it has any, else the lines of the file."""
    # With marks, verse may be wrapped over several lines; without any, it is not.
    return piece_lengths("".join(block)) if any(map(has_stop, block)) else [n_han(line) for line in block]


def is_even_block(block: Sequence[str]) -> bool:
    lengths = even_block_lengths(block)
    return len(lengths) > 1 and len(set(lengths)) == 1


def usual_length(text: str) -> int:
    """The most common length of the pieces of a text; 0 if it has none."""
    lengths = Counter(piece_lengths(text)).most_common(1)
    return lengths[0][0] if lengths else 0


def is_whole_poem(line: str) -> bool:
    """Whether a line is a whole poem, not a couplet or a part of wrapped verse: long enough, and complete."""
    lengths = piece_lengths(line)
    long_enough = sum(lengths) >= _HAN_OF_A_QUATRAIN or len(lengths) >= _LINES_OF_A_QUATRAIN
    complete = ends_sentence(line) or not has_stop(line)
    lacks_last_mark = has_even_pieces(line) and not ends_line(line)
    return long_enough and (complete or lacks_last_mark)


def break_at_margin(blocks: Sequence[Sequence[str]]) -> bool:
    """Whether lines are wrapped at a margin, not after lines of verse: nearly all but the last of each block are equally wide."""
    widths = [len(line) for block in blocks for line in block[:-1]]
    widest = max(widths, default=0)
    n_full = sum(width >= widest - _UNEVENNESS_OF_A_MARGIN for width in widths)
    return len(widths) >= _LINES_OF_A_MARGIN and n_full >= _MARGIN_MAJORITY * len(widths)


def n_bare_breaks(block: Sequence[str]) -> int:
    """The number of lines, except the last, that end without a mark."""
    return sum(not ends_line(line) for line in block[:-1])


def closed_lines(lines: Sequence[str]) -> list[str]:
    """Lines of verse with a mark at each end: ， is added, 。 after the last; lines without any mark are returned unchanged."""
    if not any(map(has_stop, lines)):
        return list(lines)
    last = len(lines) - 1
    return [line if ends_line(line) else line + ("。" if number == last else "，") for number, line in enumerate(lines)]
