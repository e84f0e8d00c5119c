"""Which of the text formats a file is written in, told from its first lines."""

import itertools
from collections.abc import Callable, Sequence

from engine.corpus.readers.headings import may_be_heading, n_heading_lines, split_attribution
from engine.corpus.readers.text import blocks
from engine.corpus.readers.title_lines import has_title
from engine.corpus.readers.verse_lines import (
    break_at_margin,
    ends_sentence,
    has_stop,
    is_even_block,
    is_whole_poem,
    n_bare_breaks,
)
from engine.prosody.rhymes import masks_of
from engine.prosody.text import is_han

_LOOKED_AT_LINES = 400
# The share of its lines that must look like a format for a file to be of it; collections of whole poems have couplets too.
_MOST = 0.8
_MANY = 0.6
# Blocks of so many lines are poems with some lines of verse on each; of one or of many, collections of whole poems.
_LINES_OF_A_PRINTED_POEM = range(2, 5)
# More whole lines than an octave has couplets are one long poem when its neighbours rhyme, and a poem each when they do not. In
# old-style verse at least every second couplet rhymes with the one before; of couplets from different poems one in ten does.
_COUPLETS_OF_AN_OCTAVE = 4
_RHYMING_SHARE = 0.3
_LINES_OF_A_TITLED_POEM = 8


def text_format(lines: Sequence[str]) -> str:
    """One of `TEXT_READERS`, for the lines at the beginning of a text in which something can be seen."""
    filled = [line.strip() for line in lines if line.strip()][:_LOOKED_AT_LINES]
    if _share(filled, has_title) >= _MOST:
        return "title-colon"
    found = list(blocks(lines))
    sizes = sorted(map(len, found))
    typical = sizes[len(sizes) // 2]
    # A title above each poem is no reason against it.
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
    """Whether a text is one poem below its title: a few lines, and no other title between them."""
    n_heading = n_heading_lines(block)
    rest = block[n_heading:]
    return n_heading > 0 and len(rest) <= _LINES_OF_A_TITLED_POEM and not any(map(may_be_heading, rest))


def _has_heading(found: Sequence[Sequence[str]]) -> bool:
    return any(n_heading_lines(block) or any(map(may_be_heading, block[1:-1])) for block in found)


def _are_short_poems(block: Sequence[str]) -> bool:
    """Whether the lines of a text without titles are poems of a line each: whole ones, whose neighbours do not rhyme."""
    if len(block) <= _COUPLETS_OF_AN_OCTAVE or _share(block, ends_sentence) < _MOST or any(map(may_be_heading, block)):
        return False
    parts = list(map(_rhyme_parts, block[:_LOOKED_AT_LINES]))
    n_rhyming = sum(bool(one & other) for one, other in itertools.pairwise(parts))
    return n_rhyming < _RHYMING_SHARE * (len(parts) - 1)


def _rhyme_parts(line: str) -> int:
    """The parts of 词林正韵 that a line's last character belongs to, as a bit mask."""
    masks = masks_of("cilin")
    last = next(filter(is_han, reversed(line)), "")
    return masks.level.get(last, 0) | masks.oblique.get(last, 0)


def _lines_end_where_verse_does(found: Sequence[Sequence[str]]) -> bool:
    """Whether most lines end without a mark and not at a margin either: a break there ends a line of verse."""
    poems = [block[n_heading_lines(block) :] for block in found]
    # Without any mark a block is unpunctuated verse, and even verse is put together again wherever it was wrapped.
    uneven = [block for block in poems if len(block) > 1 and any(map(has_stop, block)) and not is_even_block(block)]
    n_breaks = sum(len(block) - 1 for block in uneven)
    n_bare = sum(map(n_bare_breaks, uneven))
    return n_bare > (1 - _MANY) * n_breaks and not break_at_margin(uneven)
