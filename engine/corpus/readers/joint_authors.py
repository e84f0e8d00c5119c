"""Poems that several wrote together, with their names in the text: 人皆苦炎热，我爱夏日长。__李昂熏风自南来，殿阁生微凉。__柳公权

A name stands behind two underscores, after the verse of who bears it, and nothing parts it from the verse that follows. In even
verse its length tells: 李昂熏风自南来 is two characters longer than a line.
"""

import re

from engine.corpus.readers.verse_lines import n_han, usual_length
from engine.prosody.text import is_han

NAMED = "__"
_NAMES = re.compile("_{2,}")
_FIRST_PIECE = re.compile("[^，。！？；,.!?;｡]*")
_AFTER_LAST_MARK = re.compile("[^，。！？；,.!?;｡]*\\Z")
_LENGTHS_OF_A_NAME = range(2, 5)


def without_names(text: str) -> str | None:
    """The verse alone; None where it cannot be told how long a name is."""
    first, *others = _NAMES.split(text)
    usual = usual_length(first)
    if usual == 0:
        return None
    verse = [_without_label(first, usual)]
    for part in others:
        line = _FIRST_PIECE.match(part)
        assert line is not None
        if line.end() == len(part):
            continue  # the last name, and no verse after it
        n_name = n_han(line[0]) - usual
        if n_name and n_name not in _LENGTHS_OF_A_NAME:
            return None
        verse.append(_without_label(_without_han(part, n_name), usual))
    return "".join(verse)


def _without_label(part: str, usual: int) -> str:
    """A part without the few characters that introduce the name behind it, after its last mark."""
    return _AFTER_LAST_MARK.sub(lambda tail: tail[0] if n_han(tail[0]) >= usual else "", part, count=1)


def _without_han(text: str, n: int) -> str:
    """A text without its first `n` Han characters, and what stands between them."""
    positions = [position for position, character in enumerate(text) if is_han(character)]
    return text[positions[n] :] if n else text
