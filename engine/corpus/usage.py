"""How poets use words: the pairs of characters that they end lines with, and the seasons that they put into one poem.

Readers call a phrase bent most often where it ends a line, and 3 in 20 lines that a model writes end in a pair that fewer than three
lines of the training text end in (`data/line_ends.tsv`, made by `benchmarks.tables.line_ends`). Spring and autumn in one poem are the
contradiction that lowers their marks most (`data/seasons.tsv`). docs/experiments.md has the correlations with the marks.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.vocabulary import Vocabulary
from engine.system.paths import bundled_rows

LINE_ENDS, SEASONS = "line_ends.tsv", "seasons.tsv"
# Seasons that poets seldom put into one poem: 梅 and 雪 stand with spring, frost and geese with winter.
CLASHES = (("spring", "summer"), ("spring", "autumn"), ("summer", "winter"))


@functools.cache
def line_ends() -> Mapping[str, str]:
    """Last character but one -> the last characters that poets write after it."""
    return dict(bundled_rows(LINE_ENDS))


@functools.cache
def _season_words() -> Mapping[str, tuple[str, ...]]:
    """Season -> words that name or imply it."""
    return {season: tuple(words.split()) for season, words in bundled_rows(SEASONS)}


def rare_end_share(lines: Sequence[str]) -> float:
    """The share of lines that end in a pair of characters which poets hardly ever end lines with."""
    ends = [line[-2:] for line in lines if len(line) > 1]
    return sum(end[1] not in line_ends().get(end[0], "") for end in ends) / max(1, len(ends))


def n_season_clashes(lines: Sequence[str]) -> int:
    """The number of `CLASHES` in a poem."""
    seasons = {
        season for season, words in _season_words().items() if any(word in line for word in words for line in lines)
    }
    return sum(seasons.issuperset(clash) for clash in CLASHES)


@functools.lru_cache(maxsize=4)
def _followers(vocabulary: Vocabulary) -> Mapping[int, NDArray[np.int64]]:
    """Token -> the tokens that poets end lines with after it."""
    return {
        vocabulary.encode(before)[0]: np.array(vocabulary.encode("".join(one for one in after if one in vocabulary)))
        for before, after in line_ends().items()
        if before in vocabulary
    }


def rare_ends(vocabulary: Vocabulary, before: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens (R, V) poets hardly ever end a line with after the tokens `before` (R,)."""
    rare = np.ones((len(before), len(vocabulary)), np.bool_)
    for row, token in enumerate(before.tolist()):
        rare[row, _followers(vocabulary).get(token, [])] = False
    return rare
