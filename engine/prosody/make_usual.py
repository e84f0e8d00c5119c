"""Makes `data/prosody/usual.tsv`: characters of both tones that poets use in one of them nearly always.

    python -m engine.prosody.make_usual tang-song

不 has a level reading in the rhyme book that no poet means. The checker keeps it, since a reading is a reading; the composer
does not write a level 不.
"""

import sys
from collections import Counter

from engine.corpus.library import open_corpus
from engine.corpus.poems import lines_of
from engine.paths import bundled_data
from engine.prosody.fit import fit
from engine.prosody.forms import forms_of_lengths
from engine.prosody.tones import LEVEL, OBLIQUE, reading_of

LEAST_SHARE = 0.85
FEWEST_PLACES = 40

HEADER = """\
# Characters of both tones that poets use in one of them nearly always. Made by engine/prosody/make_usual.py.
# tone	characters
"""


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    counts = {LEVEL: Counter[str](), OBLIQUE: Counter[str]()}
    for poem in open_corpus(corpus_name).poems():
        lines = lines_of(poem.text)
        forms = [form for form in forms_of_lengths(tuple(map(len, lines))) if form.is_regulated]
        if forms and not (found := fit(lines, forms[0])).wrong:
            template = "".join(one for pattern in found.patterns for one in pattern.templates)
            for character, tone in zip("".join(lines), template, strict=True):
                if tone in counts:
                    counts[tone][character] += 1
    known = {character for counter in counts.values() for character in counter}
    rows = []
    for tone, other in ((LEVEL, OBLIQUE), (OBLIQUE, LEVEL)):
        usual = [
            character
            for character in sorted(known)
            if reading_of(character) == "both"
            and counts[tone][character] >= FEWEST_PLACES
            and counts[tone][character] >= LEAST_SHARE * (counts[tone][character] + counts[other][character])
        ]
        rows.append(f"{tone}\t{''.join(usual)}\n")
    (bundled_data() / "prosody" / "usual.tsv").write_text(HEADER + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
