"""The control codes of a corpus as token indices, in files beside its tokens.

`header_tags.bin` (n_poems, 5): the tags of dynasty, period, poet, form and rhyme, `PAD` for none · `keywords.bin`
(n_words, 4): the characters of each keyword, padded with `PAD`, poem by poem ·
`titles.bin`: the characters of all titles, concatenated · `keyword_offsets.bin` and `title_offsets.bin` int64: the start of
each poem's words and title, and the end.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.corpus.poem import Poem
from engine.corpus.tokens.control_codes import (
    KEYWORD,
    POEM,
    STYLE,
    TITLE,
    control_codes_of,
    keyword_indices,
    title_indices,
)
from engine.corpus.tokens.keywords import MAX_CANDIDATES, MAX_KEYWORD_CHARS
from engine.corpus.tokens.vocabulary import PAD, Vocabulary

# Columns of `Parts`: one per tag, one per keyword candidate, and one for the title.
N_TAGS = len(STYLE) + 2
STYLE_PARTS = slice(0, len(STYLE))
FORM_PART, RHYME_PART = N_TAGS - 2, N_TAGS - 1
KEYWORD_PARTS = slice(N_TAGS, N_TAGS + MAX_CANDIDATES)
TITLE_PART = N_TAGS + MAX_CANDIDATES
N_PARTS = TITLE_PART + 1

Indices = npt.NDArray[np.int64]
Parts = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ControlCodeTokens:
    """The arrays of the files, and the indices of the marks: before a title, before each keyword (`PAD` if the vocabulary has
    none; then no poem has keywords), and between these and the poem."""

    tags: npt.NDArray[Any]
    keywords: npt.NDArray[Any]
    keyword_offsets: Indices
    titles: npt.NDArray[Any]
    title_offsets: Indices
    title_mark: int
    poem_mark: int
    keyword_mark: int

    def present(self, poems: Indices) -> Parts:
        """The parts that each poem has (n, `N_PARTS`); none for number −1, a segment within a poem."""
        safe = np.maximum(poems, 0)
        n_keywords = self.keyword_offsets[safe + 1] - self.keyword_offsets[safe]
        has_title = self.title_offsets[safe + 1] > self.title_offsets[safe]
        parts: Parts = np.concatenate(
            [self.tags[safe] != PAD, np.arange(MAX_CANDIDATES) < n_keywords[:, None], has_title[:, None]], axis=1
        )
        return parts & (poems >= 0)[:, None]

    def lengths(self, poems: Indices, parts: Parts) -> Indices:
        """The number of tokens of the selected parts of each poem (n,); the poem must have them."""
        safe = np.maximum(poems, 0)
        title_lengths = self.title_offsets[safe + 1] - self.title_offsets[safe] + 1
        lengths: Indices = parts[:, :N_TAGS].sum(axis=1) + np.where(parts[:, TITLE_PART], title_lengths, 0)
        for candidate, wanted in enumerate(parts[:, KEYWORD_PARTS].T):
            rows = np.flatnonzero(wanted)
            words = self.keywords[self.keyword_offsets[safe[rows]] + candidate]
            lengths[rows] += 1 + np.count_nonzero(words != PAD, axis=1)
        lengths += parts[:, N_TAGS:].any(axis=1)  # the mark before the poem
        return lengths

    def tokens(self, poems: Indices, parts: Parts) -> Indices:
        """The selected parts of each poem as tokens, in sequence order: (n, longest), padded with `PAD`; the poem must have them."""
        # Spare columns: a keyword is written with its padding, which later parts overwrite.
        n_columns = int(self.lengths(poems, parts).max(initial=0))
        grid = np.full((len(poems), n_columns + MAX_KEYWORD_CHARS), PAD, dtype=np.int64)
        columns = np.zeros(len(poems), dtype=np.int64)
        for part in range(N_TAGS):
            rows = np.flatnonzero(parts[:, part])
            grid[rows, columns[rows]] = self.tags[poems[rows], part]
            columns[rows] += 1
        for candidate, wanted in enumerate(parts[:, KEYWORD_PARTS].T):
            rows = np.flatnonzero(wanted)
            words = self.keywords[self.keyword_offsets[poems[rows]] + candidate]  # (n, MAX_KEYWORD_CHARS)
            grid[rows, columns[rows]] = self.keyword_mark
            for position in range(MAX_KEYWORD_CHARS):
                grid[rows, columns[rows] + 1 + position] = words[:, position]
            columns[rows] += 1 + np.count_nonzero(words != PAD, axis=1)
        rows = np.flatnonzero(parts[:, TITLE_PART])
        starts = self.title_offsets[poems[rows]]
        lengths = self.title_offsets[poems[rows] + 1] - starts
        grid[rows, columns[rows]] = self.title_mark
        write_ragged(self.titles, starts, lengths, grid, rows, columns[rows] + 1)
        columns[rows] += 1 + lengths
        rows = np.flatnonzero(parts[:, N_TAGS:].any(axis=1))
        grid[rows, columns[rows]] = self.poem_mark
        return grid[:, :n_columns]


def write_control_codes(
    chunks: Iterable[Sequence[Poem]], folder: Path, vocabulary: Vocabulary, dtype: np.dtype[Any]
) -> dict[str, int]:
    """Write the files chunk by chunk; returns the numbers of keywords and title tokens, for `tokens.json`."""
    has_keywords = vocabulary.tag(KEYWORD) is not None
    n_keywords = n_title_tokens = 0
    names = ("header_tags", "keywords", "keyword_offsets", "titles", "title_offsets")
    with ExitStack() as stack:
        tag_file, keyword_file, keyword_offsets, title_file, title_offsets = (
            stack.enter_context((folder / f"{name}.bin").open("wb")) for name in names
        )
        for offsets in (keyword_offsets, title_offsets):
            np.zeros(1, np.int64).tofile(offsets)
        for poems in chunks:
            tags: list[list[int]] = []
            keywords: list[list[list[int]]] = []
            titles: list[list[int]] = []
            for codes in map(control_codes_of, poems):
                kinds = [
                    *((kind, getattr(codes, kind)) for kind in STYLE),
                    ("form", codes.form),
                    ("rhyme", codes.rhyme),
                ]
                tags.append([vocabulary.tag(f"{kind}:{name}") or PAD for kind, name in kinds])
                words = [keyword_indices(vocabulary, word) for word in codes.keywords] if has_keywords else []
                keywords.append([word + [PAD] * (MAX_KEYWORD_CHARS - len(word)) for word in words if word])
                titles.append(title_indices(vocabulary, codes.title))
            np.array(tags, dtype).tofile(tag_file)
            np.array([word for words in keywords for word in words], dtype).tofile(keyword_file)
            np.array([index for title in titles for index in title], dtype).tofile(title_file)
            n_keywords = _write_offsets(keyword_offsets, n_keywords, keywords)
            n_title_tokens = _write_offsets(title_offsets, n_title_tokens, titles)
    return {"n_title_tokens": n_title_tokens, "n_keywords": n_keywords}


def _write_offsets(file: Any, n_before: int, pieces: list[Any]) -> int:
    """Append the end offset of each piece; returns the last one."""
    ends = n_before + np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    ends.tofile(file)
    return int(ends[-1])


def marks(vocabulary: Vocabulary) -> tuple[int, int, int]:
    """The indices of the marks of title, poem and keyword. Raises KeyError for a vocabulary without control codes."""
    title_mark, poem_mark, keyword_mark = (vocabulary.tag(mark) for mark in (TITLE, POEM, KEYWORD))
    if title_mark is None or poem_mark is None:
        raise KeyError("the vocabulary has no control codes")
    return title_mark, poem_mark, PAD if keyword_mark is None else keyword_mark


def write_ragged(
    source: npt.NDArray[Any], starts: Indices, lengths: Indices, grid: Indices, rows: Indices, columns: Indices
) -> None:
    """Write `source[start : start + length]` into the grid from (row, column) on, for each piece; all arrays but source and grid are (n,).

    Vectorised over the pieces: a loop takes longer than the network of a training on a GPU.
    """
    grid[np.repeat(rows, lengths), ragged_positions(columns, lengths)] = source[ragged_positions(starts, lengths)]


def ragged_positions(starts: Indices, lengths: Indices) -> Indices:
    """The positions start, start + 1, … of pieces given by start and length (n,), one piece after another: (sum of lengths,)."""
    positions: Indices = np.arange(int(lengths.sum())) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return positions
