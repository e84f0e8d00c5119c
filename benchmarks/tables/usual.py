"""Makes `data/prosody/usual.tsv` and `unusual_rhymes.tsv`: which of the rhyme book's readings poets really use.

    python -m benchmarks.tables.usual tang-song-ci

不 has a level reading in the rhyme book that no poet means, and 食 one that rhymes with 意. The checker keeps them, since a
reading is a reading; the composer writes neither a level 不 nor 意 beside 食. A character of several readings rhymes there only
on those that poets rhyme on: 愁杀 not in 第五部, 春风吹 not as oblique.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.corpus.cleaning import to_simplified
from engine.corpus.poem import Poem
from engine.corpus.store import open_corpus
from engine.prosody.checker import AnyFit, fitted, verdicts_of
from engine.prosody.pass_rates import form_and_lines
from engine.prosody.rhymes import Masks, masks_of, names_of, part_of, rhyme_groups
from engine.prosody.text import RhymeBook
from engine.prosody.tones import LEVEL, OBLIQUE, reading_of
from engine.system.paths import bundled_data

# A tone that a character has in so many of the places that demand one is its own; of a few places nothing can be told. With 0.85
# 长 教 分 相 were level only, which poets write as oblique in 11 to 15 places of a hundred.
MIN_SHARE = 0.9
MIN_POSITIONS = 15
# One of several readings that makes up less of a character's rhymes, or fewer of them, is not its own.
MIN_RHYME_SHARE = 0.2
MIN_RHYMES = 2

TONES_HEADER = """\
# Characters of both tones that poets use in one of them nearly always. Made by benchmarks/tables/usual.py.
# tone	characters
"""
RHYMES_HEADER = """\
# Characters of several readings that poets do not rhyme in a group or part. Made by benchmarks/tables/usual.py.
# system	tone	group or part	characters
"""

# (system, tone, bit of the group) -> how often each character rhymes in it.
Rhymes = dict[tuple[RhymeBook, str, int], Counter[str]]


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    tones = {LEVEL: Counter[str](), OBLIQUE: Counter[str]()}
    rhymes: Rhymes = {}
    for lines, found in _in_form(open_corpus(corpus_name).poems()):
        template = "".join(found.templates)
        if found.form.is_regulated:
            for character, tone in zip("".join(lines), template, strict=True):
                if tone in tones:
                    tones[tone][character] += 1
        for place in found.tone_pattern.rhymes:
            group = found.rhyme.shared.get(place.label, 0)
            if group.bit_count() == 1:
                key = (found.form.rhyme_system, LEVEL if place.is_level else OBLIQUE, group.bit_length() - 1)
                rhymes.setdefault(key, Counter())[lines[place.line][-1]] += 1
    folder: Path = bundled_data() / "prosody"
    (folder / "usual.tsv").write_text(TONES_HEADER + "".join(_tone_rows(tones)), encoding="utf-8")
    (folder / "unusual_rhymes.tsv").write_text(RHYMES_HEADER + "".join(_rhyme_rows(rhymes)), encoding="utf-8")


def _in_form(poems: Iterable[Poem]) -> Iterator[tuple[list[str], AnyFit]]:
    """The poems in which nothing is wrong, fitted."""
    for poem in poems:
        form, lines = form_and_lines(poem)
        if form is not None:
            found = fitted(lines, form)
            # A doubtful reading speaks for itself here: which are doubtful is what is to be counted.
            if verdicts_of(lines, found).overall != "violation":
                yield lines, found


def _tone_rows(counts: dict[str, Counter[str]]) -> Iterator[str]:
    for tone, other in ((LEVEL, OBLIQUE), (OBLIQUE, LEVEL)):
        usual = [
            character
            for character, n_places in sorted(counts[tone].items())
            if reading_of(character) == "both"
            and n_places >= max(MIN_POSITIONS, MIN_SHARE * (n_places + counts[other][character]))
        ]
        yield f"{tone}\t{''.join(usual)}\n"


def _rhyme_rows(counts: Rhymes) -> Iterator[str]:
    """Level groups by the rhymes of regulated verse; parts by those of 词, and oblique groups by the part that they are in."""
    groups, parts = masks_of("pingshui"), masks_of("cilin")
    in_groups, in_parts = _by_character(counts, "pingshui"), _by_character(counts, "cilin")

    def is_seen_in_groups(character: str, bit: int) -> bool:
        return _is_usual(in_groups.get(to_simplified(character), Counter()), {(LEVEL, bit)})

    def is_seen_in_parts(character: str, tone: str, mask: int) -> bool:
        seen = in_parts.get(to_simplified(character), Counter())
        return _is_usual(seen, {(tone, bit) for bit in range(len(names_of("cilin"))) if mask >> bit & 1})

    for tone in (LEVEL, OBLIQUE):
        for group in rhyme_groups():
            if group.is_level == (tone == LEVEL):
                bit = group.number - 1
                unusual = [
                    one
                    for one in sorted(set(group.characters))
                    if _n_readings(groups, one) > 1
                    and not (
                        is_seen_in_groups(one, bit)
                        if tone == LEVEL
                        else is_seen_in_parts(one, tone, part_of(group.letter, one))
                    )
                ]
                if unusual:
                    yield f"pingshui\t{tone}\t{group.name}\t{''.join(unusual)}\n"
    for tone, side in ((LEVEL, parts.level), (OBLIQUE, parts.oblique)):
        for bit, name in enumerate(parts.names):
            unusual = [
                one
                for one, mask in sorted(side.items())
                if mask >> bit & 1 and _n_readings(parts, one) > 1 and not is_seen_in_parts(one, tone, 1 << bit)
            ]
            if unusual:
                yield f"cilin\t{tone}\t{name}\t{''.join(unusual)}\n"


def _by_character(counts: Rhymes, system: RhymeBook) -> dict[str, Counter[tuple[str, int]]]:
    """character, simplified -> how often it rhymes in each (tone, bit of the group or part)."""
    found: dict[str, Counter[tuple[str, int]]] = {}
    for (own, tone, bit), characters in counts.items():
        if own == system:
            for character, n_rhymes in characters.items():
                found.setdefault(to_simplified(character), Counter())[tone, bit] += n_rhymes
    return found


def _is_usual(seen: Counter[tuple[str, int]], reading: set[tuple[str, int]]) -> bool:
    n_rhymes = sum(seen[one] for one in reading)
    return n_rhymes >= max(MIN_RHYMES, MIN_RHYME_SHARE * seen.total())


def _n_readings(masks: Masks, character: str) -> int:
    return masks.level.get(character, 0).bit_count() + masks.oblique.get(character, 0).bit_count()


if __name__ == "__main__":
    main()
