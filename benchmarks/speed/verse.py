"""A generated corpus: random characters with the vocabulary size and frequencies of Tang verse."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.batching import Segments
from engine.corpus.tokens.vocabulary import BEGIN, END, SPECIAL_TOKENS, Vocabulary

VOCAB_CHARACTERS = 7000
# Lines × characters a line, and how often: quatrains and octaves of 5 and 7, and longer poems in the old style.
FORMS = ((4, 5, 0.08), (4, 7, 0.25), (8, 5, 0.28), (8, 7, 0.17), (12, 5, 0.12), (20, 5, 0.07), (16, 7, 0.03))


@dataclass(frozen=True, slots=True)
class MadeCorpus:
    """Poems as segments of G … E, and their vocabulary."""

    vocabulary: Vocabulary
    segments: Segments

    def texts(self) -> list[str]:
        bounds = zip(self.segments.starts, self.segments.stops, strict=True)
        return [self.vocabulary.decode(self.segments.tokens[start:stop].tolist()) for start, stop in bounds]

    def write(self, path: Path) -> None:
        """One `title:content` a line."""
        lines = (f"其{number}:{text}\n" for number, text in enumerate(self.texts()))
        path.write_text("".join(lines), encoding="utf-8")


def make_corpus(n_poems: int) -> MadeCorpus:
    random = np.random.default_rng(0)
    vocabulary = Vocabulary(["，", "。", *(chr(0x4E00 + index) for index in range(VOCAB_CHARACTERS - 2))])
    shares = np.array([share for *_, share in FORMS])
    rows = [
        _poem(n_lines, line_chars, random)
        for n_lines, line_chars, _ in (
            FORMS[form] for form in random.choice(len(FORMS), n_poems, p=shares / shares.sum())
        )
    ]
    stops = np.cumsum([len(row) for row in rows], dtype=np.int64)
    starts = np.concatenate([[0], stops[:-1]])
    return MadeCorpus(vocabulary, Segments(np.concatenate(rows), starts, stops, np.arange(len(starts))))


def _poem(n_lines: int, line_chars: int, random: np.random.Generator) -> NDArray[np.uint16]:
    """G, lines ending in ， and 。 alternately, E; characters by a slightly flattened Zipf's law."""
    comma, stop = len(SPECIAL_TOKENS), len(SPECIAL_TOKENS) + 1
    n_others = VOCAB_CHARACTERS - 2
    ranks = ((n_others + 30) / 30) ** random.random((n_lines, line_chars)) * 30 - 30  # density ~ 1 / (rank + 30)
    grid = np.empty((n_lines, line_chars + 1), dtype=np.uint16)
    grid[:, :-1] = stop + 1 + np.minimum(ranks.astype(np.int64), n_others - 1)
    grid[::2, -1], grid[1::2, -1] = comma, stop
    return np.concatenate([[BEGIN], grid.ravel(), [END]]).astype(np.uint16)
