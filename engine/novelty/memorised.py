"""Poems that a model has read in its training, whole or for a good part: what says nothing about unseen verse."""

from collections.abc import Sequence

import numpy as np

from engine.corpus.poem import Poem
from engine.novelty.line_index import LineIndex
from engine.prosody.text import split_lines


def n_memorised(poems: Sequence[Poem], known: LineIndex) -> int:
    """How many poems have at least half of their lines, marks aside, in the training text.

    One line alone may be a coincidence: of lines of five characters of held-out poems one in twenty stands there.
    """
    lines_of = [split_lines(poem.text) for poem in poems]
    found = known.contains([line for lines in lines_of for line in lines])
    ends = np.cumsum([0, *map(len, lines_of)])
    n_lines, n_found = np.diff(ends), np.diff(np.concatenate(([0], np.cumsum(found)))[ends])
    return int(((n_found > 0) & (2 * n_found >= n_lines)).sum())
