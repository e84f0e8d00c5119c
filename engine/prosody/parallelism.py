"""Parallelism (对仗) of the two lines of a couplet.

Two characters at one position are parallel if poets pair such characters: nouns of one kind, numbers,
colours, directions, verbs of similar use. `data/prosody/parallelism.tsv` has a vector for each common character, made by
`benchmarks.tables.parallelism` from the middle couplets of real 律诗, such that the product of two vectors is about

    ln (count of the pair / count expected by chance)         the fit of a pair, in nats

The score of a couplet is the probability, by a logistic regression on its fits and on the faults below, that it is a middle
couplet of a 律诗, not a first or last couplet or one of unrelated lines.

Faults named in handbooks (王力《汉语诗律学》, 第一章第十四至十五节): a character in both lines, a doubled
word opposite a word that is not doubled, and 合掌, two words of one meaning opposite each other (`data/prosody/synonyms.tsv`).
"""

import base64
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.system.paths import bundled_rows

TABLE = "parallelism.tsv"
# Vector components per √nat: the product of two signed bytes is divided by its square.
UNITS_PER_ROOT_NAT = 40
# Fits are clipped to this; a character opposite itself has the lowest fit.
MAX_FIT_NATS = 2.0
# A pair below this fit is listed as a mismatch.
MIN_FIT_NATS = 0.0
PARALLEL_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class CoupletParallelism:
    """The parallelism of a couplet.

    Attributes:
        line: number of the upper line within the poem, from 1.
        score: 0 to 1; `PARALLEL_SCORE` and above counts as parallel.
        fits_nats: fit of each pair of characters, in nats, clipped to ±`MAX_FIT_NATS`; 0 if the table lacks one of them.
        mismatches: positions, from 1, of pairs that do not fit or break a doubled word.
        repeated: characters that occur in both lines.
        synonyms: positions, from 1, of two characters of one meaning (合掌).
    """

    line: int
    score: float
    fits_nats: tuple[float, ...]
    mismatches: tuple[int, ...]
    repeated: str
    synonyms: tuple[int, ...]

    @property
    def is_parallel(self) -> bool:
        return self.score >= PARALLEL_SCORE


def couplet_parallelism(upper: str, lower: str, line: int = 1) -> CoupletParallelism:
    """Score two lines of Han characters without marks.

    Raises:
        ValueError: for lines that are empty or of different lengths.
    """
    if not upper or len(upper) != len(lower):
        raise ValueError(f"{upper!r} and {lower!r} are no couplet: they must be as long as each other.")
    table = fit_table()
    fits = tuple(table.fit_nats(*pair) for pair in zip(upper, lower, strict=True))
    broken = broken_doublings(upper, lower)
    repeated = "".join(dict.fromkeys(character for character in upper if character in lower))
    mismatches = tuple(
        position for position, fit in enumerate(fits, start=1) if fit < MIN_FIT_NATS or position in broken
    )
    synonyms = tuple(
        position
        for position, pair in enumerate(zip(upper, lower, strict=True), start=1)
        if frozenset(pair) in _synonyms()
    )
    logit = sum(weight * feature for weight, feature in zip(table.weights, features(fits, len(broken)), strict=True))
    return CoupletParallelism(line, 1 / (1 + math.exp(-logit)), fits, mismatches, repeated, synonyms)


def features(fits_nats: Sequence[float], n_broken: int) -> tuple[float, ...]:
    """The inputs of the regression: 1, mean fit, lowest fit, fraction of pairs that fit, number of broken doublings."""
    n = len(fits_nats)
    return (
        1.0,
        sum(fits_nats) / n,
        min(fits_nats),
        sum(fit > MIN_FIT_NATS for fit in fits_nats) / n,
        float(n_broken),
    )


def middle_couplets(lines: Sequence[str]) -> tuple[CoupletParallelism, ...]:
    """The couplets of a 律诗 or 排律 that must be parallel: all but the first and the last.

    A poem of fewer than eight lines, of an odd number of them, or whose lines differ in length has none.
    """
    if len(lines) < 8 or len(lines) % 2 or len(set(map(len, lines))) != 1 or not lines[0]:
        return ()
    return tuple(couplet_parallelism(lines[at], lines[at + 1], at + 1) for at in range(2, len(lines) - 2, 2))


def mean_score(couplets: Sequence[CoupletParallelism]) -> float | None:
    """The mean of the couplets' scores; None without any."""
    return sum(couplet.score for couplet in couplets) / len(couplets) if couplets else None


def broken_doublings(upper: str, lower: str) -> frozenset[int]:
    """Positions, from 1, of doubled words (漠漠) opposite a word that is not doubled."""
    broken = set()
    for at in range(len(upper) - 1):
        if (upper[at] == upper[at + 1]) != (lower[at] == lower[at + 1]):
            broken |= {at + 1, at + 2}
    return frozenset(broken)


class FitTable:
    """The vectors of `parallelism.tsv`, decoded on access, and the weights of the regression."""

    def __init__(self) -> None:
        (_, *signs), (_, *weights), *vectors = bundled_rows(f"prosody/{TABLE}")
        self._signs = tuple(map(int, signs))
        self.weights = tuple(map(float, weights))
        self._encoded: Mapping[str, str] = dict(vectors)
        self._vectors: dict[str, tuple[int, ...]] = {}

    def fit_nats(self, one: str, other: str) -> float:
        if one == other:
            return -MAX_FIT_NATS
        first, second = self._vector(one), self._vector(other)
        product = sum(sign * a * b for sign, a, b in zip(self._signs, first, second, strict=False))
        return max(-MAX_FIT_NATS, min(MAX_FIT_NATS, product / UNITS_PER_ROOT_NAT**2))

    def _vector(self, character: str) -> tuple[int, ...]:
        """The vector of a character as signed bytes; empty if the table lacks it, so that its products are 0."""
        vector = self._vectors.get(character)
        if vector is None:
            coded = self._encoded.get(character, "")
            vector = tuple(byte - 256 if byte > 127 else byte for byte in base64.b64decode(coded))
            self._vectors[character] = vector
        return vector


@functools.cache
def fit_table() -> FitTable:
    """The bundled table; cached."""
    return FitTable()


@functools.cache
def _synonyms() -> frozenset[frozenset[str]]:
    """Pairs of characters of one meaning and opposite tones."""
    return frozenset(frozenset(pair) for (row,) in bundled_rows("prosody/synonyms.tsv") for pair in row.split())
