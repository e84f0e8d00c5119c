"""What poets do at each place of a tune: `python -m benchmarks.tables.tune_statistics tang-song-ci 扬州慢 [--size 98]`.

Prints, for the pieces of a corpus with that title and that many characters (the commonest number, if none is given), the lines of
the commonest cut: 平 or 仄 where `MAJORITY` have it, 中 elsewhere, and a letter where line ends share a part of 词林正韵. The
patterns of `forms.toml` were made so, and compared with the usual handbooks.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from engine.corpus.store import open_corpus
from engine.prosody.pass_rates import tune_title
from engine.prosody.rhymes import masks_of
from engine.prosody.text import lines_of
from engine.prosody.tones import EITHER, LEVEL, OBLIQUE, reading_of, usual_tones
from engine.prosody.tunes import recut
from engine.system.errors import StudioError
from engine.system.streams import OutputLostError, prepare

MAJORITY = 0.88
# Two lines rhyme where their ends share a part in so many pieces.
RHYMING_SHARE = 0.75
MISSING = "□"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus")
    parser.add_argument("title", nargs="+", help="the tune's name and its other names")
    parser.add_argument("--size", type=int, help="the number of characters")
    options = parser.parse_args(arguments)
    pieces = [lines for lines in _pieces(options.corpus, options.title) if MISSING not in "".join(lines)]
    sizes = Counter(sum(map(len, lines)) for lines in pieces)
    if not sizes:
        raise SystemExit(f"The corpus has no piece called {' or '.join(options.title)}.")
    size = options.size or sizes.most_common(1)[0][0]
    own = [lines for lines in pieces if sum(map(len, lines)) == size]
    cuts = Counter(tuple(map(len, lines)) for lines in own)
    print(
        f"{len(pieces)} pieces: {dict(sizes.most_common(5))} characters; the cuts of those of {size}: {cuts.most_common(3)}"
    )
    for template, label in pattern([recut(lines, cuts.most_common(1)[0][0]) for lines in own]):
        print(template, label)


def _pieces(corpus: str, titles: Sequence[str]) -> Iterator[list[str]]:
    for poem in open_corpus(corpus).poems():
        if tune_title(poem.title) in titles:
            yield lines_of(poem.text.replace("、", ""))


def pattern(pieces: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """(template, rhyme label or "") of each line of pieces that are cut alike."""
    columns = list(zip(*pieces, strict=True))
    labels = _labels([[_parts(line[-1]) for line in lines] for lines in columns])
    return [
        ("".join(map(_sign, zip(*lines, strict=True))), label) for lines, label in zip(columns, labels, strict=True)
    ]


def _sign(characters: Sequence[str]) -> str:
    usual = usual_tones()
    counts = Counter(usual.get(character) or reading_of(character) for character in characters)
    share = counts[LEVEL] / max(1, counts[LEVEL] + counts[OBLIQUE])
    return LEVEL if share >= MAJORITY else OBLIQUE if share <= 1 - MAJORITY else EITHER


def _parts(character: str) -> int:
    masks = masks_of("cilin")
    return masks.groups_of(character)


def _labels(ends: Sequence[Sequence[int]]) -> list[str]:
    """A letter for each set of lines whose ends rhyme with one another, "" for a line that rhymes with none."""
    leader = list(range(len(ends)))
    for line, own in enumerate(ends):
        for other in range(line + 1, len(ends)):
            n_rhyming = sum(bool(one & two) for one, two in zip(own, ends[other], strict=True))
            if n_rhyming >= RHYMING_SHARE * len(own):
                leader = [leader[line] if one == leader[other] else one for one in leader]
    sets = [one for one, n_lines in Counter(leader).items() if n_lines > 1]
    return [chr(ord("A") + sets.index(one)) if one in sets else "" for one in leader]


if __name__ == "__main__":
    prepare()
    try:
        main()
        sys.stdout.flush()
    except OutputLostError as lost:
        sys.exit(0 if lost.is_broken_pipe else f"The output cannot be written: {lost}.")
    except StudioError as error:
        sys.exit(str(error))
