"""Makes `data/line_ends.tsv` and `data/line_tails.tsv`: the last two characters of poets' lines, such as 人|家 and 斜|阳, and the
last three of their lines of five and seven, such as 有人|家.

python -m benchmarks.tables.line_ends tang-song-ci
"""

import sys
from collections import Counter

from engine.corpus.corpus import split_of
from engine.corpus.store import open_corpus
from engine.corpus.usage import LINE_ENDS, LINE_TAILS, TAILED_LENGTHS
from engine.prosody.text import is_han, lines_of
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

MIN_LINES, MIN_TAILED_LINES = 3, 2

HEADER = """\
# {what} that end at least {n} {lines} of the training poems of tang-song-ci. Made by benchmarks/tables/line_ends.py.
# {before}\tlast characters, most frequent first
"""
ENDS_HEADER = HEADER.format(what="Pairs of characters", n=MIN_LINES, lines="lines", before="last character but one")
TAILS_HEADER = HEADER.format(
    what="Three characters", n=MIN_TAILED_LINES, lines="lines of five or seven", before="the two before the last"
)


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    ends, tails = Counter[str](), Counter[str]()
    for poem in open_corpus(corpus_name).poems():
        if split_of(poem) == "train":
            ends.update(line[-2:] for line in lines_of(poem.text) if len(line) > 1)
            tails.update(line[-3:] for line in lines_of(poem.text) if len(line) in TAILED_LENGTHS)
    write_atomically(bundled_data() / LINE_ENDS, ENDS_HEADER + rows_of(ends, MIN_LINES))
    write_atomically(bundled_data() / LINE_TAILS, TAILS_HEADER + rows_of(tails, MIN_TAILED_LINES))


def rows_of(ends: Counter[str], min_lines: int) -> str:
    """A row for the characters before the last one, with all that follow them in at least `min_lines` lines."""
    followers: dict[str, str] = {}
    for end, n_lines in sorted(ends.items(), key=lambda item: (-item[1], item[0])):
        if n_lines >= min_lines and all(map(is_han, end)):
            followers[end[:-1]] = followers.get(end[:-1], "") + end[-1]
    return "".join(f"{before}\t{after}\n" for before, after in sorted(followers.items()))


if __name__ == "__main__":
    main()
