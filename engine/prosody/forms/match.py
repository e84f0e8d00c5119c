"""How well some lines fit a form: every tone pattern tried, the licences (拗救) allowed, the rhymes compared. Fast: bit masks only.

Which deviations are allowed follows 王力《诗词格律》: 本句自救 (平平仄平仄 in place of 平平平仄仄), 孤平救 (仄平平仄平) and
对句相救 (a 仄 at the third or fourth of the last five positions of an odd line of type a, answered by a 平 at the third of the
even line). 小拗, which he leaves to the poet, counts as a violation without 救, so that rates compare.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.prosody.forms.definitions import Form, RhymePosition, SegmentOption, TonePattern
from engine.prosody.rhymes import Masks, masks_of, merged_characters
from engine.prosody.tones import cannot_be

Verdict = Literal["ok", "violation", "undecidable"]
RhymeFault = Literal["", "出韵", "重韵", "声调", "疑重韵"]


@dataclass(frozen=True, slots=True)
class RhymeFit:
    """`shared`: label -> mask of the groups that its positions, or most of them, have in common. `faults`: one a rhyme position.

    出韵 is another group, 重韵 a character that has rhymed before, 声调 a character without the position's tone. 疑重韵 is a
    simplified character that has rhymed before and may stand for another word. `unknown`: the lines that end in a
    character that the rhyme book lacks, `doubtful` those that rhyme by a reading that poets hardly use, `borrowed` a first
    line in a neighbouring group, which is a licence (of regulated verse both).
    """

    shared: Mapping[str, int]
    faults: tuple[RhymeFault, ...]
    unknown: tuple[int, ...]
    doubtful: tuple[int, ...] = ()
    borrowed: tuple[int, ...] = ()

    @property
    def n_wrong(self) -> int:
        return len(self.faults) - self.faults.count("") - self.faults.count("疑重韵")

    @property
    def verdict(self) -> Verdict:
        if self.n_wrong:
            return "violation"
        return "undecidable" if self.unknown or "疑重韵" in self.faults else "ok"


@dataclass(frozen=True, slots=True)
class Fit:
    """`wrong`: bit mask over the poem of the positions that contradict the chosen patterns, first character highest.

    `never`: the masks of `cannot_be`. `score`: violations, those of tone, whether the first line ends in the wrong tone,
    licences; less is better. `ties`: the tone patterns that score the same.
    """

    form: Form
    tone_pattern: TonePattern
    options: tuple[SegmentOption, ...]
    never: tuple[int, int]
    wrong: int
    rhyme: RhymeFit
    score: tuple[int, int, bool, int]
    ties: tuple[str, ...]

    @property
    def templates(self) -> tuple[str, ...]:
        return tuple(template for pattern in self.options for template in pattern.templates)

    @property
    def demanded(self) -> int:
        """The positions where the chosen patterns demand a tone."""
        positions = 0
        for pattern in self.options:
            positions |= pattern.must_level | pattern.must_oblique
        return positions


def fit(lines: Sequence[str], form: Form) -> Fit:
    """The tone pattern of a form that some lines fit best, with the patterns that fit as well.

    The lines must have the form's lengths.
    """
    never = cannot_be("".join(lines), form.rhyme_system)
    masks = masks_of(form.rhyme_system)
    tried = sorted(
        (_best_options(tone_pattern, never), number) for number, tone_pattern in enumerate(form.tone_patterns)
    )
    n_after_first_line = sum(form.line_lengths[1:])
    found: list[tuple[tuple[int, int, bool, int], int, int, RhymeFit]] = []
    for (n_wrong, n_licences, wrong, _), number in tried:
        if found and n_wrong > found[0][0][0]:
            # Whatever its rhymes, it cannot be better.
            break
        rhyme = fit_rhymes(lines, form.tone_patterns[number].rhymes, masks, form.is_regulated)
        ends_wrong = bool(wrong >> n_after_first_line & 1)
        found.append(((n_wrong + rhyme.n_wrong, n_wrong, ends_wrong, n_licences), number, wrong, rhyme))
        found.sort(key=lambda one: one[:2])
    score, number, wrong, rhyme = found[0]
    tone_pattern = form.tone_patterns[number]
    chosen = next(choice for (_, _, _, choice), tried_number in tried if tried_number == number)
    options = tuple(segment.options[index] for segment, index in zip(tone_pattern.segments, chosen, strict=True))
    ties = tuple(form.tone_patterns[one[1]].name for one in found[1:] if one[0] == score)
    return Fit(form, tone_pattern, options, never, wrong, rhyme, score, ties)


def _best_options(tone_pattern: TonePattern, never: tuple[int, int]) -> tuple[int, int, int, tuple[int, ...]]:
    """(violations, licences, mask of the violations, index of the option of each segment) with the fewest violations."""
    never_level, never_oblique = never
    chosen = []
    n_licences = all_wrong = 0
    for segment in tone_pattern.segments:
        plain = segment.options[0]
        best, best_wrong = 0, (plain.must_level & never_level) | (plain.must_oblique & never_oblique)
        if best_wrong:
            # An option that leaves more than one position wrong is no licence.
            fewest = min(best_wrong.bit_count(), 2)
            for index, pattern in enumerate(segment.options):
                wrong = (pattern.must_level & never_level) | (pattern.must_oblique & never_oblique)
                if wrong.bit_count() < fewest:
                    best, best_wrong, fewest = index, wrong, wrong.bit_count()
        chosen.append(best)
        n_licences += len(segment.options[best].licences)
        all_wrong |= best_wrong
    return all_wrong.bit_count(), n_licences, all_wrong, tuple(chosen)


def fit_rhymes(lines: Sequence[str], positions: Sequence[RhymePosition], masks: Masks, once: bool) -> RhymeFit:
    """Whether the positions of each label share a group; with `once` no character may rhyme twice."""
    readings = []
    unknown = []
    for position in positions:
        character = lines[position.line][-1]
        readings.append((masks.level if position.is_level else masks.oblique).get(character, 0))
        if not readings[-1] and character not in masks.level and character not in masks.oblique:
            unknown.append(position.line)
    shared: dict[str, int] = {}
    for position, mask in zip(positions, readings, strict=True):
        if mask:
            shared[position.label] = shared.get(position.label, -1) & mask
    for label, mask in shared.items():
        if not mask:
            shared[label] = _most_common(
                [one for position, one in zip(positions, readings, strict=True) if position.label == label]
            )
    faults: list[RhymeFault] = []
    seen: set[str] = set()
    for position, mask in zip(positions, readings, strict=True):
        character = lines[position.line][-1]
        is_repeated = once and character in seen
        faults.append(_fault(character, mask, shared.get(position.label, 0), position.line in unknown, is_repeated))
        seen.add(character)
    return RhymeFit(shared, tuple(faults), tuple(unknown))


def _fault(character: str, mask: int, shared: int, is_unknown: bool, is_repeated: bool) -> RhymeFault:
    if not (is_unknown or mask & shared):
        return "出韵" if mask else "声调"
    if not is_repeated:
        return ""
    return "疑重韵" if character in merged_characters() else "重韵"


def _most_common(masks: Sequence[int]) -> int:
    """The one bit that stands in most of the masks; of several, one of the last mask's, where most rhymes agree."""
    bits = [1 << bit for bit in range(max(masks).bit_length())]
    return max(bits, key=lambda bit: (sum(1 for mask in masks if mask & bit), bool(masks[-1] & bit)))
