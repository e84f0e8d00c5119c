"""The checker: a poem and a form become a report of tones, rhymes and verdicts.

ok and violation are told from the rhyme book alone; a character that it lacks makes a verdict undecidable, never a guess.
A character with both readings satisfies either, and the report says where (`either`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from engine.prosody.forms.definitions import Form, form_called, forms_of_lengths
from engine.prosody.forms.match import Fit, Verdict, fit
from engine.prosody.regulated.match import RegulatedFit, fit_regulated
from engine.prosody.regulated.old_style import is_old_style, old_style_report, style_of
from engine.prosody.regulated.report import regulated_report, regulated_verdicts
from engine.prosody.regulated.rhymes import group_names
from engine.prosody.report import CharacterPosition, Fault, LineReport, Report, Rhyme, Verdicts, Violation
from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook
from engine.prosody.tones import EITHER, reading_of
from engine.prosody.tunes import characters_off, fit_tune, line_differences, nearly_tune, recognised_tune, recut

# A missing character, as editions and the studio write it, is a position of its line.
_BETWEEN_LINES = re.compile(r"[^\w□〓]+|_+")
_BETWEEN_LINES_BUT_PAUSES = re.compile(r"(?:[^\w□〓、]|_)+")

AnyFit = Fit | RegulatedFit


def check(
    poem: str | Sequence[str],
    form: str | Form | None = None,
    *,
    book: RhymeBook | None = None,
    strict: bool = False,
) -> Report:
    """Judge a poem, given as text or as lines; without a form, the one with these line lengths.

    An even number of lines of five or of seven, four or eight or more, is judged as regulated verse, or as old-style verse (古体)
    where it keeps none of its rules; a tune is recognised where most positions fit. Punctuation and line breaks part the lines; a
    tune's lines are told by its characters and rhymes, however they are cut.

    Args:
        book: the rhyme book; None is 平水韵 for 诗 and 词林正韵 for 词.
        strict: whether 三仄尾 is a violation.

    Raises:
        UsageError: for a form that there is not.
    """
    wanted = form_called(form) if isinstance(form, str) else form
    wanted = wanted and wanted.in_book(book)
    manners = list(_manners(poem))
    for lines in manners:
        found = _best_fit(lines, wanted, book, strict)
        if isinstance(found, RegulatedFit):
            if wanted is None and is_old_style(found):
                return old_style_report(lines, style_of(lines), book)
            return regulated_report(lines, found)
        if found is not None:
            return _report(recut(lines, found.form.line_lengths), found)
    return _without_form(manners[0], wanted, book)


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


def _best_fit(lines: Sequence[str], wanted: Form | None, book: RhymeBook | None, strict: bool) -> AnyFit | None:
    lengths = tuple(map(len, lines))
    if wanted is not None and not wanted.is_regulated:
        return fit_tune(lines, wanted)
    if wanted is not None:
        return fit_regulated(lines, wanted, strict=strict) if wanted.line_lengths == lengths else None
    regulated = [form.in_book(book) for form in forms_of_lengths(lengths) if form.is_regulated]
    fits = (fit_regulated(lines, form, strict=strict) for form in regulated)
    best = min(fits, key=lambda one: one.score, default=None)
    tune = recognised_tune(lines, book)
    if best is None or (tune is not None and tune.score[0] < best.n_faults):
        return tune
    return best


def fitted(lines: Sequence[str], form: Form) -> AnyFit:
    """Some lines of a form's lengths, fitted to it."""
    return fit_regulated(lines, form) if form.is_regulated else fit(lines, form)


def _without_form(lines: Sequence[str], wanted: Form | None, book: RhymeBook | None) -> Report:
    """The tones alone: nothing can be said about their order where the lines have no form, or not the one wanted."""
    if wanted is None and (style := style_of(lines)):
        return old_style_report(lines, style, book)
    meant = wanted or _nearly_regulated(lines) or nearly_tune(lines)
    verdict: Verdict = "undecidable" if meant is None else "violation"
    system: RhymeBook = "xinyun" if book == "xinyun" else "pingshui"
    return Report(
        form=meant.key if meant else None,
        tone_pattern=None,
        ties=(),
        verdicts=Verdicts(verdict, "undecidable", "undecidable"),
        lines=tuple(LineReport(line, tuple(reading_of(one, system) for one in line), "") for line in lines),
        violations=(),
        licences=(),
        faults=tuple(_wrong_lengths(lines, meant)) if meant else (),
        rhymes=(),
        rhyme_groups={},
        either=(),
        unknown=tuple(_unknown(lines, system)),
        rhyme_book=meant.in_book(book).rhyme_system if meant else system,
    )


