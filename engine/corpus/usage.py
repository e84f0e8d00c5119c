"""How poets use words: the characters that they end lines with, and the seasons that they put into one poem.

Readers call a phrase bent most often where it ends a line. Of the lines that a model writes 3 in 20 end in a pair that fewer than
three lines of the training text end in (`data/line_ends.tsv`), and two in three of the line ends that readers called bent are three
characters that at most one line ends in (`data/line_tails.tsv`; both made by `benchmarks.tables.line_ends`). Spring and autumn in one
poem are the contradiction that lowers their marks most (`data/seasons.tsv`). docs/experiments.md has the correlations with the marks.

Shapes: R rows, V vocabulary, T tails.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.vocabulary import UNKNOWN, Vocabulary
from engine.system.paths import bundled_rows

LINE_ENDS, LINE_TAILS, SEASONS = "line_ends.tsv", "line_tails.tsv", "seasons.tsv"
# Lines with a pause before their last three characters, their tail (三字尾).
TAILED_LENGTHS = (5, 7)
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
        vocabulary.encode(before)[0]: np.array(
            vocabulary.encode("".join(one for one in after if one in vocabulary)), np.int64
        )
        for before, after in line_ends().items()
        if before in vocabulary
    }


def rare_ends(vocabulary: Vocabulary, before: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which tokens (R, V) poets hardly ever end a line with after the tokens `before` (R,)."""
    rare = np.ones((len(before), len(vocabulary)), np.bool_)
    for row, token in enumerate(before.tolist()):
        rare[row, _followers(vocabulary).get(token, [])] = False
    return rare


class LineTails:
    """The last three characters of the lines of five and seven that poets write, by the tokens of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._n_tokens = len(vocabulary)
        befores, afters = zip(*bundled_rows(LINE_TAILS), strict=True)
        n_afters = list(map(len, afters))
        two = np.array(vocabulary.encode("".join(befores))).reshape(-1, 2).repeat(n_afters, axis=0)  # (T, 2)
        last = np.array(vocabulary.encode("".join(afters)))
        is_known = (two != UNKNOWN).all(1) & (last != UNKNOWN)
        pairs = (two[:, 0] * self._n_tokens + two[:, 1])[is_known]
        order = pairs.argsort(kind="stable")
        # The first two tokens of each tail as one number, ascending, and the other two of it; each (T,).
        self._pairs, self._last = pairs[order], last[is_known][order]
        self._second = self._pairs % self._n_tokens

    def rare_last(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which tokens (R, V) complete no tail that begins with two tokens, each (R,)."""
        pairs = first * self._n_tokens + second
        rare = np.ones((len(pairs), self._n_tokens), np.bool_)
        for row, some in enumerate(self._slices(pairs, pairs + 1)):
            rare[row, self._last[some]] = False
        return rare

    def rare_second(self, first: NDArray[np.int64], may_end: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which tokens (R, V) lead from a first token (R,) to no tail that ends in a token of `may_end` (R, V)."""
        pairs = first * self._n_tokens
        rare = np.ones((len(pairs), self._n_tokens), np.bool_)
        for row, some in enumerate(self._slices(pairs, pairs + self._n_tokens)):
            rare[row, self._second[some][may_end[row, self._last[some]]]] = False
        return rare

    def _slices(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> list[slice]:
        """Of each row the tails whose pair is at least `low` and less than `high`, each (R,)."""
        return list(map(slice, np.searchsorted(self._pairs, low), np.searchsorted(self._pairs, high)))


line_tails = functools.lru_cache(maxsize=4)(LineTails)
