"""Counting of the n-grams of a text, length by length.

The key of an n-gram is (number of the n-gram of its first tokens) · V + (its last token): it fits
into 64 bits at any length, and the sorted keys are the next level of the trie.

Shapes: N tokens of the text, V vocabulary.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.vocabulary import BEGIN
from engine.evaluation.ngram.kneser_ney import Level, discounts_of

Tokens = NDArray[np.unsignedinteger[Any]]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def count_ngrams(tokens: Tokens, vocab_size: int, order: int) -> list[Level]:
    """Count the levels of a Kneser-Ney model of poems G … E, concatenated in `tokens` (N,).

    No n-gram crosses the end of a poem. 13 million tokens take half a minute and 1 GB at order 5.
    """
    depths = _depths(tokens, order)
    # The number of the n-gram, of the length of the level below, that ends at each position; for length 1 the token itself.
    numbers = tokens.astype(np.int32)  # (N,)
    seen = np.bincount(tokens, minlength=vocab_size)
    seen[BEGIN] = 0  # an input only, never predicted
    last, first = np.arange(vocab_size), np.array([0, vocab_size])
    levels = []
    for length in range(2, order + 1):
        keys, ends = _by_key(numbers, tokens, np.flatnonzero(depths >= length - 1).astype(np.int32), vocab_size)
        is_new = np.diff(keys, prepend=-1) > 0
        beginnings = np.flatnonzero(is_new)
        # Number of distinct tokens before each n-gram of the level below; this level has each of them once.
        continuations = np.bincount(numbers[ends[beginnings]], minlength=len(seen))
        levels.append(_level(last, np.where(continuations > 0, continuations, seen), first))
        numbers[ends] = np.cumsum(is_new, dtype=np.int32) - 1
        seen = _small(np.diff(beginnings, append=len(keys)))
        distinct = keys[beginnings]
        last = _small(distinct % vocab_size)
        first = _small(np.searchsorted(distinct, np.arange(len(continuations) + 1) * vocab_size))
    return [*levels, _level(last, seen, first)]


def _by_key(numbers: Int32, tokens: Tokens, ends: Int32, vocab_size: int) -> tuple[Int64, Int32]:
    """The sorted keys of the n-grams that end at some positions, and the end of each."""
    keys = numbers[ends - 1].astype(np.int64)
    keys *= vocab_size
    keys += tokens[ends]
    by_key = np.argsort(keys)
    return keys[by_key], ends[by_key]


def _depths(tokens: Tokens, order: int) -> NDArray[np.uint8]:
    """The number of tokens of the poem before each token, at most `order`."""
    begins = np.flatnonzero(tokens == BEGIN)
    lengths = np.diff(begins, append=len(tokens))
    depths = np.arange(len(tokens), dtype=np.int32) - np.repeat(begins.astype(np.int32), lengths)
    return np.minimum(depths, order).astype(np.uint8)


def _level(last: NDArray[Any], counts: NDArray[Any], first: NDArray[Any]) -> Level:
    return Level(_small(last), _small(counts), _small(first), discounts_of(counts))


def _small(numbers: NDArray[Any]) -> NDArray[Any]:
    """The numbers in the smallest unsigned type that can represent them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))
