"""Makes `data/word_fields.tsv`: words that a poem can be about, each with the words that poets write beside it.

    python -m benchmarks.tables.word_fields tang-song-ci

Two counts over the training poems decide: which words stand in one couplet with a word, and which stand in poems that have it in
the title, far oftener than elsewhere. 琵琶 so has 弦 and 浔阳, 中秋 has 蟾 and 桂, 送别 has 柳 and 帆.

Shapes: K words that get a field, W words of `data/keywords.tsv`.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.corpus import split_of
from engine.corpus.store import open_corpus
from engine.corpus.tokens.keywords import idf_nats, words_of_line
from engine.corpus.usage import WORD_FIELDS
from engine.prosody.text import han_of, lines_of
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

# Words of the lexicon that get a field for what stands beside them: those of the most poems.
N_KEYS = 4000
FIELD_SIZE = 12
# A word of titles has so many poems by so many poets; a name of one series has not.
MIN_TITLES, MIN_POETS, MAX_TITLE_WORD_CHARS = 40, 15, 3
# Longer poems are about too much.
MAX_CHARS = 128
# ln (poems or couplets with both / those expected by chance), with `PRIOR` added to both counts; and the count itself.
MIN_ASSOCIATION_NATS, PRIOR, MIN_TOGETHER = 0.7, 5.0, 12
# A word without so many related ones says little about a poem.
MIN_FIELD = 4
PAIRS_AT_ONCE = 20_000_000

HEADER = """\
# Words that a poem can be about, and the words that poets write beside them in a couplet or under a title with them, the most
# telling first. Counted over the training poems of tang-song-ci. Made by benchmarks/tables/word_fields.py.
"""

Ints = NDArray[np.int64]


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    words = list(idf_nats())
    number_of = {word: number for number, word in enumerate(words)}
    couplets: list[list[int]] = []
    poems: list[list[int]] = []
    titles: list[set[str]] = []
    poets: defaultdict[str, set[str]] = defaultdict(set)
    for poem in open_corpus(corpus_name).poems():
        if split_of(poem) != "train" or len(poem.text) > MAX_CHARS:
            continue
        of_lines = [{number_of[word] for word in words_of_line(line)} for line in lines_of(poem.text)]
        couplets += [sorted(set[int]().union(*of_lines[at : at + 2])) for at in range(0, len(of_lines), 2)]
        title = han_of(poem.title)
        grams = {title[at : at + n] for n in range(1, MAX_TITLE_WORD_CHARS + 1) for at in range(len(title) - n + 1)}
        poems.append(sorted(set[int]().union(*of_lines)))
        titles.append(grams)
        for gram in grams:
            poets[gram].add(poem.author)
    n_titles = Counter(gram for grams in titles for gram in grams)
    title_words = [word for word, n in n_titles.items() if n >= MIN_TITLES and len(poets[word]) >= MIN_POETS]
    title_number = {word: number for number, word in enumerate(title_words)}
    of_titles = [sorted(title_number[gram] for gram in grams if gram in title_number) for grams in titles]
    beside = _associations([[one for one in ids if one < N_KEYS] for ids in couplets], couplets, N_KEYS, len(words))
    under = _associations(of_titles, poems, len(title_words), len(words))
    rows = []
    for key in dict.fromkeys([*words[:N_KEYS], *title_words]):
        ranked = []
        if key in title_number:
            ranked.append(_ranked(under[title_number[key]]))
        if number_of.get(key, N_KEYS) < N_KEYS:
            ranked.append(_ranked(beside[number_of[key]]))
        field = _field(key, [[words[one] for one in of_one] for of_one in ranked])
        if len(field) >= MIN_FIELD:
            rows.append(f"{key}\t{' '.join(field)}\n")
    write_atomically(bundled_data() / WORD_FIELDS, HEADER + "".join(rows))


def _associations(
    keys: Sequence[Sequence[int]], contents: Sequence[Sequence[int]], n_keys: int, n_words: int
) -> NDArray[np.float32]:
    """How telling each word is of each key (K, W): association in nats times the root of the count, 0 below the least of either.

    Args:
        keys: the keys of each poem or couplet.
        contents: the words of each.
    """
    together = np.zeros(n_keys * n_words, np.int32)
    pending: list[Ints] = []
    n_pending = 0
    for own_keys, own_words in zip(keys, contents, strict=True):
        pairs = (np.array(own_keys, np.int64)[:, None] * n_words + np.array(own_words, np.int64)[None]).ravel()
        pending.append(pairs)
        n_pending += len(pairs)
        if n_pending > PAIRS_AT_ONCE:
            together += np.bincount(np.concatenate(pending), minlength=len(together)).astype(np.int32)
            pending, n_pending = [], 0
    together += np.bincount(np.concatenate(pending), minlength=len(together)).astype(np.int32)
    of_key = np.bincount([one for own in keys for one in own], minlength=n_keys)
    of_word = np.bincount([one for own in contents for one in own], minlength=n_words)
    table = together.reshape(n_keys, n_words).astype(np.float32)
    for number, row in enumerate(table):
        expected = of_key[number] * of_word / len(contents)
        association = np.log((row + PRIOR) / (expected + PRIOR))
        row[:] = np.where((association >= MIN_ASSOCIATION_NATS) & (row >= MIN_TOGETHER), association * np.sqrt(row), 0)
    return table


def _ranked(association: NDArray[np.float32]) -> list[int]:
    order = np.argsort(-association)[: 6 * FIELD_SIZE]
    return [int(one) for one in order if association[one] > 0]


def _field(key: str, ranked: Sequence[Sequence[str]]) -> list[str]:
    """The most telling words in turn from each ranking, none that shares a character with the key or another."""
    field: list[str] = []
    taken = set(key)
    for rank in range(max(map(len, ranked), default=0)):
        for of_one in ranked:
            if rank < len(of_one) and len(field) < FIELD_SIZE and not taken & set(of_one[rank]):
                field.append(of_one[rank])
                taken |= set(of_one[rank])
    return field


if __name__ == "__main__":
    main()
