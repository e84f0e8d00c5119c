"""Makes `data/prosody/usual.tsv` and `unusual_rhymes.tsv`: which of the rhyme book's readings poets really use.

    python -m engine.prosody.make_usual tang-song-ci

不 has a level reading in the rhyme book that no poet means, and 食 one that rhymes with 意. The checker keeps them, since a
reading is a reading; the composer writes neither a level 不 nor 意 beside 食.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.corpus.library import open_corpus
from engine.corpus.poems import Poem
from engine.paths import bundled_data
from engine.prosody.fit import Fit, fit
from engine.prosody.rates import form_and_lines
from engine.prosody.rhymes import RhymeSystem, masks_of
from engine.prosody.tones import LEVEL, OBLIQUE, reading_of

# A tone that a character has in so many of the places that demand one is its own; of a few places nothing can be told.
LEAST_SHARE = 0.85
FEWEST_PLACES = 40
# A group that a character rhymes in more seldom is not its own.
LEAST_RHYME_SHARE = 0.05
FEWEST_RHYMES = 6

TONES_HEADER = """\
# Characters of both tones that poets use in one of them nearly always. Made by engine/prosody/make_usual.py.
# tone	characters
"""
RHYMES_HEADER = """\
# Characters that poets do not rhyme in a group or part of the book, but in others. Made by engine/prosody/make_usual.py.
# system	tone	group or part	characters
"""

# (system, tone, bit of the group) -> how often each character rhymes in it.
Rhymes = dict[tuple[RhymeSystem, str, int], Counter[str]]


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    tones = {LEVEL: Counter[str](), OBLIQUE: Counter[str]()}
    rhymes: Rhymes = {}
    for lines, found in _in_form(open_corpus(corpus_name).poems()):
        template = "".join(one for pattern in found.patterns for one in pattern.templates)
        if found.form.is_regulated:
            for character, tone in zip("".join(lines), template, strict=True):
                if tone in tones:
                    tones[tone][character] += 1
        for place in found.order.rhymes:
            group = found.rhyme.shared.get(place.label, 0)
            if group.bit_count() == 1:
                key = (found.form.rhyme_system, LEVEL if place.is_level else OBLIQUE, group.bit_length() - 1)
                rhymes.setdefault(key, Counter())[lines[place.line][-1]] += 1
    folder: Path = bundled_data() / "prosody"
    (folder / "usual.tsv").write_text(TONES_HEADER + "".join(_tone_rows(tones)), encoding="utf-8")
    (folder / "unusual_rhymes.tsv").write_text(RHYMES_HEADER + "".join(_rhyme_rows(rhymes)), encoding="utf-8")


def _in_form(poems: Iterable[Poem]) -> Iterator[tuple[list[str], Fit]]:
    """The poems whose tones and rhymes are right, fitted."""
    for poem in poems:
        form, lines = form_and_lines(poem)
        if form is not None:
            found = fit(lines, form)
            if not found.wrong and found.rhyme.verdict == "ok":
                yield lines, found


def _tone_rows(counts: dict[str, Counter[str]]) -> Iterator[str]:
    for tone, other in ((LEVEL, OBLIQUE), (OBLIQUE, LEVEL)):
        usual = [
            character
            for character, n_places in sorted(counts[tone].items())
            if reading_of(character) == "both"
            and n_places >= max(FEWEST_PLACES, LEAST_SHARE * (n_places + counts[other][character]))
        ]
        yield f"{tone}\t{''.join(usual)}\n"


def _rhyme_rows(counts: Rhymes) -> Iterator[str]:
    for system in ("pingshui", "cilin"):
        masks = masks_of(system)
        for tone, groups in ((LEVEL, masks.level), (OBLIQUE, masks.oblique)):
            totals = sum((counter for key, counter in counts.items() if key[:2] == (system, tone)), Counter[str]())
            for bit, name in enumerate(masks.names):
                own = counts.get((system, tone, bit), Counter())
                unusual = [
                    character
                    for character, n_rhymes in sorted(totals.items())
                    if groups.get(character, 0) >> bit & 1
                    and n_rhymes >= FEWEST_RHYMES
                    and own[character] < LEAST_RHYME_SHARE * n_rhymes
                ]
                if unusual:
                    yield f"{system}\t{tone}\t{name}\t{''.join(unusual)}\n"


if __name__ == "__main__":
    main()
