"""The checker's report on a poem, as frozen data. Lines and positions count from 1."""

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
    """A line, the reading of each character, and its template of 平 仄 中 ("" without a form)."""

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
    """A position with the wrong tone. `name`: the name of the fault, if any: 孤平, 三平尾, 大拗, 三仄尾 (if strict)."""

    line: int
    position: int
    character: str
    expected: str
    found: Reading
    name: str


@dataclass(frozen=True, slots=True)
class Licence:
    """A deviation that the rules allow (拗救, 首句邻韵, 折腰体): its name, and the positions that deviate from the plain template."""

    name: str
    line: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of whole lines: 失对 within a couplet, 失黏 between couplets, 叠句 where a line should repeat the one before.

    Also a line of the wrong length: 多一字, 少二字, 缺句, 多句; `line` then counts the lines of the tune. With a `licence`
    (折腰体 for 失黏 in a quatrain) it is no fault.
    """

    name: str
    line: int
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that changes no verdict: 小拗 without 救, 三仄尾, 撞韵, 重字 (at the later position), 合掌."""

    name: str
    line: int
    positions: tuple[int, ...]
    characters: str


@dataclass(frozen=True, slots=True)
class Couplet:
    """The parallelism (对仗) of a couplet that must be parallel; `line` is its first. See `CoupletParallelism` for the fields."""

    line: int
    score: float
    is_parallel: bool
    mismatches: tuple[int, ...]
    repeated: str


@dataclass(frozen=True, slots=True)
class Rhyme:
    """The end of a line that must rhyme. `label`: of the rhyme; `groups`: all groups of the character.

    `reason` of a violation: 出韵 another group, 重韵 a repeated rhyme character (疑重韵, undecidable: it may be another
    word), 声调 the wrong tone. 首句邻韵 is a first line in a neighbouring group, which is ok.
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
    """The report on a poem.

    `form`, `tone_pattern`: the best fit; `ties`: the patterns that fit equally well; None or empty if no form has these line lengths.
    `rhyme_groups`: the groups that the poem rhymes in, by label. `either`: positions of characters with both readings, which count as the
    fitting one; `doubtful`: positions that are ok by a reading that poets rarely use. `couplets`: parallelism of the middle
    couplets of 律诗 and 排律, without effect on verdicts. `style`: 古绝, 五言古诗 or 七言古诗, verse without tone rules; else "".
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
        """Whether the verdict is ok but depends on readings that poets rarely use."""
        return self.verdicts.overall == "ok" and bool(self.doubtful)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; the key of the tone pattern is `order`."""
        data = dataclasses.asdict(self)
        return {"order": data.pop("tone_pattern"), **data, "verdict": self.verdicts.overall}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return msgspec.convert({**data, "tone_pattern": data["order"]}, cls)


def report_of_tones(lines: Sequence[str], verdicts: Verdicts, book: RhymeBook) -> Report:
    """The report of lines without a form: readings only."""
    return _with_readings(lines, [""] * len(lines), verdicts, book)


def report_of_fit(lines: Sequence[str], found: TuneFit | RegulatedFit, verdicts: Verdicts) -> Report:
    """The report of lines fitted to a form: readings and rhymes."""
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
    """Yield every character of a poem with its position."""
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
