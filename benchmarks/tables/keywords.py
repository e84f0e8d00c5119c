"""Makes `data/keywords.tsv`: characters and words of two that can be a poem's keywords, with how many training poems have each.

    python -m benchmarks.tables.keywords tang-song-ci

A pair is a word where poets set it at the beginning of a foot nearly always, and its characters stand in one poem together more
often than their numbers alone would bring them there by much less than chance as neighbours.
"""

import math
import sys
from collections import Counter

from engine.corpus.corpus import split_of
from engine.corpus.store import open_corpus
from engine.corpus.tokens.keywords import FUNCTION_CHARACTERS, TABLE, is_at_foot
from engine.prosody.text import is_han, lines_of
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

MIN_DOCUMENT_FREQUENCY = 60
MIN_AT_FOOT = 0.9
# ln (poems with the pair x poems / (poems with the one x poems with the other)): 秋风 has −1.1, 明月 −0.4, 琵琶 6.2.
MIN_ASSOCIATION_NATS = -2.0

HEADER = f"""\
# Words that can be a poem's keywords, and the training poems of tang-song-ci that have them. Made by benchmarks/tables/keywords.py.
# word	poems (first row: all of them); at least {MIN_DOCUMENT_FREQUENCY}
"""


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    characters, pairs, at_foot = Counter[str](), Counter[str](), Counter[str]()
    n_poems = 0
    for poem in open_corpus(corpus_name).poems():
        if split_of(poem) != "train":
            continue
        n_poems += 1
        characters.update(set(poem.text))
        lines = lines_of(poem.text)
        pairs.update({line[i : i + 2] for line in lines for i in range(len(line) - 1)})
        at_foot.update({line[i : i + 2] for line in lines for i in range(len(line)) if is_at_foot(i, len(line))})
    words = {one: n for one, n in characters.items() if is_han(one)}
    for pair, n in at_foot.items():
        one, other = pair[0], pair[1]
        if n >= MIN_AT_FOOT * pairs[pair]:
            association_nats = math.log(n * n_poems / (characters[one] * characters[other]))
            if association_nats >= MIN_ASSOCIATION_NATS:
                words[pair] = n
    kept = sorted(
        (word for word, n in words.items() if n >= MIN_DOCUMENT_FREQUENCY and not FUNCTION_CHARACTERS & set(word)),
        key=lambda word: (-words[word], word),
    )
    rows = "".join(f"{word}\t{words[word]}\n" for word in kept)
    write_atomically(bundled_data() / TABLE, f"{HEADER}all\t{n_poems}\n{rows}")


if __name__ == "__main__":
    main()
