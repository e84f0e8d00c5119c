"""The fit of lines to a tune: the tones that its template demands, and its rhymes, by bit masks.

Regulated verse, whose lines may depart from their templates by rule, is fitted by `engine.prosody.regulated.match`.
"""

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.prosody.forms.definitions import Form, RhymePosition, TonePattern
from engine.prosody.rhymes import Masks, masks_of
from engine.prosody.tones import cannot_be, must_be

Verdict = Literal["ok", "violation", "undecidable"]
RhymeFault = Literal["", "出韵", "重韵", "声调", "疑重韵"]


@dataclass(frozen=True, slots=True)
class RhymeFit:
    """Rhymes of a poem. `shared`: label -> mask of the groups common to all, or most, of its positions. `faults`: one per rhyme position.

    出韵: another group; 重韵: a repeated rhyme character; 声调: the wrong tone; 疑重韵: a repeated simplified
    character that may be another word. `unknown`: lines that end in a character that the rhyme book lacks. For regulated
    verse: `doubtful`, lines that rhyme by a reading that poets rarely use, and `borrowed`, a first line in a neighbouring
    group, which is a licence.
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
class TuneFit:
    """The fit of lines to the template of a tune.

    `wrong`, `undecided`: bit masks over the poem, first character highest, of the positions that contradict the template, and of
    those that may: characters of both tones, and unknown ones. `n_demanded`: the number of positions where the template demands
    a tone.
    """

    # A tune has one tone pattern.
    ties: ClassVar[tuple[str, ...]] = ()

    form: Form
    wrong: int
    undecided: int
    n_demanded: int
    rhyme: RhymeFit

    @property
    def tone_pattern(self) -> TonePattern:
        return self.form.tone_patterns[0]

    @property
    def templates(self) -> tuple[str, ...]:
        return self.tone_pattern.templates

    @property
    def n_faults(self) -> int:
        return self.wrong.bit_count() + self.rhyme.n_wrong


def fit(lines: Sequence[str], form: Form) -> TuneFit:
    """Fit lines of a tune's line lengths to it."""
    (tone_pattern,) = form.tone_patterns
    never_level, never_oblique = cannot_be("".join(lines), form.rhyme_system)
    level, oblique = must_be("".join(tone_pattern.templates))
    demanded = level | oblique
    return TuneFit(
        form,
        wrong=level & never_level | oblique & never_oblique,
        undecided=demanded & ~(never_level | never_oblique),
        n_demanded=demanded.bit_count(),
        rhyme=fit_rhymes(lines, tone_pattern.rhymes, masks_of(form.rhyme_system)),
    )


def fit_rhymes(lines: Sequence[str], positions: Sequence[RhymePosition], masks: Masks) -> RhymeFit:
    """Find the groups shared by the positions of each label, and the faults."""
    ends = [(position, lines[position.line][-1]) for position in positions]
    readings = [(masks.level if at.is_level else masks.oblique).get(character, 0) for at, character in ends]
    unknown = tuple(at.line for at, character in ends if not masks.groups_of(character))
    shared = {
        label: _shared([mask for at, mask in zip(positions, readings, strict=True) if at.label == label])
        for label in dict.fromkeys(at.label for at, mask in zip(positions, readings, strict=True) if mask)
    }
    faults: list[RhymeFault] = []
    for at, mask in zip(positions, readings, strict=True):
        is_right = at.line in unknown or mask & shared.get(at.label, 0)
        faults.append("" if is_right else "出韵" if mask else "声调")
    return RhymeFit(shared, tuple(faults), unknown)


def _shared(masks: Sequence[int]) -> int:
    """The groups common to all non-empty masks; else the single most common group, preferring one of the last mask, because
    most rhymes agree there."""
    bits = [1 << bit for bit in range(max(masks).bit_length())]
    return functools.reduce(operator.and_, filter(None, masks)) or max(
        bits, key=lambda bit: (sum(1 for mask in masks if mask & bit), bool(masks[-1] & bit))
    )
