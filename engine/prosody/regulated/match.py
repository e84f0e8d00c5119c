"""The fit of lines to regulated verse (近体诗): the type of each line, deviations, licences (拗救), and rhymes.

A line is of type a, A, b or B (`data/prosody/forms.toml`). The second characters of a couplet's lines have opposite tones (对), those
of neighbouring couplets' adjacent lines the same (黏). A couplet that does not join the one before is one fault, 失黏, and the
following lines are judged by its pattern; a line that does not oppose is one fault, 失对. Source: 王力《诗词格律》, chapters 二 and 三.

For speed, a line is a word of six kinds of letters for the possible tones of its characters, and the fit of each word is cached.
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
# (line from 0, fault between it and the line before).
Joins = tuple[tuple[int, JoiningFault], ...]

# A score is one number with digits to the base 1000: costs, unusual readings, notes, licences, in order of weight.
LICENCE, NOTE, UNUSUAL, COST = 1, 10**3, 10**6, 10**9
# A fault between lines costs more than one wrong tone and less than two: a line with two wrong tones that the opposite line type
# would not have counts as a line of that type.
_TONE, _JOIN, _RHYME = 2 * COST, 3 * COST, 2 * COST


@dataclass(frozen=True, slots=True)
class LineFit:
    """The best variant of a type for a line. `wrong` and `unusual`: positions, from 0, with the wrong tone, and positions that are right
    only by a reading that poets rarely use."""

    type: str
    variant: LineVariant
    wrong: tuple[int, ...]
    unusual: tuple[int, ...]
    score: int


@dataclass(frozen=True, slots=True)
class RegulatedFit:
    """The best fit of a poem. `ties`: tone patterns with the same score."""

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
        """Whether the only fault between lines is that the second couplet of a quatrain does not join the first (折腰体)."""
        return len(self.lines) == 4 and self.joins == ((2, "失黏"),)

    @property
    def has_faulty_joins(self) -> bool:
        return bool(self.joins) and not self.is_broken_quatrain

    @property
    def n_faults(self) -> int:
        return self.n_wrong + self.rhyme.n_wrong + len(self.joins) * self.has_faulty_joins


@dataclass(frozen=True, slots=True)
class _CoupletsFit:
    """The best fit of consecutive couplets, and the faults between their lines."""

    score: int
    lines: tuple[LineFit, ...]
    joins: Joins = ()


def fit_regulated(lines: Sequence[str], form: Form, *, strict: bool = False) -> RegulatedFit:
    """Find the tone pattern that lines fit best. The number of lines is even; all have five or all have seven characters."""
    words = [letters_of(line, form.rhyme_system) for line in lines]
    # The tone of a rhyme is judged with the rhyme.
    open_words = [word[:-1] + UNKNOWN if number % 2 else word for number, word in enumerate(words)]
    tails = _tails(open_words, form, strict)
    found: list[RegulatedFit] = []
    is_level = form.rhymes_level
    # The first line (level, rhyming) rhymes, or ends in the other tone; with oblique rhyme it may end in another oblique final, as
    # in 竹里馆, which is worth a note.
    openings = [(is_level, True), (not is_level, False)]
    if not is_level:
        openings.append((False, False))
    for ends_level, rhymes in openings:
        rhyming = [line for line in range(len(lines)) if line % 2 or (line == 0 and rhymes)]
        positions = tuple(RhymePosition(line, "A", is_level) for line in rhyming)
        rhyme = fit_regulated_rhymes(lines, rhyming, form)
        if rhymes and rhyme.faults[0] == "声调":
            continue  # a first line that ends in the other tone is not intended to rhyme
        of_rhyme = _RHYME * rhyme.n_wrong + UNUSUAL * len(rhyme.doubtful) + LICENCE * len(rhyme.borrowed)
        first = words[0][:-1] + UNKNOWN if rhymes else words[0]
        for starts_oblique in (True, False):
            couplet = _best_couplet(first, open_words[1], 0, starts_oblique, (ends_level, is_level), strict)
            whole = _joined(couplet, starts_oblique, tails, 2, form)
            tone_pattern = TonePattern("".join(line.type for line in whole.lines), (), positions)
            # A first line that ends in the rhyme's tone was intended to rhyme.
            misses_rhyme = not rhymes and len(lines[0]) - 1 in whole.lines[0].wrong
            is_noted = not rhymes and ends_level == is_level
            score = whole.score + of_rhyme + NOTE * is_noted + 2 * UNUSUAL * misses_rhyme
            found.append(RegulatedFit(form, tone_pattern, whole.lines, whole.joins, rhyme, score))
    best = min(found, key=lambda one: one.score)
    ties = {one.tone_pattern.name for one in found if one.score == best.score and not one.joins} - {
        best.tone_pattern.name
    }
    return dataclasses.replace(best, ties=tuple(sorted(ties)))


def _tails(words: Sequence[str], form: Form, strict: bool) -> dict[bool, _CoupletsFit]:
    """The best fit of all couplets but the first, by whether the second couplet's first line has an oblique second character."""
    ends = (not form.rhymes_level, form.rhymes_level)
    tails: dict[bool, _CoupletsFit] = {}
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


