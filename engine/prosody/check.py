"""The checker: a poem and a form become a report of tones, rhymes and verdicts.

ok and violation are told from the rhyme book alone; a character that it lacks makes a verdict undecidable, never a guess.
A character with both readings satisfies either, and the report says where (`either`).
"""

import re
from collections.abc import Iterable, Sequence

from engine.prosody.fit import Fit, Verdict, fit
from engine.prosody.forms import Form, form_called, forms_of_lengths
from engine.prosody.report import Fault, Licence, LineReport, Place, Report, Rhyme, Verdicts, Violation
from engine.prosody.rhymes import groups_of, masks_of
from engine.prosody.tones import EITHER, LEVEL, OBLIQUE, Reading, reading_of
from engine.prosody.tunes import fit_tune, line_differences, nearly_tune, recognised_tune, recut

# A missing character, as editions and the studio write it, is a place of its line.
_BETWEEN_LINES = re.compile(r"[^\w□〓]+|_+")
_BETWEEN_LINES_BUT_PAUSES = re.compile(r"(?:[^\w□〓、]|_)+")


def check(poem: str | Sequence[str], form: str | Form | None = None) -> Report:
    """Judge a poem, given as text or as lines; without a form, the one with these line lengths.

    Four or eight lines of five or seven are judged as regulated verse; a tune is recognised where most places fit.
    Punctuation and line breaks part the lines; a tune's lines are told by its characters and rhymes, however they are cut.

    Raises:
        UsageError: for a form that there is not.
    """
    wanted = form_called(form) if isinstance(form, str) else form
    manners = list(_manners(poem))
    for lines in manners:
        found = _best_fit(lines, wanted)
        if found is not None:
            return _report(recut(lines, found.form.line_lengths), found)
    return _without_form(manners[0], wanted)


def split_verse(text: str) -> list[str]:
    """The lines of any text: what stands between punctuation, brackets, spaces and line breaks."""
    return [line for line in _BETWEEN_LINES.split(text) if line]


def _manners(poem: str | Sequence[str]) -> Iterable[list[str]]:
    """The ways to cut a poem into lines: at every mark but 、, then at every mark."""
    text = poem if isinstance(poem, str) else "\n".join(poem)
    if "、" in text:
        pieces = _BETWEEN_LINES_BUT_PAUSES.split(text)
        yield [line for line in (piece.replace("、", "") for piece in pieces) if line]
    yield split_verse(text)


def _best_fit(lines: Sequence[str], wanted: Form | None) -> Fit | None:
    lengths = tuple(map(len, lines))
    if wanted is not None and not wanted.is_regulated:
        return fit_tune(lines, wanted)
    if wanted is not None:
        return fit(lines, wanted) if wanted.line_lengths == lengths else None
    found = [fit(lines, form) for form in forms_of_lengths(lengths) if form.is_regulated]
    if tune := recognised_tune(lines):
        found.append(tune)
    return min(found, key=lambda one: one.score, default=None)


def _without_form(lines: Sequence[str], wanted: Form | None) -> Report:
    """The tones alone: nothing can be said about their order where the lines have no form, or not the one wanted."""
    reports = tuple(_line_report(line, "") for line in lines)
    meant = wanted or nearly_tune(lines)
    verdict: Verdict = "undecidable" if meant is None else "violation"
    verdicts = Verdicts(verdict, "undecidable", "undecidable")
    name = meant.key if meant else None
    differences = line_differences(lines, meant) if meant and not meant.is_regulated else ()
    faults = tuple(Fault(difference, line) for line, difference in differences)
    return Report(name, None, (), verdicts, reports, (), (), faults, (), {}, (), tuple(_unknown(lines)))


def _report(lines: Sequence[str], found: Fit) -> Report:
    templates = [template for pattern in found.patterns for template in pattern.templates]
    violations = tuple(_violations(lines, templates, found))
    unknown = tuple(_unknown(lines))
    faults = tuple(_faults(lines, found.form))
    rhymes = tuple(_rhymes(lines, found))
    undecided = any(templates[one.line - 1][one.position - 1] != EITHER for one in unknown)
    verdicts = Verdicts(
        "violation" if any(fault.name == "叠句" for fault in faults) else "ok",
        "violation" if violations else "undecidable" if undecided else "ok",
        found.rhyme.verdict,
    )
    names = masks_of(found.form.rhyme_system).names_in
    return Report(
        found.form.key,
        found.order.name,
        found.ties,
        verdicts,
        tuple(map(_line_report, lines, templates)),
        violations,
        tuple(_licences(lines, found)),
        faults,
        rhymes,
        {label: names(mask) for label, mask in found.rhyme.shared.items()},
        tuple(
            one
            for one in _places(lines)
            if templates[one.line - 1][one.position - 1] != EITHER and reading_of(one.character) == "both"
        ),
        unknown,
    )


def _line_report(line: str, template: str) -> LineReport:
    return LineReport(line, tuple(map(reading_of, line)), template)


def _places(lines: Sequence[str]) -> Iterable[Place]:
    for number, line in enumerate(lines, start=1):
        for position, character in enumerate(line, start=1):
            yield Place(number, position, character)


def _unknown(lines: Sequence[str]) -> Iterable[Place]:
    return (place for place in _places(lines) if reading_of(place.character) == "unknown")


