"""The headers of a corpus as indices on the disk, beside its tokens: what each poem could be introduced by.

`header_tags.bin` (n_poems, 2): the form's and the rhyme's tag, `PAD` where there is none · `titles.bin`: the characters of all
titles, one after the other · `title_offsets.bin` int64, where each title begins, and the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.corpus.poems import Poem
from engine.corpus.ragged import lay_out
from engine.header import POEM, TITLE, header_of, title_indices
from engine.vocabulary import PAD, Vocabulary

FORM_PART, RHYME_PART, TITLE_PART = range(3)
N_PARTS = 3

Indices = npt.NDArray[np.int64]
Parts = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HeaderTokens:
    """The arrays of the files, and the indices of the two marks around a title."""

    tags: npt.NDArray[Any]
    titles: npt.NDArray[Any]
    title_offsets: Indices
    title_mark: int
    poem_mark: int

    def present(self, poems: Indices) -> Parts:
        """Which parts each poem has, shape (n, 3); a poem numbered −1 (no poem's beginning) has none."""
        safe = np.maximum(poems, 0)
        has_title = self.title_offsets[safe + 1] > self.title_offsets[safe]
        parts: Parts = np.concatenate([self.tags[safe] != PAD, has_title[:, None]], axis=1)
        return parts & (poems >= 0)[:, None]

    def lengths(self, poems: Indices, parts: Parts) -> Indices:
        """How many tokens the wanted parts of each poem take; all of them must be present."""
        safe = np.maximum(poems, 0)
        title_lengths = self.title_offsets[safe + 1] - self.title_offsets[safe] + 2
        lengths: Indices = parts[:, :TITLE_PART].sum(axis=1) + np.where(parts[:, TITLE_PART], title_lengths, 0)
        return lengths

    def tokens(self, poems: Indices, parts: Parts) -> Indices:
        """The wanted parts of each poem as indices, in a header's order: (n, longest), `PAD` after them; all must be present."""
        grid = np.full((len(poems), int(self.lengths(poems, parts).max(initial=0))), PAD, dtype=np.int64)
        columns = np.zeros(len(poems), dtype=np.int64)
        for part in (FORM_PART, RHYME_PART):
            rows = np.flatnonzero(parts[:, part])
            grid[rows, columns[rows]] = self.tags[poems[rows], part]
            columns[rows] += 1
        rows = np.flatnonzero(parts[:, TITLE_PART])
        starts, columns = self.title_offsets[poems[rows]], columns[rows]
        lengths = self.title_offsets[poems[rows] + 1] - starts
        grid[rows, columns] = self.title_mark
        lay_out(self.titles, starts, lengths, grid, rows, columns + 1)
        grid[rows, columns + 1 + lengths] = self.poem_mark
        return grid


class HeaderWriter:
    """Writes the files chunk by chunk."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, dtype: np.dtype[Any]) -> None:
        self._vocabulary = vocabulary
        self._dtype = dtype
        self._n_title_tokens = 0
        self._tags = (folder / "header_tags.bin").open("wb")
        self._titles = (folder / "titles.bin").open("wb")
        self._offsets = (folder / "title_offsets.bin").open("wb")
        np.zeros(1, np.int64).tofile(self._offsets)

    def write(self, poems: Iterable[Poem]) -> None:
        tags: list[tuple[int, int]] = []
        titles: list[list[int]] = []
        for poem in poems:
            header = header_of(poem)
            form = self._vocabulary.tag(f"form:{header.form}")
            rhyme = self._vocabulary.tag(f"rhyme:{header.rhyme}")
            tags.append((form or PAD, rhyme or PAD))
            titles.append(title_indices(self._vocabulary, header.title))
        lengths = np.array([len(title) for title in titles], np.int64)
        np.array(tags, self._dtype).tofile(self._tags)
        np.array([index for title in titles for index in title], self._dtype).tofile(self._titles)
        (self._n_title_tokens + np.cumsum(lengths)).tofile(self._offsets)
        self._n_title_tokens += int(lengths.sum())

    def close(self) -> int:
        """Close the files; returns the number of title tokens."""
        for file in (self._tags, self._titles, self._offsets):
            file.close()
        return self._n_title_tokens


def marks(vocabulary: Vocabulary) -> tuple[int, int]:
    """The indices of the marks around a title; KeyError for a vocabulary without header tags."""
    title_mark, poem_mark = vocabulary.tag(TITLE), vocabulary.tag(POEM)
    if title_mark is None or poem_mark is None:
        raise KeyError("the vocabulary has no header tags")
    return title_mark, poem_mark
