"""The token cache: a corpus as token indices on disk, built once and memory-mapped.

A cache is a folder: `tokens.bin` (every poem as G … E, concatenated), `offsets.bin` (int64, the start of each poem, and the
end), `splits.bin` (uint8, index into `SPLITS`) and `tokens.json` (vocabulary and key); for a
vocabulary with control codes also the files of `control_code_cache`. The arrays are read on access only, so that a corpus
larger than memory opens instantly.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.corpus.caches import cache_of, key_of, read_or_build
from engine.corpus.corpus import SPLITS, Corpus, Split, split_of
from engine.corpus.novelty.bloom import code_points
from engine.corpus.poem import Poem, han_digest
from engine.corpus.tokens.control_code_cache import N_TAGS, ControlCodeTokens, marks, write_control_codes
from engine.corpus.tokens.keywords import MAX_KEYWORD_CHARS
from engine.corpus.tokens.vocabulary import BEGIN, END, UNKNOWN, Vocabulary
from engine.system.errors import CorpusError
from engine.system.files import replace_folder, write_atomically

CACHE_FORMAT = 1
# Incremented when the control codes of a poem change (the checker's rules, the shortening of titles, the words of keywords).
CONTROL_CODE_FORMAT = 2
MIN_POEMS = 2
# Tokens of a poem that are no characters: G and E.
N_BOUNDS = 2

_POEMS_AT_ONCE = 8192
_N_CODE_POINTS = 0x110000
# Code points of G and E while a chunk of poems is one array; no cleaned text contains them.
_G, _E = "\x01", "\x02"
_TRAIN, _VALIDATION = SPLITS.index("train"), SPLITS.index("validation")

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TokenizedCorpus:
    """Poems as indices of a vocabulary; the arrays are read-only views of files.

    tokens (n_tokens,) uint16 or uint32 · offsets (n_poems + 1,) int64 · splits (n_poems,) uint8 · control codes if requested
    """

    corpus: Corpus
    vocabulary: Vocabulary
    tokens: npt.NDArray[Any]
    offsets: npt.NDArray[np.int64]
    splits: npt.NDArray[np.uint8]
    control_codes: ControlCodeTokens | None = None

    def __len__(self) -> int:
        return len(self.splits)

    def indices(self, split: Split) -> Indices:
        """The numbers of the poems of a split, in corpus order."""
        return np.flatnonzero(self.splits == SPLITS.index(split)).astype(np.int64, copy=False)

    def poem(self, index: int) -> npt.NDArray[Any]:
        """One poem as indices, G first and E last: a view, shape (length,)."""
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]

    def lengths(self, indices: Indices) -> Indices:
        """The number of tokens of each poem, G and E included."""
        lengths: Indices = self.offsets[indices + 1] - self.offsets[indices]
        return lengths

    def n_chars(self, indices: Indices) -> Indices:
        """The length of each poem in characters, without G and E; limits of poem lengths refer to it."""
        return self.lengths(indices) - N_BOUNDS


def open_tokens(
    corpus: Corpus, min_freq: int = 1, *, vocabulary: Vocabulary | None = None, tags: Sequence[str] = ()
) -> TokenizedCorpus:
    """Open the token cache of a corpus, building it if necessary.

    Without `vocabulary`, one is made of the characters with at least `min_freq` occurrences in the training split; with one
    (that of a model, to continue its training), characters that it lacks become `UNKNOWN`. `tags`: the tags of the new vocabulary, those
    of `control_codes` or of an older run; computing the control codes of 300,000 poems takes a minute, once.

    Raises:
        CorpusError: when the corpus is too small to train on or damaged, or the cache cannot be written.
    """
    if corpus.n_poems < MIN_POEMS:
        raise CorpusError(
            "The corpus {name} holds {number} poem; training needs at least {number2}.",
            "One poem to learn from and one to judge by is the least; a few hundred are a start.",
            name=corpus.name,
            number=corpus.n_poems,
            number2=MIN_POEMS,
        )
    tags = tuple(tags) if vocabulary is None else ()
    key = _key(corpus, min_freq, vocabulary, tags)
    folder = cache_of(corpus, f"tokens-{key}")

    def build() -> TokenizedCorpus | None:
        with replace_folder(folder) as aside:
            _build(corpus, aside, key, min_freq, vocabulary, tags)
        return _open_cache(corpus, folder, key)

    opened = read_or_build(folder, lambda: _open_cache(corpus, folder, key), build)
    if opened is None:
        raise CorpusError(
            "The token cache {name} could not be read back.", "Is the disk full or damaged?", name=folder.name
        )
    return opened


def _key(corpus: Corpus, min_freq: int, vocabulary: Vocabulary | None, tags: tuple[str, ...]) -> str:
    wanted = f"count-{min_freq}" if vocabulary is None else f"given-{key_of(''.join(vocabulary.characters))}"
    tags = tags if vocabulary is None else vocabulary.tags
    control_codes = f" headers-{CONTROL_CODE_FORMAT} {' '.join(tags)}" if tags else ""
    return key_of(f"{CACHE_FORMAT} {corpus.sha256} {wanted}{control_codes}")


def _open_cache(corpus: Corpus, folder: Path, key: str) -> TokenizedCorpus | None:
    """Open the cache; None if there is none or its files do not fit each other."""
    try:
        metadata = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
        if metadata["key"] != key:
            return None
        n_poems, n_tokens, dtype = int(metadata["n_poems"]), int(metadata["n_tokens"]), np.dtype(metadata["dtype"])
        vocabulary = Vocabulary(metadata["characters"], metadata.get("tags", ()))
        return TokenizedCorpus(
            corpus,
            vocabulary,
            _mapped(folder / "tokens.bin", dtype, n_tokens),
            _mapped(folder / "offsets.bin", np.dtype(np.int64), n_poems + 1),
            _mapped(folder / "splits.bin", np.dtype(np.uint8), n_poems),
            _open_control_codes(folder, vocabulary, dtype, n_poems, metadata) if vocabulary.tags else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _open_control_codes(
    folder: Path, vocabulary: Vocabulary, dtype: np.dtype[Any], n_poems: int, metadata: Mapping[str, Any]
) -> ControlCodeTokens:
    n_keywords, n_title_tokens = int(metadata["n_keywords"]), int(metadata["n_title_tokens"])
    return ControlCodeTokens(
        _mapped(folder / "header_tags.bin", dtype, N_TAGS * n_poems).reshape(n_poems, N_TAGS),
        _mapped(folder / "keywords.bin", dtype, MAX_KEYWORD_CHARS * n_keywords).reshape(n_keywords, MAX_KEYWORD_CHARS),
        _mapped(folder / "keyword_offsets.bin", np.dtype(np.int64), n_poems + 1),
        _mapped(folder / "titles.bin", dtype, n_title_tokens),
        _mapped(folder / "title_offsets.bin", np.dtype(np.int64), n_poems + 1),
        *marks(vocabulary),
    )


def _mapped(path: Path, dtype: np.dtype[Any], length: int) -> npt.NDArray[Any]:
    if path.stat().st_size != dtype.itemsize * length:
        raise ValueError(f"{path.name} has the wrong size")
    if length == 0:
        return np.zeros(0, dtype)  # an empty file cannot be mapped
    return np.memmap(path, dtype=dtype, mode="r", shape=(length,))


def _build(
    corpus: Corpus, folder: Path, key: str, min_freq: int, vocabulary: Vocabulary | None, tags: tuple[str, ...]
) -> None:
    moved = _poem_moved_to_validation(corpus)
    if vocabulary is None:
        vocabulary = Vocabulary(Vocabulary.from_counts(_counts(corpus, moved), min_freq).characters, tags)
    if not vocabulary.characters:
        raise CorpusError(
            "No character of the corpus {name} occurs {number} times in its training poems.",
            "Ask for a smaller minimum count, or bring more poems.",
            name=corpus.name,
            number=min_freq,
        )
    dtype = np.dtype(np.uint16 if len(vocabulary) <= np.iinfo(np.uint16).max else np.uint32)
    n_poems, n_tokens = _write_arrays(corpus, folder, _lookup_table(vocabulary, dtype), moved)
    counts = write_control_codes(_chunks(corpus), folder, vocabulary, dtype) if vocabulary.tags else {}
    metadata = {
        "format": CACHE_FORMAT,
        "key": key,
        "dtype": dtype.name,
        "n_poems": n_poems,
        "n_tokens": n_tokens,
        **counts,
        "characters": "".join(vocabulary.characters),
        "tags": vocabulary.tags,
    }
    write_atomically(folder / "tokens.json", json.dumps(metadata, ensure_ascii=False))


def _write_arrays(corpus: Corpus, folder: Path, table: npt.NDArray[Any], moved: int) -> tuple[int, int]:
    """Write tokens, offsets and splits chunk by chunk; returns the numbers of poems and tokens."""
    n_poems = n_tokens = 0
    with ExitStack() as stack:
        tokens, offsets, splits = (
            stack.enter_context((folder / name).open("wb")) for name in ("tokens.bin", "offsets.bin", "splits.bin")
        )
        np.zeros(1, np.int64).tofile(offsets)
        for poems in _chunks(corpus):
            table[code_points("".join(f"{_G}{poem.text}{_E}" for poem in poems))].tofile(tokens)
            lengths = np.array([len(poem.text) + 2 for poem in poems], np.int64)
            (n_tokens + np.cumsum(lengths)).tofile(offsets)
            _splits(poems, moved - n_poems).tofile(splits)
            n_poems += len(poems)
            n_tokens += int(lengths.sum())
    return n_poems, n_tokens


def _chunks(corpus: Corpus) -> Iterator[list[Poem]]:
    poems = corpus.poems()
    while chunk := list(itertools.islice(poems, _POEMS_AT_ONCE)):
        yield chunk


def _splits(poems: list[Poem], moved: int) -> npt.NDArray[np.uint8]:
    splits = np.array([SPLITS.index(split_of(poem)) for poem in poems], np.uint8)
    if 0 <= moved < len(poems):
        splits[moved] = _VALIDATION
    return splits


def _lookup_table(vocabulary: Vocabulary, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Token index by code point (0x110000,)."""
    table = np.full(_N_CODE_POINTS, UNKNOWN, dtype)
    for character, index in vocabulary.word_int_map.items():
        table[ord(character)] = index
    table[ord(_G)], table[ord(_E)] = BEGIN, END
    return table


def _counts(corpus: Corpus, moved: int) -> dict[str, int]:
    """The number of occurrences of each character in the training split."""
    counts = np.zeros(_N_CODE_POINTS, np.int64)
    n_poems = 0
    for poems in _chunks(corpus):
        training = _splits(poems, moved - n_poems) == _TRAIN
        text = "".join(poem.text for poem, is_training in zip(poems, training, strict=True) if is_training)
        counts += np.bincount(code_points(text), minlength=_N_CODE_POINTS)
        n_poems += len(poems)
    return {chr(code): int(counts[code]) for code in np.flatnonzero(counts)}


def _poem_moved_to_validation(corpus: Corpus) -> int:
    """The number of a training poem to move to the validation split if that is empty, in a very small corpus; else −1.

    It is the poem with the smallest hash, so that it is the same in every run.
    """
    lowest, number = None, -1
    for index, poem in enumerate(corpus.poems()):
        if split_of(poem) == "validation":
            return -1
        digest = han_digest(poem.text)
        if split_of(poem) == "train" and (lowest is None or digest < lowest):
            lowest, number = digest, index
    return number