def _violations(lines: Sequence[str], templates: Sequence[str], found: Fit) -> Iterable[Violation]:
    n_han = sum(map(len, lines))
    for index, place in enumerate(_places(lines)):
        if found.wrong >> (n_han - 1 - index) & 1:
            expected = templates[place.line - 1][place.position - 1]
            name = _name_of_violation(place, found, len(lines[place.line - 1]))
            yield Violation(place.line, place.position, place.character, expected, reading_of(place.character), name)


def _name_of_violation(place: Place, found: Fit, length: int) -> str:
    """The usual name of a wrong tone at one of the last five places of a regulated line."""
    if not found.form.is_regulated:
        return ""
    type = found.order.name[place.line - 1]
    of_last_five = place.position - (length - 5)
    return {("B", 1): "孤平", ("A", 3): "三平调", ("b", 3): "三仄尾", ("a", 3): "小拗", ("a", 4): "大拗"}.get(
        (type, of_last_five), ""
    )


def _licences(lines: Sequence[str], found: Fit) -> Iterable[Licence]:
    """The rescues of the chosen patterns, each with the places where its line leaves the plain template."""
    plain = found.order.templates
    chosen = [template for pattern in found.patterns for template in pattern.templates]
    for pattern in found.patterns:
        for line, name in pattern.licences:
            places = zip(lines[line], plain[line], chosen[line], strict=True)
            positions = tuple(position for position, place in enumerate(places, start=1) if _leaves(*place))
            yield Licence(name, line + 1, positions)


def _leaves(character: str, plain: str, chosen: str) -> bool:
    """Whether a character, or the rescue for it, has the opposite of the plain tone."""
    opposite = {LEVEL: OBLIQUE, OBLIQUE: LEVEL}.get(plain)
    return opposite is not None and opposite in (chosen, reading_of(character))


def _faults(lines: Sequence[str], form: Form) -> Iterable[Fault]:
    """失对: the second characters of a couplet have one tone; 失黏: those of neighbouring couplets differ; 叠句."""
    for repeat in form.repeats:
        if lines[repeat.line] != lines[repeat.line - 1][-repeat.length :]:
            yield Fault("叠句", repeat.line + 1)
    if form.is_regulated:
        beats = list(map(_beat, lines))
        for number in range(1, len(lines)):
            pair = {beats[number - 1], beats[number]}
            if number % 2 and pair in ({LEVEL}, {OBLIQUE}):
                yield Fault("失对", number + 1)
            elif number % 2 == 0 and pair == {LEVEL, OBLIQUE}:
                yield Fault("失黏", number + 1)


def _beat(line: str) -> Reading:
    """The tone of a line's second character, which names its kind; of seven characters the fourth is its opposite."""
    reading = reading_of(line[1])
    if reading in (LEVEL, OBLIQUE) or len(line) < 7:
        return reading
    opposites: dict[Reading, Reading] = {"平": "仄", "仄": "平"}
    return opposites.get(reading_of(line[3]), reading)


def _rhymes(lines: Sequence[str], found: Fit) -> Iterable[Rhyme]:
    for place, fault in zip(found.order.rhymes, found.rhyme.faults, strict=True):
        character = lines[place.line][-1]
        verdict: Verdict = "violation" if fault else "undecidable" if place.line in found.rhyme.unknown else "ok"
        if fault == "疑重韵":
            verdict = "undecidable"
        reason: str = fault
        if fault == "出韵" and place.line == 0 and found.form.is_regulated and _are_neighbours(lines, found):
            reason = "首句邻韵"
        groups = tuple(group.name for group in groups_of(character))
        yield Rhyme(place.line + 1, character, place.label, groups, verdict, reason)


def _are_neighbours(lines: Sequence[str], found: Fit) -> bool:
    """Whether the first line's rhyme stands with the others in one part of 词林正韵."""
    parts = masks_of("cilin").level
    shared = -1
    for place in found.order.rhymes:
        shared &= parts.get(lines[place.line][-1], 0)
    return shared != 0


def quick_verdicts(lines: Sequence[str], form: Form) -> Verdicts:
    """The verdicts of `check` alone, some twenty times as fast: for judging a corpus, or candidates while composing."""
    if tuple(map(len, lines)) != form.line_lengths:
        return Verdicts("violation", "undecidable", "undecidable")
    return verdicts_of(lines, fit(lines, form))


def verdicts_of(lines: Sequence[str], found: Fit) -> Verdicts:
    """The verdicts on lines of a form's lengths that were fitted to it."""
    ill_repeated = any(lines[one.line] != lines[one.line - 1][-one.length :] for one in found.form.repeats)
    return Verdicts("violation" if ill_repeated else "ok", _tones_verdict("".join(lines), found), found.rhyme.verdict)


def _tones_verdict(text: str, found: Fit) -> Verdict:
    if found.wrong:
        return "violation"
    never_level, never_oblique = found.never
    # What may be level and may be oblique is unknown or has both readings.
    open_places = found.demanded & ~(never_level | never_oblique)
    if not open_places:
        return "ok"
    n_han = len(text)
    for index, character in enumerate(text):
        if open_places >> (n_han - 1 - index) & 1 and reading_of(character) == "unknown":
            return "undecidable"
    return "ok"
