"""Makes `data/line_ends.tsv`: the pairs of characters that poets end lines with, such as 人|家 and 斜|阳.

python -m benchmarks.tables.line_ends tang-song-ci
"""

import sys
from collections import Counter

from engine.corpus.splits import split_of
from engine.corpus.store import open_corpus
from engine.corpus.usage import LINE_ENDS
from engine.prosody.text import is_han, lines_of
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

MIN_LINES = 3

HEADER = f"""\
# Pairs of characters that end at least {MIN_LINES} lines of the training poems of tang-song-ci. Made by benchmarks/tables/line_ends.py.
# last character but one	last characters, most frequent first
"""


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    pairs = Counter[str]()
    for poem in open_corpus(corpus_name).poems():
        if split_of(poem) == "train":
            pairs.update(line[-2:] for line in lines_of(poem.text) if len(line) > 1)
    followers: dict[str, str] = {}
    for pair, n_lines in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        if n_lines >= MIN_LINES and all(map(is_han, pair)):
            followers[pair[0]] = followers.get(pair[0], "") + pair[1]
    rows = "".join(f"{before}\t{after}\n" for before, after in sorted(followers.items()))
    write_atomically(bundled_data() / LINE_ENDS, HEADER + rows)


if __name__ == "__main__":
    main()
