"""How well some lines are regulated verse (近体诗): the type of every line, deviations from it, licences (拗救), and rhymes.

A line is of type a, A, b or B (`data/prosody/forms.toml`). The second characters of a couplet's lines are opposite (对) and those of
neighbouring couplets' alike (黏): a couplet that does not join the one before is one fault, 失黏, and what follows is judged by
its own order; a line that does not oppose is one fault, 失对. Source: 王力《诗词格律》, chapters 二 and 三.

Fast: a line becomes a word of six letters that say what its characters can be, and what a word comes to is remembered.
"""

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.prosody.forms.definitions import Form, RhymePosition, TonePattern
from engine.prosody.forms.line_types import LineVariant, couplet_licences, line_variants
from engine.prosody.forms.match import RhymeFit
from engine.prosody.regulated.rhymes import fit_regulated_rhymes
from engine.prosody.tones import BOTH_MOSTLY_LEVEL, BOTH_MOSTLY_OBLIQUE, LEVEL_ONLY, OBLIQUE_ONLY, UNKNOWN, letters_of

JoiningFault = Literal["失对", "失黏"]
# (line from 0, what is wrong between it and the one before).
Joins = tuple[tuple[int, JoiningFault], ...]

# A score is a number: costs first, then unusual readings, notes, licences, a thousand of each being one of the kind before.
LICENCE, NOTE, UNUSUAL, COST = 1, 10**3, 10**6, 10**9
# A fault between lines weighs more than one wrong tone and less than two: two wrong tones that a line of the other kind would
# not have make it one of that kind.
_TONE, _JOIN, _RHYME = 2 * COST, 3 * COST, 2 * COST


@dataclass(frozen=True, slots=True)
class LineFit:
    """A line as the best variant of a type. `wrong` and `unusual`: the positions, from 0, with the wrong tone and those right only by
    a reading that poets hardly use."""

    type: str
    variant: LineVariant
    wrong: tuple[int, ...]
    unusual: tuple[int, ...]
    score: int


