"""Batching: poems → batches (x, y) of shape (B, T), bucketed by length to minimise padding.

Segments: a poem of at most `max_chars` characters is one segment, G … E. A longer one is cut after sentence ends. A later segment
begins with the mark before it, so that every character is predicted exactly once, and has no G, which only a poem's
beginning has. G and E do not count as characters, so no segment consists of E alone. Control codes
(`engine.corpus.tokens.control_codes`) may follow G; they are inputs, never targets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.control_code_cache import (
    FORM_PART,
    KEYWORD_PARTS,
    RHYME_PART,
    STYLE_PARTS,
    TITLE_PART,
    ControlCodeTokens,
    Parts,
    ragged_positions,
    write_ragged,
)
from engine.corpus.tokens.keywords import MAX_KEYWORDS
from engine.corpus.tokens.token_cache import TokenizedCorpus
from engine.corpus.tokens.vocabulary import PAD, UNKNOWN

SENTENCE_ENDS = "。？！；"
# Probability with which a conditioned poem keeps each control code, so that the model learns to do without any of them.
PART_KEPT = 0.7
# The same for each of dynasty, period and poet.
STYLE_KEPT = 0.5
# Fraction of the conditioned poems with dynasty, period and poet only: next to form, rhyme, title and keywords a style
# adds little information, and the model did not learn it.
STYLE_ALONE = 0.25
# Probability with which a conditioned poem has keywords: 1 to `MAX_KEYWORDS` of its candidates.
KEYWORDS_KEPT = 0.6
# T is one more than a multiple of EVEN_CHARS, as in quatrains and octaves with their end: oneDNN compiles and caches a kernel of the
# recurrent layers for each T, which takes time and fragments memory.
EVEN_CHARS = 4

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs x (B, T) and targets y (B, T), x shifted by one; both are `PAD` after a poem's end, y also for control codes.

    T is one more than a multiple of `EVEN_CHARS`.
    """

    x: Int64
    y: Int64

    @property
    def n_targets(self) -> int:
        return int(np.count_nonzero(self.y != PAD))


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of the token array: `tokens[start:stop]`, of which the first token is an input only.

    `poems`: the number of the poem that a segment begins; −1 for a later segment of a poem.
    """

    tokens: NDArray[np.unsignedinteger]
    starts: Int64
    stops: Int64
    poems: Int64
    control_codes: ControlCodeTokens | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_targets(self) -> int:
        return int((self.stops - self.starts - 1).sum())

    def targets(self, rows: Int64) -> NDArray[np.unsignedinteger]:
        """The targets of some segments, concatenated, without control codes."""
        lengths = self.stops[rows] - self.starts[rows] - 1
        targets: NDArray[np.unsignedinteger] = self.tokens[ragged_positions(self.starts[rows] + 1, lengths)]
        return targets

    def lengths(self, parts: Parts | None = None) -> Int64:
        """The number of tokens of each segment (n,), including its control codes."""
        lengths = self.stops - self.starts
        return (
            lengths
            if parts is None or self.control_codes is None
            else lengths + self.control_codes.lengths(self.poems, parts)
        )

    def sample_conditioning(self, share: float, seed: int, epoch: int) -> Parts | None:
        """Sample the control codes of each segment for an epoch (n, `N_PARTS`): a fraction `share` of the poems is conditioned, and each
        part is kept with its own probability. Depends on the arguments only; None if nothing is conditioned."""
        if self.control_codes is None or share == 0:
            return None
        # Form, rhyme and title are sampled first, so that runs of older versions, which had no other parts, resume exactly.
        random = np.random.default_rng((seed, epoch, 3))
        is_conditioned = random.random((len(self), 1)) < share
        present = self.control_codes.present(self.poems)
        parts: Parts = np.zeros_like(present)
        parts[:, [FORM_PART, RHYME_PART, TITLE_PART]] = random.random((len(self), 3)) < PART_KEPT
        parts[:, STYLE_PARTS] = random.random(parts[:, STYLE_PARTS].shape) < STYLE_KEPT
        n_keywords = random.integers(1, MAX_KEYWORDS + 1, (len(self), 1)) * (
            random.random((len(self), 1)) < KEYWORDS_KEPT
        )
        order = np.where(present[:, KEYWORD_PARTS], random.random(parts[:, KEYWORD_PARTS].shape), 1.0)
        parts[:, KEYWORD_PARTS] = order.argsort(axis=1).argsort(axis=1) < n_keywords
        has_style = present[:, STYLE_PARTS].any(axis=1, keepdims=True)
        is_alone = has_style & (random.random((len(self), 1)) < STYLE_ALONE)
        is_style = np.zeros(parts.shape[1], dtype=np.bool_)
        is_style[STYLE_PARTS] = True
        parts &= is_style | ~is_alone
        parts &= present & is_conditioned
        return parts

    def batch(self, rows: Int64, parts: Parts | None = None) -> Batch:
        lengths = self.stops[rows] - self.starts[rows]
        n_codes = np.zeros_like(lengths)
        if parts is not None and self.control_codes is not None:
            n_codes = self.control_codes.lengths(self.poems[rows], parts[rows])
        n_chars = int((lengths + n_codes).max()) - 1
        grid = np.full((len(rows), 2 + -(-(n_chars - 1) // EVEN_CHARS) * EVEN_CHARS), PAD, dtype=np.int64)
        starts, in_batch = self.starts[rows], np.arange(len(rows))
        grid[:, 0] = self.tokens[starts]
        write_ragged(self.tokens, starts + 1, lengths - 1, grid, in_batch, 1 + n_codes)
        x, y = grid[:, :-1], grid[:, 1:].copy()
        if parts is not None and self.control_codes is not None:
            codes = self.control_codes.tokens(self.poems[rows], parts[rows])
            is_code = np.arange(codes.shape[1]) < n_codes[:, None]
            grid[:, 1 : 1 + codes.shape[1]][is_code] = codes[is_code]
            y[:, : codes.shape[1]][is_code] = PAD
        return Batch(x=x, y=y)


def cut_segments(corpus: TokenizedCorpus, poems: Int64, max_chars: int, *, end_counts: bool = False) -> Segments:
    """Cut poems, given by number, into segments of at most `max_chars` characters.

    `end_counts`: count E as a character, as older versions did; a run of such a version is resumed with the same
    segments.
    """
    starts, stops, beginnings = corpus.offsets[poems], corpus.offsets[poems + 1], poems
    is_long = corpus.n_chars(poems) + end_counts > max_chars
    if is_long.any():
        ends_sentence = np.zeros(len(corpus.vocabulary), dtype=np.bool_)
        ends_sentence[[index for index in corpus.vocabulary.encode(SENTENCE_ENDS) if index != UNKNOWN]] = True
        cuts = [
            (*segment, int(poem) if segment[0] == start else -1)
            for start, stop, poem in zip(starts[is_long], stops[is_long], poems[is_long], strict=True)
            for segment in _cut(corpus.tokens, int(start), int(stop), ends_sentence, max_chars, end_counts)
        ]
        long_starts, long_stops, long_beginnings = np.array(cuts, dtype=np.int64).T
        starts, stops = np.concatenate([starts[~is_long], long_starts]), np.concatenate([stops[~is_long], long_stops])
        beginnings = np.concatenate([poems[~is_long], long_beginnings])
    return Segments(
        tokens=corpus.tokens, starts=starts, stops=stops, poems=beginnings, control_codes=corpus.control_codes
    )


def _cut(
    tokens: NDArray[np.unsignedinteger],
    start: int,
    stop: int,
    ends_sentence: NDArray[np.bool_],
    max_chars: int,
    end_counts: bool,
) -> Iterator[tuple[int, int]]:
    """Cut `tokens[start:stop]`, which ends with E, into segments of at most `max_chars` characters, each after the last sentence end
    that fits."""
    n_no_chars = 1 if end_counts else 2  # the first token, an input only, and E
    while stop - start - n_no_chars > max_chars:
        fitting = np.flatnonzero(ends_sentence[tokens[start + 1 : start + 1 + max_chars]])
        # A sentence longer than a segment is cut at the limit.
        end = start + 1 + int(fitting[-1]) if len(fitting) else start + max_chars
        yield start, end + 1
        start = end
    if stop - start > 1:
        yield start, stop


def epoch_order(segments: Segments, batch_size: int, seed: int, epoch: int, parts: Parts | None = None) -> list[Int64]:
    """The batches of one epoch as rows of `segments`: in random order, with segments of similar length, control codes included.

    It depends on the arguments only, so that a resumed run finds its position by counting.
    """
    random = np.random.default_rng((seed, epoch))
    shuffled = random.permutation(len(segments))
    by_length = shuffled[np.argsort(segments.lengths(parts)[shuffled], kind="stable")]
    batches = [by_length[first : first + batch_size] for first in range(0, len(by_length), batch_size)]
    return [batches[position] for position in random.permutation(len(batches))]


def in_order(segments: Segments, batch_size: int) -> Iterator[Batch]:
    """Yield all batches, shortest segments first, for evaluation."""
    by_length = np.argsort(segments.lengths(), kind="stable")
    for first in range(0, len(by_length), batch_size):
        yield segments.batch(by_length[first : first + batch_size])


def n_batches(segments: Segments, batch_size: int) -> int:
    return -(-len(segments) // batch_size)