def _joined(
    couplet: _CoupletsFit, starts_oblique: bool, tails: dict[bool, _CoupletsFit], line: int, form: Form
) -> _CoupletsFit:
    """A couplet with the best fit of the lines from `line` on, which join it or, with 失黏, do not."""
    if not tails:
        return couplet
    adhering, breaking = tails[not starts_oblique], tails[starts_oblique]
    # In verse of oblique rhyme, poets break the joining as often as they keep it.
    fault = _JOIN if form.rhymes_level else 0
    breaks = breaking.score + fault < adhering.score
    rest = breaking if breaks else adhering
    joins: Joins = ((line, "失黏"),) if breaks and fault else ()
    return _CoupletsFit(
        couplet.score + fault * breaks + rest.score, couplet.lines + rest.lines, couplet.joins + joins + rest.joins
    )


def _best_couplet(
    odd: str, even: str, line: int, starts_oblique: bool, level_ends: tuple[bool, bool], strict: bool
) -> _CoupletsFit:
    """The best fit of a couplet; at most one of its lines may be of the opposite type, which is a fault."""
    odd_type, even_type = _type(starts_oblique, level_ends[0]), _type(not starts_oblique, level_ends[1])
    best = _couplet(odd, even, odd_type, even_type, strict)
    if best.score > _JOIN:
        at: JoiningFault = "失黏" if line else "失对"
        other_odd = _couplet(odd, even, _type(not starts_oblique, level_ends[0]), even_type, strict)
        other_even = _couplet(odd, even, odd_type, _type(starts_oblique, level_ends[1]), strict)
        options = (
            best,
            _CoupletsFit(other_odd.score + _JOIN, other_odd.lines, ((line or 1, at),)),
            _CoupletsFit(other_even.score + _JOIN, other_even.lines, ((line + 1, "失对"),)),
        )
        best = min(options, key=lambda one: one.score)
    return best


def _type(is_oblique_second: bool, is_level_ended: bool) -> str:
    return "bBaA"[2 * is_oblique_second + is_level_ended]


def _couplet(odd: str, even: str, odd_type: str, even_type: str, strict: bool) -> _CoupletsFit:
    """Fit two lines, as words of letters: each by its own best variant, or the second licensing the first (对句相救)."""
    lines = (_fit_line(odd, odd_type, strict), _fit_line(even, even_type, strict))
    best = _CoupletsFit(lines[0].score + lines[1].score, lines)
    if not lines[0].score:
        return best
    for pair in couplet_licences(odd_type + even_type, len(odd)):
        odd_line, even_line = _in_variant(odd, odd_type, pair[0]), _in_variant(even, even_type, pair[1])
        if (
            len(even) - 3 not in even_line.wrong
            and len(odd_line.wrong + even_line.wrong) <= 1
            and odd_line.score + even_line.score < best.score
        ):
            best = _CoupletsFit(odd_line.score + even_line.score, (odd_line, even_line))
    return best


@functools.lru_cache(maxsize=1 << 16)
def _fit_line(word: str, type: str, strict: bool) -> LineFit:
    """The best variant of a type for a line, as a word of letters; a licence that leaves more than one wrong position is not used."""
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
