"""Poems → batches (x, y) of shape (B, T), bucketed by length so that hardly a cell is padding.

Pieces: a poem of at most `max_chars` is one piece, G … E. A longer one is cut after sentence ends; a later piece
begins with the sentence mark before it, so that every character is predicted exactly once and no piece pretends,
by a G, to be a poem's beginning.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens import TokenizedCorpus
from engine.vocabulary import PAD, UNKNOWN

SENTENCE_ENDS = "。？！；"

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """x (B, T) and y (B, T), y one character ahead of x; both `PAD` where a poem has ended."""

    x: Int64
    y: Int64

    @property
    def n_targets(self) -> int:
        return int(np.count_nonzero(self.y != PAD))


@dataclass(frozen=True, slots=True)
class Pieces:
    """Where each piece lies in the token array: `tokens[start:stop]`, its first token being only read, never predicted."""

    tokens: NDArray[np.unsignedinteger]
    starts: Int64
    stops: Int64

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_targets(self) -> int:
        return int((self.stops - self.starts - 1).sum())

    def batch(self, rows: Int64) -> Batch:
        lengths = self.stops[rows] - self.starts[rows]
        grid = np.full((len(rows), int(lengths.max())), PAD, dtype=np.int64)
        for row, (start, stop) in enumerate(zip(self.starts[rows], self.stops[rows], strict=True)):
            grid[row, : stop - start] = self.tokens[start:stop]
        return Batch(x=grid[:, :-1], y=grid[:, 1:])


def cut_pieces(corpus: TokenizedCorpus, poems: Int64, max_chars: int) -> Pieces:
    """The pieces of some poems, given by their numbers."""
    starts, stops = corpus.offsets[poems], corpus.offsets[poems + 1]
    is_long = stops - starts - 1 > max_chars
    if is_long.any():
        known_ends = [index for index in corpus.vocabulary.encode(SENTENCE_ENDS) if index != UNKNOWN]
        sentence_ends = np.flatnonzero(np.isin(corpus.tokens, known_ends))
        cuts = [
            piece
            for start, stop in zip(starts[is_long], stops[is_long], strict=True)
            for piece in _cut(int(start), int(stop), sentence_ends, max_chars)
        ]
        long_starts, long_stops = np.array(cuts, dtype=np.int64).T
        starts, stops = np.concatenate([starts[~is_long], long_starts]), np.concatenate([stops[~is_long], long_stops])
    return Pieces(tokens=corpus.tokens, starts=starts, stops=stops)


def _cut(start: int, stop: int, sentence_ends: Int64, max_chars: int) -> Iterator[tuple[int, int]]:
    """Cut `tokens[start:stop]` into pieces of at most `max_chars` targets, after the last sentence end that fits."""
    while stop - start - 1 > max_chars:
        n_before = int(np.searchsorted(sentence_ends, start + max_chars, side="right"))
        last_that_fits = int(sentence_ends[n_before - 1]) if n_before else start
        # A sentence longer than a piece is cut in the middle, there being nowhere better.
        end = last_that_fits if last_that_fits > start else start + max_chars
        yield start, end + 1
        start = end
    if stop - start > 1:
        yield start, stop


def epoch_order(pieces: Pieces, batch_poems: int, seed: int, epoch: int) -> list[Int64]:
    """The batches of one epoch as rows of `pieces`: random, of nearly equal length within a batch.

    It depends on nothing but its arguments, so that a resumed run finds its place by counting.
    """
    random = np.random.default_rng((seed, epoch))
    shuffled = random.permutation(len(pieces))
    by_length = shuffled[np.argsort((pieces.stops - pieces.starts)[shuffled], kind="stable")]
    batches = [by_length[first : first + batch_poems] for first in range(0, len(by_length), batch_poems)]
    return [batches[position] for position in random.permutation(len(batches))]


def in_order(pieces: Pieces, batch_poems: int) -> Iterator[Batch]:
    """All batches, shortest pieces first: for measuring, where order does not matter."""
    by_length = np.argsort(pieces.stops - pieces.starts, kind="stable")
    for first in range(0, len(by_length), batch_poems):
        yield pieces.batch(by_length[first : first + batch_poems])


def n_batches(pieces: Pieces, batch_poems: int) -> int:
    return -(-len(pieces) // batch_poems)