def _nearly_regulated(lines: Sequence[str]) -> Form | None:
    """The regulated form that some lines would have if one of them were as long as all the others."""
    lengths = Counter(map(len, lines)).most_common()
    if len(lengths) != 2 or lengths[1][1] != 1 or len(lines) < 4:
        return None
    found = forms_of_lengths((lengths[0][0],) * len(lines))
    return next((form for form in found if form.is_regulated), None)


def _wrong_lengths(lines: Sequence[str], form: Form) -> Iterable[Fault]:
    """Which lines are longer or shorter than the form's, or missing (缺句, at the last) or too many (多句, at the first of them)."""
    if not form.is_regulated:
        yield from (Fault(difference, line) for line, difference in line_differences(lines, form))
        return
    n_lines, n_wanted = len(lines), len(form.line_lengths)
    for number, (line, length) in enumerate(zip(lines, form.line_lengths, strict=False), start=1):
        if len(line) != length:
            yield Fault(characters_off(len(line) - length), number)
    if n_lines != n_wanted:
        yield Fault("缺句" if n_lines < n_wanted else "多句", min(n_lines, n_wanted + 1))


def _report(lines: Sequence[str], found: Fit) -> Report:
    """What is said of a tune."""
    templates = [template for pattern in found.options for template in pattern.templates]
    masks = masks_of(found.form.rhyme_system)
    either = (one for one in _positions(lines) if reading_of(one.character, found.form.rhyme_system) == "both")
    return Report(
        form=found.form.key,
        tone_pattern=found.tone_pattern.name,
        ties=found.ties,
        verdicts=verdicts_of(lines, found),
        lines=tuple(_line_report(line, template, found.form) for line, template in zip(lines, templates, strict=True)),
        violations=tuple(_violations(lines, templates, found)),
        licences=(),
        faults=tuple(_faults(lines, found.form)),
        rhymes=tuple(_rhymes(lines, found)),
        rhyme_groups={label: masks.names_in(mask) for label, mask in found.rhyme.shared.items()},
        either=tuple(one for one in either if templates[one.line - 1][one.position - 1] != EITHER),
        unknown=tuple(_unknown(lines, found.form.rhyme_system)),
        rhyme_book=found.form.rhyme_system,
    )


def _line_report(line: str, template: str, form: Form) -> LineReport:
    return LineReport(line, tuple(reading_of(one, form.rhyme_system) for one in line), template)


def _positions(lines: Sequence[str]) -> Iterable[CharacterPosition]:
    for number, line in enumerate(lines, start=1):
        for position, character in enumerate(line, start=1):
            yield CharacterPosition(number, position, character)


def _unknown(lines: Sequence[str], system: RhymeBook) -> Iterable[CharacterPosition]:
    return (at for at in _positions(lines) if reading_of(at.character, system) == "unknown")


def _violations(lines: Sequence[str], templates: Sequence[str], found: Fit) -> Iterable[Violation]:
    n_han = sum(map(len, lines))
    for index, at in enumerate(_positions(lines)):
        if found.wrong >> (n_han - 1 - index) & 1:
            expected = templates[at.line - 1][at.position - 1]
            reading = reading_of(at.character, found.form.rhyme_system)
            yield Violation(at.line, at.position, at.character, expected, reading, "")


def _faults(lines: Sequence[str], form: Form) -> Iterable[Fault]:
    """叠句: a line does not repeat the one before, as it should."""
    for repeat in form.repeats:
        if lines[repeat.line] != lines[repeat.line - 1][-repeat.length :]:
            yield Fault("叠句", repeat.line + 1)


def _rhymes(lines: Sequence[str], found: Fit) -> Iterable[Rhyme]:
    masks = masks_of(found.form.rhyme_system)
    for position, fault in zip(found.tone_pattern.rhymes, found.rhyme.faults, strict=True):
        character = lines[position.line][-1]
        verdict: Verdict = "violation" if fault else "undecidable" if position.line in found.rhyme.unknown else "ok"
        if fault == "疑重韵":
            verdict = "undecidable"
        yield Rhyme(position.line + 1, character, position.label, group_names(masks, character), verdict, fault)


def quick_verdicts(lines: Sequence[str], form: Form) -> Verdicts:
    """The verdicts of `check` alone, several times as fast: for judging a corpus, or candidates while composing."""
    if tuple(map(len, lines)) != form.line_lengths:
        return Verdicts("violation", "undecidable", "undecidable")
    return verdicts_of(lines, fitted(lines, form))


def verdicts_of(lines: Sequence[str], found: AnyFit) -> Verdicts:
    """The verdicts on lines of a form's lengths that were fitted to it."""
    if isinstance(found, RegulatedFit):
        return regulated_verdicts(lines, found)
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
        if open_places >> (n_han - 1 - index) & 1 and reading_of(character, found.form.rhyme_system) == "unknown":
            return "undecidable"
    return "ok"
