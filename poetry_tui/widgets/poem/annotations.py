"""Tone annotations of a poem: 平 or 仄 beside each character, violations, licences (拗救), rhymes.

A pure function of the text; the checker in `engine.prosody` judges it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.prosody.checker import check
from engine.prosody.forms.definitions import Form, form_or_none
from engine.prosody.pinyin import pinyin_of
from engine.prosody.report import Report
from engine.prosody.text import RhymeBook
from engine.prosody.tones import Reading

Look = Literal["tone", "wrong", "licence", "rhyme"]
# Each as wide as a character: two cells.
READING_MARKS: Mapping[Reading, str] = {"平": "平", "仄": "仄", "both": "通", "unknown": "？"}
RHYME_MARK = "韵"


@dataclass(frozen=True, slots=True)
class Annotation:
    """The mark beside a character, or its pinyin, and its style."""

    text: str
    look: Look


@dataclass(frozen=True, slots=True)
class PoemAnnotations:
    """The annotations by index in the text, and the checker's report. `form`: None if no form has these lines."""

    annotations: Mapping[int, Annotation]
    report: Report
    form: Form | None

    @property
    def names(self) -> tuple[str, ...]:
        """Form and tone pattern (七绝, aBbA), or the style of old-style verse (古绝)."""
        names = [self.form.name if self.form else self.report.style]
        if self.form and self.form.is_regulated:
            names.append(self.report.tone_pattern or "")
        return tuple(filter(None, names))

    @property
    def rhyme_groups(self) -> tuple[str, ...]:
        return tuple("/".join(names) for names in self.report.rhyme_groups.values() if names)

    @property
    def faults(self) -> list[tuple[int, int, str]]:
        """(line, position, name) such as (3, 4, "孤平"), counted from 1; position 0 is the whole line."""
        report = self.report
        found = [(one.line, one.position, one.name or f"{one.character}{one.expected}") for one in report.violations]
        found += [(one.line, 0, one.name) for one in report.faults if not one.licence]
        found += [(one.line, 0, one.reason) for one in report.rhymes if one.verdict == "violation"]
        return sorted(found)


def annotate(
    text: str, form: str | None = None, book: RhymeBook | None = None, *, with_pinyin: bool = False
) -> PoemAnnotations:
    """Annotate a poem by a form (its key) and a rhyme book; by default by those that its lines fit. A fragment gets readings only.

    `with_pinyin`: annotate each character with its pinyin instead of its tone.
    """
    report = check(text, form_or_none(form), book=book)
    if report.tone_pattern is None and form is not None:
        report = check(text, book=book)
    found = form_or_none(report.form) if report.tone_pattern is not None else None
    annotations = _annotations(text, report)
    if with_pinyin:
        readings = [
            (index, reading) for index, reading in enumerate(pinyin_of(text)) if reading and index in annotations
        ]
        annotations = {index: Annotation(reading, annotations[index].look) for index, reading in readings}
    return PoemAnnotations(annotations, report, found)


def _annotations(text: str, report: Report) -> dict[int, Annotation]:
    wrong = {(one.line, one.position) for one in report.violations}
    licence = {(one.line, position) for one in report.licences for position in one.positions}
    rhymes = {one.line: one.verdict for one in report.rhymes}
    annotations: dict[int, Annotation] = {}
    at = 0
    for number, line in enumerate(report.lines, start=1):
        for position, (character, reading) in enumerate(zip(line.text, line.readings, strict=True), start=1):
            at = text.index(character, at)
            here = (number, position)
            look: Look = "wrong" if here in wrong else "licence" if here in licence else "tone"
            annotations[at] = Annotation(READING_MARKS[reading], look)
            at += 1
        # The annotation of the line's final mark.
        if number in rhymes and at < len(text):
            annotations[at] = Annotation(RHYME_MARK, "wrong" if rhymes[number] == "violation" else "rhyme")
    return annotations