@dataclass(frozen=True, slots=True)
class RegulatedFit:
    """`ties` are the orders that score the same."""

    form: Form
    tone_pattern: TonePattern
    lines: tuple[LineFit, ...]
    joins: Joins
    rhyme: RhymeFit
    score: int
    ties: tuple[str, ...] = ()

    @property
    def templates(self) -> tuple[str, ...]:
        return tuple(line.variant.template for line in self.lines)

    @property
    def n_wrong(self) -> int:
        return sum(len(line.wrong) for line in self.lines)

    @property
    def is_broken_quatrain(self) -> bool:
        """折腰体: a quatrain whose second couplet does not join the first, and nothing else between lines is wrong."""
        return len(self.lines) == 4 and self.joins == ((2, "失黏"),)

    @property
    def has_faulty_joins(self) -> bool:
        return bool(self.joins) and not self.is_broken_quatrain

    @property
    def n_faults(self) -> int:
        return self.n_wrong + self.rhyme.n_wrong + len(self.joins) * self.has_faulty_joins


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The best lines of one couplet or more, and the faults between them."""

    score: int
    lines: tuple[LineFit, ...]
    joins: Joins = ()


@dataclass(frozen=True, slots=True)
class _Opening:
    """How a first line may end: in which tone, rhyming or not, and whether that is worth a note."""

    is_level: bool
    rhymes: bool
    note: int = 0


def fit_regulated(lines: Sequence[str], form: Form, *, strict: bool = False) -> RegulatedFit:
    """The tone pattern that some lines fit best. The lines are even in number and all of five or all of seven characters."""
    words = [letters_of(line, form.rhyme_system) for line in lines]
    # Whether a rhyme has the right tone is a matter of its rhyme.
    open_words = [word[:-1] + UNKNOWN if number % 2 else word for number, word in enumerate(words)]
    tails = _tails(open_words, form, strict)
    found: list[RegulatedFit] = []
    for opening in _openings(form.rhymes_level):
        rhyming = [line for line in range(len(lines)) if line % 2 or (line == 0 and opening.rhymes)]
        positions = tuple(RhymePosition(line, "A", form.rhymes_level) for line in rhyming)
        rhyme = fit_regulated_rhymes(lines, rhyming, form)
        if opening.rhymes and rhyme.faults[0] == "声调":
            continue  # a first line that ends in the other tone is not meant to rhyme
        of_rhyme = _RHYME * rhyme.n_wrong + UNUSUAL * len(rhyme.doubtful) + LICENCE * len(rhyme.borrowed)
        first = words[0][:-1] + UNKNOWN if opening.rhymes else words[0]
        for starts_oblique in (True, False):
            couplet = _best_couplet(
                first, open_words[1], 0, starts_oblique, (opening.is_level, form.rhymes_level), strict
            )
            whole = _joined(couplet, starts_oblique, tails, 2, form)
            tone_pattern = TonePattern("".join(line.type for line in whole.lines), (), positions)
            # A first line that ends in the rhyme's tone was meant to rhyme.
            misses_rhyme = not opening.rhymes and len(lines[0]) - 1 in whole.lines[0].wrong
            score = whole.score + of_rhyme + NOTE * opening.note + 2 * UNUSUAL * misses_rhyme
            found.append(RegulatedFit(form, tone_pattern, whole.lines, whole.joins, rhyme, score))
    best = min(found, key=lambda one: one.score)
    ties = {one.tone_pattern.name for one in found if one.score == best.score and not one.joins} - {
        best.tone_pattern.name
    }
    return dataclasses.replace(best, ties=tuple(sorted(ties)))


@functools.cache
def _openings(rhymes_level: bool) -> tuple[_Opening, ...]:
    """A first line rhymes, or ends in the other tone; of oblique rhyme it may end in another oblique final too, as 竹里馆 does."""
    rhyming, other = _Opening(rhymes_level, True), _Opening(not rhymes_level, False)
    return (rhyming, other) if rhymes_level else (rhyming, other, _Opening(False, False, note=1))


def _tails(words: Sequence[str], form: Form, strict: bool) -> dict[bool, _Stretch]:
    """All couplets but the first at their best, by what the second is: whether its first line has an oblique second character."""
    ends = (not form.rhymes_level, form.rhymes_level)
    tails: dict[bool, _Stretch] = {}
    for line in range(len(words) - 2, 1, -2):
        couplets = {
            starts_oblique: _best_couplet(words[line], words[line + 1], line, starts_oblique, ends, strict)
            for starts_oblique in (True, False)
        }
        tails = {
            starts_oblique: _joined(couplet, starts_oblique, tails, line + 2, form)
            for starts_oblique, couplet in couplets.items()
        }
    return tails


def _joined(couplet: _Stretch, starts_oblique: bool, tails: dict[bool, _Stretch], line: int, form: Form) -> _Stretch:
    """A couplet with the best of what follows from `line` on: in the other way or, for a 失黏, in the same."""
    if not tails:
        return couplet
    adhering, breaking = tails[not starts_oblique], tails[starts_oblique]
    # In oblique rhyme poets repeat a couplet as often as they join it.
    fault = _JOIN if form.rhymes_level else 0
    breaks = breaking.score + fault < adhering.score
    rest = breaking if breaks else adhering
    joins: Joins = ((line, "失黏"),) if breaks and fault else ()
    return _Stretch(
        couplet.score + fault * breaks + rest.score, couplet.lines + rest.lines, couplet.joins + joins + rest.joins
    )


def _best_couplet(
    odd: str, even: str, line: int, starts_oblique: bool, level_ends: tuple[bool, bool], strict: bool
) -> _Stretch:
    """The best couplet of a way, with neither or one of its lines of the other kind: then that line is a fault."""
    odd_type, even_type = _type(starts_oblique, level_ends[0]), _type(not starts_oblique, level_ends[1])
    best = _couplet(odd, even, odd_type, even_type, strict)
    if best.score > _JOIN:
        at: JoiningFault = "失黏" if line else "失对"
        other_odd = _couplet(odd, even, _type(not starts_oblique, level_ends[0]), even_type, strict)
        other_even = _couplet(odd, even, odd_type, _type(starts_oblique, level_ends[1]), strict)
        options = (
            best,
            _Stretch(other_odd.score + _JOIN, other_odd.lines, ((line or 1, at),)),
            _Stretch(other_even.score + _JOIN, other_even.lines, ((line + 1, "失对"),)),
        )
        best = min(options, key=lambda one: one.score)
    return best


def _type(is_oblique_second: bool, is_level_ended: bool) -> str:
    return "bBaA"[2 * is_oblique_second + is_level_ended]


def _couplet(odd: str, even: str, odd_type: str, even_type: str, strict: bool) -> _Stretch:
    """Two lines, as words of letters, each as its own best variant, or the second rescuing the first."""
    lines = (_fit_line(odd, odd_type, strict), _fit_line(even, even_type, strict))
    best = _Stretch(lines[0].score + lines[1].score, lines)
    if not lines[0].score:
        return best
    for pair in couplet_licences(odd_type + even_type, len(odd)):
        odd_line, even_line = _in_variant(odd, odd_type, pair[0]), _in_variant(even, even_type, pair[1])
        if (
            len(even) - 3 not in even_line.wrong
            and len(odd_line.wrong + even_line.wrong) <= 1
            and odd_line.score + even_line.score < best.score
        ):
            best = _Stretch(odd_line.score + even_line.score, (odd_line, even_line))
    return best


@functools.lru_cache(maxsize=1 << 16)
def _fit_line(word: str, type: str, strict: bool) -> LineFit:
    """A line, as a word of letters, as the best variant of a type; a variant that leaves more than one position wrong is no licence."""
    plain, *others = (_in_variant(word, type, variant) for variant in line_variants(type, len(word), strict=strict))
    return min((plain, *(one for one in others if len(one.wrong) <= 1)), key=lambda one: one.score)


@functools.lru_cache(maxsize=1 << 16)
def _in_variant(word: str, type: str, variant: LineVariant) -> LineFit:
    wrong = {"平": OBLIQUE_ONLY, "仄": LEVEL_ONLY}
    unusual = {"平": BOTH_MOSTLY_OBLIQUE, "仄": BOTH_MOSTLY_LEVEL}
    pairs = list(enumerate(zip(word, variant.template, strict=True)))
    wrong_at = tuple(position for position, (letter, sign) in pairs if wrong.get(sign) == letter)
    unusual_at = tuple(position for position, (letter, sign) in pairs if unusual.get(sign) == letter)
    score = (
        _TONE * len(wrong_at) + UNUSUAL * len(unusual_at) + NOTE * bool(variant.note) + LICENCE * bool(variant.licence)
    )
    return LineFit(type, variant, wrong_at, unusual_at, score)
