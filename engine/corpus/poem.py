"""Raw and cleaned poems."""

import hashlib
from dataclasses import dataclass

from engine.prosody.text import MARKS, lines_of

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
