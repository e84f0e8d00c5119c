"""Interpolated Kneser-Ney smoothing with modified discounts (Chen and Goodman 1999, An empirical study of smoothing techniques
for language modeling, section 4.1.6), over a trie in flat arrays.

    p(w | h) = (c(h w) − D(c(h w))) / c(h •) + γ(h) · p(w | h without its first token)

c is the count of an n-gram of the highest order; for a lower order, the number of distinct tokens seen before it, or its
count if no token can precede it (after G). γ(h) gives the discounted mass to the lower order; below unigrams,
all tokens of poems are equally likely. The first characters of a poem have shorter histories, which begin with G.

Shapes: B poems, T tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.batching import Batch
from engine.corpus.tokens.control_code_cache import ragged_positions
from engine.corpus.tokens.vocabulary import BEGIN, PAD

# Used when counts of counts are unusable: in a text so small or odd that some order has no n-gram with one of these counts.
DEFAULT_DISCOUNTS = (0.5, 1.0, 1.5)
NOT_SEEN = -1

Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Level:
    """All n-grams of one length, sorted; the number of an n-gram is its position.

    The n-grams that begin with n-gram h of the level below have positions `first[h]` to `first[h + 1]`, in the order of
    their last tokens. last (n,) and counts (n,): unsigned integers · first (n of the level below + 1,) · discounts (4,): the
    discount of a count of 0, 1, 2, and 3 or more
    """

    last: NDArray[Any]
    counts: NDArray[Any]
    first: NDArray[Any]
    discounts: Floats

    def find(self, histories: Int64, tokens: Int64) -> Int64:
        """The numbers of the n-grams of histories and the tokens after them; `NOT_SEEN` for unseen ones."""
        known = histories != NOT_SEEN
        low, stop = self._places(np.where(known, histories, 0))
        high = stop
        while (low < high).any():
            middle = (low + high) // 2
            is_before = (low < high) & (self.last[np.minimum(middle, len(self.last) - 1)] < tokens)
            low, high = np.where(is_before, middle + 1, low), np.where(is_before, high, np.minimum(middle, high))
        found = known & (low < stop)
        found &= self.last[np.minimum(low, len(self.last) - 1)] == tokens
        return np.where(found, low, NOT_SEEN)

    def interpolate(self, histories: Int64, found: Int64, lower: Floats) -> Floats:
        """The probabilities at this order, from those of the lower order; equal to them for unseen histories."""
        contexts, which = np.unique(histories, return_inverse=True)
        totals, taken = self._masses(np.maximum(contexts, 0))
        goes_on = (contexts != NOT_SEEN) & (totals > 0)
        totals = np.where(goes_on, totals, 1.0)
        shares = np.where(goes_on, taken / totals, 1.0)
        counts = np.zeros(found.shape, np.int64)
        counts[found != NOT_SEEN] = self.counts[found[found != NOT_SEEN]]
        kept = counts - self.discounts[np.minimum(counts, 3)]
        probabilities: Floats = kept / totals[which] + shares[which] * lower
        return probabilities

    def _places(self, histories: Int64) -> tuple[Int64, Int64]:
        return self.first[histories].astype(np.int64), self.first[histories + 1].astype(np.int64)

    def _masses(self, contexts: Int64) -> tuple[Floats, Floats]:
        """For each context, the sum of the counts of its continuations, and the sum of their discounts."""
        low, stop = self._places(contexts)
        n_after = stop - low
        owners = np.repeat(np.arange(len(contexts)), n_after)
        counts = self.counts[ragged_positions(low, n_after)].astype(np.int64)
        taken = self.discounts[np.minimum(counts, 3)]
        return _sums(owners, counts, len(contexts)), _sums(owners, taken, len(contexts))


@dataclass(frozen=True, eq=False)
class KneserNey:
    """An n-gram model: `levels[k]` has the n-grams of k + 1 tokens. `n_poems`, `n_tokens`: counted poems, and tokens with G and E."""

    levels: Sequence[Level]
    n_poems: int
    n_tokens: int

    @property
    def order(self) -> int:
        return len(self.levels)

    def nats(self, batch: Batch) -> Floats:
        """−ln p of every target of poems that begin with G: (B, T), 0 for padding."""
        tokens = np.concatenate([batch.x[:, :1], batch.y], axis=1)  # (B, 1 + T)
        probabilities = self.probabilities(tokens)[:, 1:]
        nats = np.zeros(batch.y.shape)
        np.log(probabilities, out=nats, where=batch.y != PAD)
        return -nats

    def probabilities(self, tokens: Int64) -> Floats:
        """The probability of every token given those before it in its row (B, T); 0 for G and padding. A row begins with G."""
        n_predicted = len(self.levels[0].last) - 2  # all tokens but G and padding
        probabilities = np.where((tokens == PAD) | (tokens == BEGIN), 0.0, 1.0 / n_predicted)
        histories = np.zeros_like(tokens)
        for level in self.levels:
            if not len(level.last):
                break  # no poem has n-grams of this length
            found = level.find(histories, tokens)
            probabilities = level.interpolate(histories, found, probabilities)
            histories = np.concatenate([np.full_like(found[:, :1], NOT_SEEN), found[:, :-1]], axis=1)
        return probabilities


def _sums(owners: Int64, values: NDArray[Any], n: int) -> Floats:
    """The sum of the values of each of n owners (n,)."""
    return np.bincount(owners, values, n).astype(np.float64, copy=False)


def discounts_of(counts: NDArray[Any]) -> Floats:
    """The discounts (4,) of a count of 0, 1, 2, and 3 or more, from the numbers of n-grams with counts 1 to 4 (equation 26)."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == count)) for count in (1, 2, 3, 4))
    if min(n1, n2, n3, n4) == 0:
        return np.array([0.0, *DEFAULT_DISCOUNTS])
    share = n1 / (n1 + 2 * n2)
    estimated = (1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3)
    # Unusual counts of counts can give a discount that is negative or exceeds the count.
    is_sound = all(0 < discount < count for count, discount in enumerate(estimated, start=1))
    return np.array([0.0, *(estimated if is_sound else DEFAULT_DISCOUNTS)])
