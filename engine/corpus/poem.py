"""What a poem is, which lines it has, and which split it belongs to."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from engine.prosody.text import MARKS, lines_of

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
PER_MILLE_VALIDATION = 10
PER_MILLE_TEST = 10

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


def split_of(poem: Poem) -> Split:
    """Where a poem belongs: 1 % validation, 1 % test, by its Han characters alone, so it never changes its place."""
    per_mille = int.from_bytes(han_digest(poem.text)[:8], "big") % 1000
    if per_mille < PER_MILLE_VALIDATION:
        return "validation"
    if per_mille < PER_MILLE_VALIDATION + PER_MILLE_TEST:
        return "test"
    return "train"


def without_shared_lines(candidates: Iterable[Poem], training: Iterable[Poem]) -> Iterator[Poem]:
    """Only the candidates of which no line stands in any training poem.

    Poems of different splits can still share lines (replies, quotations, variants of one poem); an honest evaluation
    leaves such poems out. Lines are compared by their Han characters; holds the candidates' lines in memory.
    """
    kept = list(candidates)
    lines = {line for poem in kept for line in lines_of(poem.text)}
    seen = {line for poem in training for line in lines_of(poem.text) if line in lines}
    return (poem for poem in kept if not any(line in seen for line in lines_of(poem.text)))
