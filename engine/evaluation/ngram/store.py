"""The cache of the n-gram model of a corpus, so that it is counted only once.

`kneser-ney-<key>/` among the caches of the corpus: `last-K.npy`, `counts-K.npy` and `first-K.npy` for the n-grams of K tokens, which are
memory-mapped; `model.json`, with the key and the discounts. The key depends on all inputs of the counting.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.corpus.caches import cache_of, key_of, read_or_build
from engine.corpus.corpus import SPLITS, Corpus
from engine.corpus.tokens.token_cache import N_BOUNDS, open_tokens
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.evaluation.ngram.counting import count_ngrams
from engine.evaluation.ngram.kneser_ney import KneserNey, Level
from engine.system.errors import CorpusError, Message
from engine.system.files import parse_json, read_start, replace_folder, write_atomically

FORMAT = 1

_ARRAYS = ("last", "counts", "first")
_MAX_HEADER_BYTES = 1 << 20
_HEADER = "model.json"


def open_kneser_ney(
    corpus: Corpus,
    vocabulary: Vocabulary,
    max_poem_chars: int | None,
    order: int,
    log: Callable[[str], None] = lambda line: None,
) -> KneserNey:
    """Open the n-gram model of a corpus's training poems, whole, as a network with these settings reads them, counting it if necessary.

    Args:
        vocabulary: characters outside it become `UNKNOWN`; its tags are ignored.
        max_poem_chars: maximum length of the counted poems in characters; None: no limit.
        log: called with a line of text before each long computation.

    Raises:
        CorpusError: when the corpus is damaged, has no such poem, or the cache cannot be written.
    """
    key = key_of(f"{FORMAT} {corpus.sha256} {max_poem_chars} {order} {''.join(vocabulary.characters)}")
    folder = cache_of(corpus, f"kneser-ney-{key}")

    def build() -> KneserNey:
        model = _count(corpus, vocabulary, max_poem_chars, order, log)
        with replace_folder(folder) as aside:
            _write(aside, key, model)
        return model

    return read_or_build(folder, lambda: _open(folder, key, order), build)


def _count(
    corpus: Corpus, vocabulary: Vocabulary, max_poem_chars: int | None, order: int, log: Callable[[str], None]
) -> KneserNey:
    log(
        Message(
            "counting the {order}-grams of the training poems of {corpus}: some seconds a million characters, once",
            order=order,
            corpus=corpus.name,
        )
    )
    tokens = open_tokens(corpus, vocabulary=Vocabulary(vocabulary.characters))
    is_counted = tokens.splits == SPLITS.index("train")
    if max_poem_chars is not None:
        is_counted &= np.diff(tokens.offsets) - N_BOUNDS <= max_poem_chars
    if not is_counted.any():
        raise CorpusError(
            "No training poem of {name} has at most {number} characters.",
            "There is nothing to count without one.",
            name=corpus.name,
            number=max_poem_chars,
        )
    text = tokens.tokens[np.repeat(is_counted, np.diff(tokens.offsets))]
    return KneserNey(count_ngrams(text, vocabulary.n_predictable, order), int(is_counted.sum()), len(text))


def _write(folder: Path, key: str, model: KneserNey) -> None:
    for length, level in enumerate(model.levels, start=1):
        for name in _ARRAYS:
            np.save(folder / f"{name}-{length}.npy", getattr(level, name), allow_pickle=False)
    header = {
        "format": FORMAT,
        "key": key,
        "n_poems": model.n_poems,
        "n_tokens": model.n_tokens,
        "discounts": [level.discounts.tolist() for level in model.levels],
    }
    write_atomically(folder / _HEADER, json.dumps(header, indent=1) + "\n")


def _open(folder: Path, key: str, order: int) -> KneserNey | None:
    """The cached model; None if there is none or its files do not fit each other."""
    try:
        header = parse_json(read_start(folder / _HEADER, _MAX_HEADER_BYTES))
        if header["key"] != key or len(header["discounts"]) != order:
            return None
        levels: list[Level] = []
        for length, discounts in enumerate(header["discounts"], start=1):
            last, counts, first = (_mapped(folder / f"{name}-{length}.npy") for name in _ARRAYS)
            level = Level(last, counts, first, np.array(discounts, np.float64))
            if not _fits(level, len(levels[-1].last) if levels else 1):
                return None
            levels.append(level)
        return KneserNey(levels, int(header["n_poems"]), int(header["n_tokens"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError):
        return None


def _mapped(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim != 1 or array.dtype.kind != "u":
        raise ValueError(f"{path.name} holds no row of counts")
    return array


def _fits(level: Level, n_below: int) -> bool:
    sizes = len(level.last), len(level.counts), int(level.first[-1])
    return len(set(sizes)) == 1 and len(level.first) == n_below + 1 and level.discounts.shape == (4,)
