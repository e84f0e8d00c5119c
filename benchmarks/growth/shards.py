"""A corpus of any size on the disk: copies of the generated one.

The files are a token cache's (`engine.corpus.tokens.token_cache`): tokens.bin, offsets.bin, splits.bin. Every repetition is written out, so
that all of it is really read from where it lies.
"""

import os
from pathlib import Path

import numpy as np

from benchmarks.speed.verse import MadeCorpus
from engine.corpus.cleaning import CleaningReport
from engine.corpus.corpus import SPLITS, Corpus
from engine.corpus.tokens.token_cache import TokenizedCorpus
from engine.corpus.tokens.vocabulary import Vocabulary

PER_CENT_TRAINING = 98


def write_shards(made: MadeCorpus, folder: Path, times: int) -> None:
    """Write the arrays of a corpus `times` as long as the generated one."""
    lengths = made.segments.stops - made.segments.starts
    ends = np.cumsum(lengths)
    splits = np.full(len(lengths), SPLITS.index("train"), np.uint8)
    splits[np.arange(len(lengths)) % 100 >= PER_CENT_TRAINING] = SPLITS.index("validation")
    with (
        (folder / "tokens.bin").open("wb") as tokens,
        (folder / "offsets.bin").open("wb") as offsets,
        (folder / "splits.bin").open("wb") as all_splits,
    ):
        np.zeros(1, np.int64).tofile(offsets)
        for number in range(times):
            made.segments.tokens.tofile(tokens)
            (ends + number * int(ends[-1])).tofile(offsets)
            splits.tofile(all_splits)
    for file in folder.glob("*.bin"):
        _forget(file)


def bytes_of(made: MadeCorpus, times: int) -> int:
    """The size of the files on the disk."""
    return times * (made.segments.tokens.nbytes + 9 * len(made.segments))


def open_shards(vocabulary: Vocabulary, folder: Path) -> TokenizedCorpus:
    """The files as the engine maps them; nothing is read yet."""
    splits = np.memmap(folder / "splits.bin", np.uint8, "r")
    offsets = np.memmap(folder / "offsets.bin", np.int64, "r")
    tokens = np.memmap(folder / "tokens.bin", np.uint16, "r")
    corpus = Corpus(folder, "shards", "none", "made", "", len(splits), 0, False, CleaningReport())
    return TokenizedCorpus(corpus, vocabulary, tokens, offsets, splits)


def _forget(file: Path) -> None:
    """Drop a file from the page cache, so that it is read from the disk again (where the system supports that)."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
