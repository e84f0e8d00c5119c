"""Tone annotations of a poem: 平 or 仄 beside each character, violations, licences (拗救), rhymes.

A pure function of the text; the checker in `engine.prosody` judges it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.prosody.checker import check
from engine.prosody.forms.definitions import form_or_none
from engine.prosody.forms.match import Verdict
from engine.prosody.pinyin import pinyin_of
from engine.prosody.report import Report
from engine.prosody.text import RHYME_BOOKS, RhymeBook
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
    """The annotations by position of the text, and what the checker says: names as they are (七绝, aBbA, 一东, 孤平).

    `form` and `tone_pattern` are None where no form has these lines; `style` names old-style verse (古绝). `faults` and `notes` name line
    and position: (3, 4, "孤平"); position 0 is the whole line. `licences`, all licences, name their line; `doubtful` are the positions that
    are right by a reading that poets hardly use. `parallelism`: the score of each middle couplet of a 律诗, 0 to 1.
    """

    annotations: Mapping[int, Annotation]
    form: str | None
    tone_pattern: str | None
    rhyme_groups: tuple[str, ...]
    tones: Verdict
    rhyme: Verdict
    faults: tuple[tuple[int, int, str], ...]
    licences: tuple[tuple[int, str], ...]
    notes: tuple[tuple[int, int, str], ...] = ()
    doubtful: tuple[tuple[int, int, str], ...] = ()
    style: str = ""
    rhyme_book: str = ""
    parallelism: tuple[float, ...] = ()


def annotate(
    text: str, form: str | None = None, book: RhymeBook | None = None, *, with_pinyin: bool = False
) -> PoemAnnotations:
    """Annotate a poem by a form (its key) and a rhyme book, or by those that its lines fit; a fragment gets readings alone.

    `with_pinyin`: the pinyin stands beside each character, in place of its tone.
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
    return PoemAnnotations(
        annotations=annotations,
        form=found.name if found else None,
        tone_pattern=report.tone_pattern if found and found.is_regulated else None,
        rhyme_groups=tuple("/".join(names) for names in report.rhyme_groups.values() if names),
        tones=report.verdicts.tones,
        rhyme=report.verdicts.rhyme,
        faults=_faults(report),
        licences=tuple((one.line, one.name) for one in report.licences),
        notes=tuple((one.line, next(iter(one.positions), 0), f"{one.name} {one.characters}") for one in report.notes),
        doubtful=tuple((one.line, one.position, one.character) for one in report.doubtful),
        style=report.style,
        rhyme_book=RHYME_BOOKS[report.rhyme_book] if found and report.rhyme_book != found.rhyme_system else "",
        parallelism=tuple(one.score for one in report.couplets),
    )


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
        # Below the mark that ends the line.
        if number in rhymes and at < len(text):
            annotations[at] = Annotation(RHYME_MARK, "wrong" if rhymes[number] == "violation" else "rhyme")
    return annotations


def _faults(report: Report) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    found += [(one.line, one.position, one.name or f"{one.character}{one.expected}") for one in report.violations]
    found += [(one.line, 0, one.name) for one in report.faults if not one.licence]
    found += [(one.line, 0, one.reason) for one in report.rhymes if one.verdict == "violation"]
    return tuple(sorted(found))
