"""The checker's report on regulated verse: faults and licences by their names in handbooks, and notes."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from engine.prosody.forms.line_types import line_variants
from engine.prosody.forms.match import Verdict
from engine.prosody.parallelism import CoupletParallelism, middle_couplets
from engine.prosody.regulated.match import RegulatedFit
from engine.prosody.regulated.rhymes import clashes
from engine.prosody.report import (
    BORROWED_RHYME,
    CharacterPosition,
    Couplet,
    Fault,
    Licence,
    Note,
    Report,
    Verdicts,
    Violation,
    positions_of,
    report_of_fit,
)
from engine.prosody.tones import EITHER, LEVEL, OBLIQUE, UNKNOWN, Reading, letters_of, reading_of

BROKEN_QUATRAIN = "折腰体"


def regulated_verdicts(lines: Sequence[str], found: RegulatedFit) -> Verdicts:
    return Verdicts("ok", _tones_verdict(lines, found), found.rhyme.verdict)


def regulated_report(lines: Sequence[str], found: RegulatedFit) -> Report:
    parallel = middle_couplets(lines)
    report = report_of_fit(lines, found, regulated_verdicts(lines, found))
    notes = (*_notes(lines, found), *_synonyms(lines, parallel))
    return dataclasses.replace(
        report,
        violations=tuple(_violations(report, found)),
        licences=tuple(sorted(_licences(lines, found), key=lambda one: one.line)),
        faults=tuple(_faults(found)),
        notes=tuple(sorted(notes, key=lambda one: (one.line, one.positions))),
        doubtful=tuple(_doubtful(lines, found)),
        couplets=tuple(
            Couplet(one.line, round(one.score, 3), one.is_parallel, one.mismatches, one.repeated) for one in parallel
        ),
    )


def _tones_verdict(lines: Sequence[str], found: RegulatedFit) -> Verdict:
    if found.n_wrong or found.has_faulty_joins:
        return "violation"
    rhyming = {position.line for position in found.tone_pattern.rhymes}
    for number, (line, template) in enumerate(zip(lines, found.templates, strict=True)):
        letters = letters_of(line, found.form.rhyme_system)
        # The last character of a rhyming line is judged with the rhyme.
        wanted = template[:-1] if number in rhyming else template
        if UNKNOWN in letters and any(
            letter == UNKNOWN and sign != EITHER for letter, sign in zip(letters, wanted, strict=False)
        ):
            return "undecidable"
    return "ok"


def _violations(report: Report, found: RegulatedFit) -> Iterator[Violation]:
    for number, (line, fitted) in enumerate(zip(report.lines, found.lines, strict=True), start=1):
        from_end = {position - len(line.text) for position in fitted.wrong}
        for position in fitted.wrong:
            name = _name_of_violation(fitted.type, position - len(line.text), from_end, line.readings[-3])
            character, expected, reading = line.text[position], line.template[position], line.readings[position]
            yield Violation(number, position + 1, character, expected, reading, name)


def _name_of_violation(type: str, position: int, wrong: set[int], third_last: Reading) -> str:
    """The usual name of a wrong tone at a position counted from the end (−1 is the last), given all wrong positions of the line; or ""."""
    if (type == "A" and position == -3 and -2 not in wrong) or (type == "B" and position == -2 and third_last == LEVEL):
        return "三平尾"
    if type == "b" and position == -3 and wrong == {-3}:
        return "三仄尾"
    if type == "B" and position == -5 and wrong == {-5}:
        return "孤平"
    if type == "a" and position == -2 and -4 not in wrong:
        return "大拗"
    return ""


def _licences(lines: Sequence[str], found: RegulatedFit) -> Iterator[Licence]:
    for number, line in enumerate(found.lines):
        if line.variant.licence:
            plain = line_variants(line.type, len(lines[number]))[0].template
            yield Licence(line.variant.licence, number + 1, _leaving(lines, found, number, plain))
    yield from (Licence(BORROWED_RHYME, line + 1, (len(lines[line]),)) for line in found.rhyme.borrowed)
    if found.is_broken_quatrain:
        yield Licence(BROKEN_QUATRAIN, found.joins[0][0] + 1, ())


def _leaving(lines: Sequence[str], found: RegulatedFit, line: int, plain: str) -> tuple[int, ...]:
    """The positions where a line, or its licence, has the opposite of the plain tone, and the 平 that licenses the line before."""
    opposite = {LEVEL: OBLIQUE, OBLIQUE: LEVEL}
    positions = []
    for position, (character, sign, chosen) in enumerate(
        zip(lines[line], plain, found.templates[line], strict=True), start=1
    ):
        has = chosen if chosen != EITHER else reading_of(character, found.form.rhyme_system)
        is_rescuing = sign == EITHER != chosen and position == len(plain) - 2
        if is_rescuing or opposite.get(sign) == has:
            positions.append(position)
    return tuple(positions)


def _faults(found: RegulatedFit) -> Iterator[Fault]:
    for line, name in found.joins:
        yield Fault(name, line + 1, BROKEN_QUATRAIN if found.is_broken_quatrain else "")


def _notes(lines: Sequence[str], found: RegulatedFit) -> Iterator[Note]:
    """Yield remarks on deviations that are no faults: 小拗 and 三仄尾 as poets use them, 撞韵, 重字."""
    rhyming = {position.line for position in found.tone_pattern.rhymes}
    for number, fit_line in enumerate(found.lines):
        if fit_line.variant.note:
            # 自救首字仄 concerns the first of the last five characters, all others the third-last.
            at = len(lines[number]) - (5 if fit_line.variant.licence else 3)
            yield Note(fit_line.variant.note, number + 1, (at + 1,), lines[number][at])
    if 0 not in rhyming and not found.form.rhymes_level and found.lines[0].type in "ab":
        yield Note("首句仄收不入韵", 1, (len(lines[0]),), lines[0][-1])
    for number, line in enumerate(lines):
        if number not in rhyming and clashes(line[-1], found.rhyme, found.form):
            yield Note("撞韵", number + 1, (len(line),), line[-1])
    rhymes_twice = {
        position.line
        for position, fault in zip(found.tone_pattern.rhymes, found.rhyme.faults, strict=True)
        if fault in ("重韵", "疑重韵")
    }
    for repeated in _repeated(lines):
        # A repeated rhyme is a fault already.
        if not (repeated.line - 1 in rhymes_twice and repeated.position == len(lines[repeated.line - 1])):
            yield Note("重字", repeated.line, (repeated.position,), repeated.character)


def _synonyms(lines: Sequence[str], couplets: Sequence[CoupletParallelism]) -> Iterator[Note]:
    """合掌: two characters of one meaning opposite each other, reported at the lower line with both characters."""
    for couplet in couplets:
        upper, lower = lines[couplet.line - 1], lines[couplet.line]
        for position in couplet.synonyms:
            yield Note("合掌", couplet.line + 1, (position,), upper[position - 1] + lower[position - 1])


def _repeated(lines: Sequence[str]) -> Iterator[CharacterPosition]:
    """Yield every character that occurs earlier in the poem, except the second of a doubled word (年年)."""
    seen: set[str] = set()
    for at in positions_of(lines):
        is_doubled = at.position > 1 and lines[at.line - 1][at.position - 2] == at.character
        if at.character in seen and not is_doubled and at.character.isalpha():
            yield at
        seen.add(at.character)


def _doubtful(lines: Sequence[str], found: RegulatedFit) -> Iterable[CharacterPosition]:
    """The positions that are ok only by a reading that poets rarely use."""
    positions = {(number, position) for number, line in enumerate(found.lines) for position in line.unusual}
    positions |= {(line, len(lines[line]) - 1) for line in found.rhyme.doubtful}
    return (CharacterPosition(line + 1, position + 1, lines[line][position]) for line, position in sorted(positions))
