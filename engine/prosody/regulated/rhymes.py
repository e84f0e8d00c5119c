"""Rhymes of regulated verse: even lines in one group, the first line in it or in a neighbouring one (邻韵).

A first line in a neighbouring group (首句邻韵, 借韵 or 孤雁出群) is a licence. The neighbours are in
`data/prosody/neighbours.tsv`, the finals shared by groups of different tones in `families.tsv`.
"""

import functools
from collections.abc import Mapping, Sequence

from engine.prosody.forms.definitions import Form
from engine.prosody.forms.match import RhymeFault, RhymeFit
from engine.prosody.rhymes import masks_of, merged_characters, rhyme_groups, unusual_rhymes
from engine.prosody.text import RhymeBook
from engine.prosody.tones import LEVEL, OBLIQUE, usual_tones
from engine.system.paths import bundled_rows

_LABEL = "A"


def fit_regulated_rhymes(lines: Sequence[str], rhyming: Sequence[int], form: Form) -> RhymeFit:
    """Fit the rhymes of lines by a form's rhyme book. `rhyming`: the rhyming lines from 0, with or without the first."""
    masks, is_level = masks_of(form.rhyme_system), form.rhymes_level
    ends = [lines[line][-1] for line in rhyming]
    side = masks.level if is_level else masks.oblique
    every = [side.get(character, 0) for character in ends]
    usual = [_usual(character, mask, form) for character, mask in zip(ends, every, strict=True)]
    n_first = int(rhyming[0] == 0)
    shared = _shared(usual[n_first:], usual[:n_first]) or _shared(every[n_first:], every[:n_first])
    shared = shared or _most_common(usual, n_first)
    faults: list[RhymeFault] = []
    unknown, doubtful, borrowed = [], [], []
    for number, (line, character) in enumerate(zip(rhyming, ends, strict=True)):
        if not masks.groups_of(character):
            unknown.append(line)
        elif not every[number] & shared:
            is_borrowed = line == 0 and every[number] & _neighbours(form.rhyme_system, is_level, shared)
            if is_borrowed:
                borrowed.append(line)
            else:
                faults.append("出韵" if every[number] else "声调")
                continue
        elif not usual[number] & shared:
            doubtful.append(line)
        is_repeated = character in ends[:number]
        faults.append("" if not is_repeated else "疑重韵" if character in merged_characters() else "重韵")
    return RhymeFit({_LABEL: shared}, tuple(faults), tuple(unknown), tuple(doubtful), tuple(borrowed))


def _usual(character: str, mask: int, form: Form) -> int:
    """The groups of a mask in which poets rhyme a character."""
    if form.rhyme_system == "xinyun":
        return mask
    if usual_tones().get(character) == (OBLIQUE if form.rhymes_level else LEVEL):
        return 0
    level, oblique = unusual_rhymes(form.rhyme_system).get(character, (0, 0))
    return mask & ~(level if form.rhymes_level else oblique)


def _shared(masks: Sequence[int], first: Sequence[int]) -> int:
    """The groups common to all non-empty masks; of these, those that the first line has too, if any."""
    shared = -1
    for mask in filter(None, masks):
        shared &= mask
    if shared == -1:
        return 0
    return next((shared & mask for mask in first if shared & mask), shared)


def _most_common(masks: Sequence[int], n_first: int) -> int:
    """The single group of most even lines; the first line breaks a tie, then the earlier rhyme."""
    bits = [1 << bit for bit in range(max(masks, default=0).bit_length())]

    def weight(bit: int) -> tuple[int, int]:
        having = [number for number, mask in enumerate(masks) if mask & bit]
        return sum(1 if number < n_first else 2 for number in having), -having[0] if having else -len(masks)

    return max(bits, key=weight, default=0)


@functools.lru_cache(maxsize=1024)
def _neighbours(system: RhymeBook, is_level: bool, groups: int) -> int:
    """The groups from which a first line may borrow, beside these; none for 词林正韵 and 中华新韵, whose groups are wide."""
    if system != "pingshui":
        return 0
    families, found = _families(), 0
    for own, borrowed in bundled_rows("prosody/neighbours.tsv"):
        for tone in range(1) if is_level else range(1, 4):
            if groups & sum(families[letter][tone] for letter in own):
                found |= sum({families[letter][tone] for letter in borrowed})
    return found & ~groups


@functools.cache
def _families() -> Mapping[str, tuple[int, int, int, int]]:
    """Level group -> bits of its family's groups in the four tones, 0 for none."""
    bits = {group.letter: group.bit for group in rhyme_groups()} | {"-": 0}
    return {row[0]: tuple(bits[letter] for letter in row) for row in bundled_rows("prosody/families.tsv")}  # type: ignore[misc]


def clashes(character: str, found: RhymeFit, form: Form) -> bool:
    """Whether an unrhymed line of a poem of level rhyme ends in the rhyme's final in another tone (撞韵)."""
    masks, shared = masks_of(form.rhyme_system), found.shared.get(_LABEL, 0)
    if not form.rhymes_level or not shared or character in masks.level:
        return False
    return bool(masks.oblique.get(character, 0) & _same_final(form.rhyme_system, shared))


@functools.lru_cache(maxsize=1024)
def _same_final(system: RhymeBook, groups: int) -> int:
    """The oblique groups or parts with the same finals as these level ones."""
    if system != "pingshui":
        return groups
    return sum({family[1] | family[2] for family in _families().values() if family[0] & groups})
