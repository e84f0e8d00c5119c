"""What the checker says about a poem, as plain frozen data. Lines and positions count from 1, as people do."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from engine.prosody.forms.definitions import RhymePosition
from engine.prosody.forms.match import RhymeFit, TuneFit, Verdict
from engine.prosody.regulated.match import RegulatedFit
from engine.prosody.rhymes import Masks, masks_of
from engine.prosody.text import RhymeBook
from engine.prosody.tones import EITHER, Reading, reading_of

BORROWED_RHYME = "首句邻韵"


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line, the reading of each character, and the 平 仄 中 that its form wants there ("" without a form)."""

    text: str
    readings: tuple[Reading, ...]
    template: str


@dataclass(frozen=True, slots=True)
class CharacterPosition:
    line: int
    position: int
    character: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A place with the wrong tone; `name` where the fault has one: 孤平, 三平尾, 大拗, 三仄尾 (by strictness alone)."""

    line: int
    position: int
    character: str
    expected: str
    found: Reading
    name: str


@dataclass(frozen=True, slots=True)
class Licence:
    """A deviation that rules allow (拗救, 首句邻韵, 折腰体): its name, and the positions where the line leaves the plain template."""

    name: str
    line: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with whole lines: 失对 within a couplet, 失黏 between two, 叠句 where a line should repeat the one before.

    Also a line that is longer or shorter than its form's: 多一字, 少二字, 缺句, 多句; of a tune `line` counts the tune's lines
    then. With a `licence` (失黏 in a quatrain: 折腰体) it is none.
    """

    name: str
    line: int
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What is worth knowing and changes no verdict: 小拗 without 救, 三仄尾, 撞韵, 重字 (the later place), 合掌."""

    name: str
    line: int
    positions: tuple[int, ...]
    characters: str


@dataclass(frozen=True, slots=True)
class Couplet:
    """对仗 of a couplet that the form wants parallel; `line` is its first. See `engine.prosody.parallelism` for the fields."""

    line: int
    score: float
    is_parallel: bool
    mismatches: tuple[int, ...]
    repeated: str


@dataclass(frozen=True, slots=True)
class Rhyme:
    """The end of a line that must rhyme: `label` tells which rhyme, `groups` all that the character belongs to.

    `reason` of a violation: 出韵 another group, 重韵 the character has rhymed before (疑重韵, undecidable: it may stand for
    another word), 声调 it lacks the tone; 首句邻韵 is a first line in a neighbouring group, which is ok.
    """

    line: int
    character: str
    label: str
    groups: tuple[str, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Verdicts:
    form: Verdict
    tones: Verdict
    rhyme: Verdict

    @property
    def overall(self) -> Verdict:
        all_of_them = (self.form, self.tones, self.rhyme)
        return next((one for one in ("violation", "undecidable") if one in all_of_them), "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`form` and `tone_pattern` name the form and its tone pattern that fit best, `ties` the patterns that fit as well; all of them None
    or empty where no form has these line lengths. `rhyme_groups`: the groups that the poem rhymes in, by label.
    `either`: places that a character with both readings fills, so that ok stands on the reading that suits; `doubtful`: those of
    them where that reading is one that poets hardly use. `couplets`: how parallel the middle couplets of 律诗 and 排律 are; they
    change no verdict. `style`: 古绝, 五言古诗, 七言古诗: verse that no rule of tones binds.
    """

    form: str | None = None
    tone_pattern: str | None = None
    ties: tuple[str, ...] = ()
    verdicts: Verdicts
    lines: tuple[LineReport, ...]
    violations: tuple[Violation, ...] = ()
    licences: tuple[Licence, ...] = ()
    faults: tuple[Fault, ...] = ()
    rhymes: tuple[Rhyme, ...] = ()
    rhyme_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    either: tuple[CharacterPosition, ...] = ()
    unknown: tuple[CharacterPosition, ...] = ()
    notes: tuple[Note, ...] = ()
    doubtful: tuple[CharacterPosition, ...] = ()
    style: str = ""
    rhyme_book: RhymeBook = "pingshui"
    couplets: tuple[Couplet, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether all is ok, on the strength of readings that poets hardly use."""
        return self.verdicts.overall == "ok" and bool(self.doubtful)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts and strings, as JSON has them; the tone pattern is called `order` there."""
        data = dataclasses.asdict(self)
        return {"order": data.pop("tone_pattern"), **data, "verdict": self.verdicts.overall}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The report that `to_dict` was made of."""
        return msgspec.convert({**data, "tone_pattern": data["order"]}, cls)


def report_of_tones(lines: Sequence[str], verdicts: Verdicts, book: RhymeBook) -> Report:
    """The readings of lines that are held to no template."""
    return _with_readings(lines, [""] * len(lines), verdicts, book)


def report_of_fit(lines: Sequence[str], found: TuneFit | RegulatedFit, verdicts: Verdicts) -> Report:
    """Readings and rhymes of lines beside the form that they were fitted to."""
    book, rhyme, templates = found.form.rhyme_system, found.rhyme, found.templates
    masks = masks_of(book)
    report = _with_readings(lines, templates, verdicts, book)
    return dataclasses.replace(
        report,
        form=found.form.key,
        tone_pattern=found.tone_pattern.name,
        ties=found.ties,
        rhymes=tuple(_rhymes(lines, found.tone_pattern.rhymes, rhyme, masks)),
        rhyme_groups={label: masks.names_in(mask) for label, mask in rhyme.shared.items()},
        either=tuple(at for at in _read_as("both", report) if templates[at.line - 1][at.position - 1] != EITHER),
    )


def _with_readings(lines: Sequence[str], templates: Sequence[str], verdicts: Verdicts, book: RhymeBook) -> Report:
    readings = (tuple(reading_of(character, book) for character in line) for line in lines)
    reports = tuple(LineReport(*parts) for parts in zip(lines, readings, templates, strict=True))
    report = Report(verdicts=verdicts, lines=reports, rhyme_book=book)
    return dataclasses.replace(report, unknown=tuple(_read_as("unknown", report)))


def _read_as(reading: Reading, report: Report) -> Iterator[CharacterPosition]:
    positions = positions_of([line.text for line in report.lines])
    return (at for at in positions if report.lines[at.line - 1].readings[at.position - 1] == reading)


def positions_of(lines: Sequence[str]) -> Iterator[CharacterPosition]:
    """Every character of a poem with its place."""
    for number, line in enumerate(lines, start=1):
        for position, character in enumerate(line, start=1):
            yield CharacterPosition(number, position, character)


def _rhymes(lines: Sequence[str], positions: Sequence[RhymePosition], rhyme: RhymeFit, masks: Masks) -> Iterator[Rhyme]:
    for at, fault in zip(positions, rhyme.faults, strict=True):
        character = lines[at.line][-1]
        is_undecidable = fault == "疑重韵" or (not fault and at.line in rhyme.unknown)
        verdict: Verdict = "undecidable" if is_undecidable else "violation" if fault else "ok"
        reason = fault or (BORROWED_RHYME if at.line in rhyme.borrowed else "")
        groups = masks.names_in(masks.groups_of(character))
        yield Rhyme(at.line + 1, character, at.label, groups, verdict, reason)
