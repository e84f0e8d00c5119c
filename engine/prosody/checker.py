"""The checker: reports tones, rhymes and verdicts of a poem in a form.

The verdicts ok and violation follow from the rhyme book alone; a character that it lacks makes a verdict undecidable.
A character with both readings satisfies either, and is listed in `either` of the report.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from engine.prosody.forms.definitions import Form, form_called, forms_of_lengths
from engine.prosody.forms.match import TuneFit, Verdict, fit
from engine.prosody.regulated.match import RegulatedFit, fit_regulated
from engine.prosody.regulated.old_style import is_old_style, old_style_report, style_of
from engine.prosody.regulated.report import regulated_report, regulated_verdicts
from engine.prosody.report import Fault, Report, Verdicts, Violation, positions_of, report_of_fit, report_of_tones
from engine.prosody.text import RhymeBook
from engine.prosody.tones import reading_of, tone_book
from engine.prosody.tunes import characters_off, fit_tune, line_differences, nearly_tune, recognised_tune, recut

# The sign of a missing character, in editions (〓) and in the studio (□), counts as a character of its line.
_BETWEEN_LINES = re.compile(r"[^\w□〓]+|_+")
_BETWEEN_LINES_BUT_PAUSES = re.compile(r"(?:[^\w□〓、]|_)+")

AnyFit = TuneFit | RegulatedFit


def check(
    poem: str | Sequence[str],
    form: str | Form | None = None,
    *,
    book: RhymeBook | None = None,
    strict: bool = False,
) -> Report:
    """Check a poem, given as text or as lines, against a form; None: the form that its line lengths suggest.

    Four lines, or an even number from eight on, of five or seven characters each, are checked as regulated verse, or as old-style verse
    (古体) if they keep none of its rules; a tune is recognised if most positions fit. Punctuation and line breaks separate lines;
    the lines of a tune are found by its characters and rhymes, however the text is divided.

    Args:
        book: the rhyme book; None: 平水韵 for 诗 and 词林正韵 for 词.
        strict: whether 三仄尾 is a violation.

    Raises:
        UsageError: for an unknown form.
    """
    wanted = form_called(form) if isinstance(form, str) else form
    wanted = wanted and wanted.in_book(book)
    divisions = list(_divisions(poem))
    for lines in divisions:
        found = _best_fit(lines, wanted, book, strict)
        if isinstance(found, RegulatedFit):
            if wanted is None and is_old_style(found):
                return old_style_report(lines, style_of(lines), book)
            return regulated_report(lines, found)
        if found is not None:
            return _tune_report(recut(lines, found.form.line_lengths), found)
    return _without_form(divisions[0], wanted, book)


def split_verse(text: str) -> list[str]:
    """The lines of any text: the parts between punctuation, brackets, spaces and line breaks."""
    return [line for line in _BETWEEN_LINES.split(text) if line]


def _divisions(poem: str | Sequence[str]) -> Iterable[list[str]]:
    """Yield the ways to divide a poem into lines: at every mark but 、, then at every mark."""
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
    if best is None or (tune is not None and tune.n_faults < best.n_faults):
        return tune
    return best


def fitted(lines: Sequence[str], form: Form) -> AnyFit:
    """Fit lines of a form's lengths to it."""
    return fit_regulated(lines, form) if form.is_regulated else fit(lines, form)


def _without_form(lines: Sequence[str], wanted: Form | None, book: RhymeBook | None) -> Report:
    """The report of lines that have no form, or not the requested one: tones only, and line-length faults of a form nearly met."""
    if wanted is None and (style := style_of(lines)):
        return old_style_report(lines, style, book)
    meant = wanted or _nearly_regulated(lines) or nearly_tune(lines)
    verdict: Verdict = "undecidable" if meant is None else "violation"
    report = report_of_tones(lines, Verdicts(verdict, "undecidable", "undecidable"), tone_book(book))
    if meant is None:
        return report
    faults = tuple(_wrong_lengths(lines, meant))
    return dataclasses.replace(report, form=meant.key, faults=faults, rhyme_book=meant.in_book(book).rhyme_system)


def _nearly_regulated(lines: Sequence[str]) -> Form | None:
    """The regulated form that lines would have if the only line of another length had that of the others; else None."""
    lengths = Counter(map(len, lines)).most_common()
    if len(lengths) != 2 or lengths[1][1] != 1 or len(lines) < 4:
        return None
    found = forms_of_lengths((lengths[0][0],) * len(lines))
    return next((form for form in found if form.is_regulated), None)


def _wrong_lengths(lines: Sequence[str], form: Form) -> Iterable[Fault]:
    """The lines that are longer or shorter than the form's, missing (缺句, at the last line) or surplus (多句, at the first of them)."""
    if not form.is_regulated:
        yield from (Fault(difference, line) for line, difference in line_differences(lines, form))
        return
    n_lines, n_wanted = len(lines), len(form.line_lengths)
    for number, (line, length) in enumerate(zip(lines, form.line_lengths, strict=False), start=1):
        if len(line) != length:
            yield Fault(characters_off(len(line) - length), number)
    if n_lines != n_wanted:
        yield Fault("缺句" if n_lines < n_wanted else "多句", min(n_lines, n_wanted + 1))


def _tune_report(lines: Sequence[str], found: TuneFit) -> Report:
    report = report_of_fit(lines, found, verdicts_of(lines, found))
    return dataclasses.replace(
        report, violations=tuple(_violations(report, found)), faults=tuple(_ill_repeated(lines, found.form))
    )


def _violations(report: Report, found: TuneFit) -> Iterator[Violation]:
    n_han = sum(map(len, found.templates))
    for index, at in enumerate(positions_of([line.text for line in report.lines])):
        if found.wrong >> (n_han - 1 - index) & 1:
            line = report.lines[at.line - 1]
            expected, reading = line.template[at.position - 1], line.readings[at.position - 1]
            yield Violation(at.line, at.position, at.character, expected, reading, "")


def _ill_repeated(lines: Sequence[str], form: Form) -> Iterator[Fault]:
    """叠句: lines that do not repeat the one before, as the form requires."""
    for repeat in form.repeats:
        if lines[repeat.line] != lines[repeat.line - 1][-repeat.length :]:
            yield Fault("叠句", repeat.line + 1)


def quick_verdicts(lines: Sequence[str], form: Form) -> Verdicts:
    """The verdicts of `check` without a report, several times as fast: for evaluating a corpus, or candidates."""
    if tuple(map(len, lines)) != form.line_lengths:
        return Verdicts("violation", "undecidable", "undecidable")
    return verdicts_of(lines, fitted(lines, form))


def verdicts_of(lines: Sequence[str], found: AnyFit) -> Verdicts:
    """The verdicts on lines that were fitted to a form."""
    if isinstance(found, RegulatedFit):
        return regulated_verdicts(lines, found)
    repeats: Verdict = "violation" if any(_ill_repeated(lines, found.form)) else "ok"
    return Verdicts(repeats, _tones_verdict("".join(lines), found), found.rhyme.verdict)


def _tones_verdict(text: str, found: TuneFit) -> Verdict:
    if found.wrong:
        return "violation"
    unknown = (
        found.undecided >> index & 1 and reading_of(character, found.form.rhyme_system) == "unknown"
        for index, character in enumerate(reversed(text))
    )
    return "undecidable" if found.undecided and any(unknown) else "ok"
