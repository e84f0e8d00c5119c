"""Verse as text: Han characters, lines and couplets, layout in a terminal, and the names of the rhyme books."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

RhymeBook = Literal["pingshui", "cilin", "xinyun"]
# The books by name. 中华新韵 assigns tones and rhymes by modern Mandarin.
RHYME_BOOKS: Mapping[RhymeBook, str] = {"pingshui": "平水韵", "cilin": "词林正韵", "xinyun": "中华新韵"}

# The value of a form's key for free verse.
FREE_VERSE = "free"

# The punctuation of a cleaned poem; the enumeration comma 、 does not end a line of verse.
LINE_MARKS = "，。？！；："
MARKS = LINE_MARKS + "、"
_LINE = re.compile(f"[^{LINE_MARKS}]*[{LINE_MARKS}]+|[^{LINE_MARKS}]+$")
_BETWEEN_LINES = re.compile(f"[{MARKS}]+")

HAN_CELLS = 2  # a Han character and the marks of verse fill two terminal cells


@lru_cache(maxsize=1 << 16)
def is_han(character: str) -> bool:
    """Whether a character is a Han character: any CJK ideograph block, and 〇."""
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x323AF
        or 0xF900 <= code <= 0xFAFF
        or code == 0x3007
    )


def han_of(text: str) -> str:
    """The Han characters of a text."""
    return "".join(filter(is_han, text))


def lines_of(text: str) -> list[str]:
    """The lines of a cleaned text, without marks."""
    return [line for line in _BETWEEN_LINES.split(text) if line]


def split_lines(text: str) -> list[str]:
    """The lines of verse, each with its final mark: 床前明月光，疑是地上霜。 -> [床前明月光，, 疑是地上霜。]"""
    return _LINE.findall(text)


def couplets(lines: Sequence[str]) -> list[str]:
    """Display rows: a couplet of equal lines in one row, any other line in its own."""
    rows: list[str] = []
    position = 0
    while position < len(lines):
        pair = lines[position : position + 2]
        lengths = {sum(map(is_han, line)) for line in pair}
        is_couplet = len(pair) == 2 and len(lengths) == 1 and not pair[0].endswith(("。", "？", "！"))
        rows.append("".join(pair) if is_couplet else pair[0])
        position += 2 if is_couplet else 1
    return rows


def columns_rtl(lines: Sequence[str]) -> list[str]:
    """竖排: lines as columns from right to left, as terminal rows; short columns are padded with wide spaces."""
    height = max(map(len, lines), default=0)
    padded = [line.ljust(height, "\u3000") for line in lines]
    return ["\u3000".join(line[row] for line in reversed(padded)).rstrip("\u3000 ") for row in range(height)]


def nats_per_han(logprob: float | None, text: str) -> float | None:
    """Nats per Han character, as in `evaluate`: −ln p of the whole poem (forced characters, marks
    and END included) divided by the number of its Han characters. Lower is likelier. None if unknown.

    Args:
        logprob: ln p of the whole poem, in nats.
    """
    n_han = sum(map(is_han, text))
    return -logprob / n_han if logprob is not None and n_han else None


def shown_nats(nats: float) -> str:
    """The figure with two decimals, for display."""
    return f"{nats:.2f}"
