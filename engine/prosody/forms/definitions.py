"""The forms of verse, read from `data/prosody/forms.toml`: line lengths, tones, rhyme positions, licences (拗救).

A form has one or more tone patterns, a tone pattern has segments (a couplet of regulated verse, a line of a 词), and a segment has
options: the plain one first, then those that a licence (拗救) or poetic practice allows.
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from engine.prosody.forms.line_types import LineVariant, couplet_variants, form_tables
from engine.prosody.text import FREE_VERSE, RhymeBook
from engine.prosody.tones import LEVEL
from engine.system.errors import Message, StudioError, UsageError, did_you_mean
from engine.system.names import shown

# The line types that end in a level tone.
LEVEL_ENDED_TYPES = "AB"
MIN_PAILU_LINES, MAX_PAILU_LINES = 10, 200
_WITH_N_LINES = re.compile(r"(\D+?)(\d{1,4})")

# A line of a tune: its template, the label of its rhyme, and the number of characters that repeat the line before.
_LINE = r"[平仄中]+( [A-Z]( 叠\d*)?)?\n"
_Lines = Annotated[str, Meta(pattern=rf"^({_LINE}\n?)*{_LINE}$")]
_Name = Annotated[str, Meta(min_length=1)]


class _Regulated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry `[[regulated]]` of `forms.toml`."""

    key: _Name
    name: _Name
    length: Annotated[int, Meta(ge=5, le=7)]
    n_lines: Annotated[int, Meta(ge=4, multiple_of=2)]
    orders: list[Annotated[str, Meta(pattern="^[aAbB]{2,}$")]]
    also: list[_Name] = []
    oblique: bool = False


class _Tune(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry `[[tunes]]` of `forms.toml`."""

    key: _Name
    name: _Name
    lines: _Lines
    also: list[_Name] = []
    variants: list[_Lines] = []


_Entry = TypeVar("_Entry", _Regulated, _Tune)


@dataclass(frozen=True, slots=True)
class SegmentOption:
    """An allowed tone template of a segment.

    `templates`: strings of 平 仄 中, one per line. `licences`: (line of the poem, name) of each licence; `notes`: of each deviation
    without a licence.
    """

    templates: tuple[str, ...]
    licences: tuple[tuple[int, str], ...] = ()
    notes: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive lines of a poem, from `first_line` (from 0), and their options."""

    first_line: int
    options: tuple[SegmentOption, ...]

    @property
    def plain(self) -> SegmentOption:
        return self.options[0]


@dataclass(frozen=True, slots=True)
class RhymePosition:
    """A rhyming line end. `line` counts from 0; positions with the same `label` rhyme with one another, in level or oblique tone."""

    line: int
    label: str
    is_level: bool


@dataclass(frozen=True, slots=True)
class TonePattern:
    """A tone pattern. `name`: the line types of regulated verse (aBbA); for a tune the name of the form."""

    name: str
    segments: tuple[Segment, ...]
    rhymes: tuple[RhymePosition, ...]

    @property
    def templates(self) -> tuple[str, ...]:
        """The plain template of every line."""
        return tuple(template for segment in self.segments for template in segment.plain.templates)


@dataclass(frozen=True, slots=True)
class Repeat:
    """叠: `line` repeats the last `length` characters of the line before it."""

    line: int
    length: int


@dataclass(frozen=True, slots=True)
class Form:
    """A form of verse. `stanza_starts`: the first line of each stanza, from 0. `rhyme_system`: the rhyme book of its rhymes.

    `variants`: other variants of a tune (又一体), forms with its key and names, which are recognised but not composed.
    `is_regulated`: 近体诗, whose lines and couplets follow rules; any other form is a tune. `rhymes_level`: whether a regulated form
    rhymes in a level tone.
    """

    key: str
    name: str
    also: tuple[str, ...]
    line_lengths: tuple[int, ...]
    tone_patterns: tuple[TonePattern, ...]
    rhyme_system: RhymeBook
    repeats: tuple[Repeat, ...] = ()
    stanza_starts: tuple[int, ...] = (0,)
    variants: tuple["Form", ...] = ()
    is_regulated: bool = False
    rhymes_level: bool = True

    @property
    def takes_n_lines(self) -> bool:
        """Whether the number of lines is free (排律)."""
        return self.is_regulated and len(self.line_lengths) >= MIN_PAILU_LINES

    def in_book(self, book: RhymeBook | None) -> "Form":
        """The form with another rhyme book; None: unchanged. 诗 take any book, 词 take 词林正韵 or 中华新韵 and ignore 平水韵."""
        if book is None or book == self.rhyme_system or (book == "pingshui" and not self.is_regulated):
            return self
        variants = tuple(variant.in_book(book) for variant in self.variants)
        return dataclasses.replace(self, rhyme_system=book, variants=variants)


def form_called(name: str) -> Form:
    """The form with a key (wujue) or a name (五绝); 五排20 and wupai20 give the number of lines of a 排律.

    Raises:
        UsageError: for an unknown form.
    """
    # Regulated forms first: building the tunes takes ten times as long, and most requests need none.
    for family in (regulated_forms, forms):
        for form in family():
            if name in (form.key, form.name, *form.also):
                return form
    if counted := _WITH_N_LINES.fullmatch(name):
        for form in forms():
            if form.takes_n_lines and counted[1] in (form.key, form.name, *form.also):
                return with_n_lines(form.key, _n_lines_of_pailu(form, int(counted[2])))
    names = [called for form in forms() for called in (form.key, form.name, *form.also)]
    hint = did_you_mean(name, names, "`poetry-tui forms` lists the forms.")
    raise UsageError("There is no form called {name}.", hint, name=shown(name))


def form_or_none(name: str | None) -> Form | None:
    """As `form_called`; None for free verse and unknown names."""
    if name in (None, "", FREE_VERSE):
        return None
    with contextlib.suppress(UsageError):
        return form_called(name)
    return None


def named_with_lines(key: str, n_lines: int) -> str:
    """The name with which `form_called` finds a form with this number of lines: wupai20; the key if the number is fixed."""
    form = form_called(key)
    return f"{key}{n_lines}" if form.takes_n_lines and n_lines != len(form.line_lengths) else key


def _n_lines_of_pailu(form: Form, n_lines: int) -> int:
    if n_lines % 2 or not MIN_PAILU_LINES <= n_lines <= MAX_PAILU_LINES:
        raise UsageError(
            Message("{form} cannot have {number} lines.", form=form.name, number=n_lines),
            Message(
                "Choose an even number from {number} to {number2}.", number=MIN_PAILU_LINES, number2=MAX_PAILU_LINES
            ),
        )
    return n_lines


def forms_of_lengths(line_lengths: Sequence[int]) -> tuple[Form, ...]:
    """The forms with these line lengths; often none."""
    found = _by_lengths().get(tuple(line_lengths), ())
    n_lines, kinds = len(line_lengths), set(line_lengths)
    if n_lines % 2 or n_lines < MIN_PAILU_LINES or len(kinds) > 1:
        return found
    counted = (with_n_lines(one.key, n_lines) for one in forms() if one.takes_n_lines and one.line_lengths[0] in kinds)
    return (*counted, *(form for form in found if not form.takes_n_lines))


def tunes_of_size(n_characters: int) -> tuple[Form, ...]:
    """The tunes and variants with this number of characters."""
    return _by_size().get(n_characters, ())


def tunes_called(title: str) -> tuple[Form, ...]:
    """The tunes with a name; 乌夜啼 names two."""
    return tuple(form for form in forms() if not form.is_regulated and title in (form.name, *form.also))


@functools.lru_cache(maxsize=64)
def with_n_lines(key: str, n_lines: int) -> Form:
    """The 排律 with a key and a number of lines."""
    entry = next(one for one in _entries("regulated", _Regulated) if one.key == key)
    return _regulated(msgspec.structs.replace(entry, n_lines=n_lines))


@functools.cache
def regulated_forms() -> tuple[Form, ...]:
    return tuple(map(_regulated, _entries("regulated", _Regulated)))


@functools.cache
def forms() -> tuple[Form, ...]:
    """All forms: the regulated ones first, then the tunes."""
    return (*regulated_forms(), *map(_tune, _entries("tunes", _Tune)))


def _entries(table: str, kind: type[_Entry]) -> list[_Entry]:
    """The entries of a table of `forms.toml`.

    Raises:
        StudioError: for an entry with a missing, unknown or invalid key; it names the entry.
    """
    entries = []
    for number, entry in enumerate(form_tables()[table], start=1):
        try:
            entries.append(msgspec.convert(entry, kind))
        except msgspec.ValidationError as error:
            raise StudioError(
                "The form {name} of forms.toml cannot be read: {error}.",
                "The comments in data/prosody/forms.toml explain the keys.",
                name=shown(entry.get("name", f"{table} {number}")),
                error=error,
            ) from error
    return entries


@functools.cache
def _by_lengths() -> Mapping[tuple[int, ...], tuple[Form, ...]]:
    found: dict[tuple[int, ...], tuple[Form, ...]] = {}
    for form in forms():
        found[form.line_lengths] = (*found.get(form.line_lengths, ()), form)
    return found


@functools.cache
def _by_size() -> Mapping[int, tuple[Form, ...]]:
    found: dict[int, tuple[Form, ...]] = {}
    for form in forms():
        for variant in () if form.is_regulated else (form, *form.variants):
            size = sum(variant.line_lengths)
            found[size] = (*found.get(size, ()), variant)
    return found


def _regulated(entry: _Regulated) -> Form:
    length, n_lines, is_level = entry.length, entry.n_lines, not entry.oblique
    lengths = (length,) * n_lines
    tone_patterns = []
    for first in entry.orders:
        types = _followed(first, n_lines)
        segments = [
            Segment(line, tuple(_option(line, both) for both in couplet_variants(types[line : line + 2], length)))
            for line in range(0, n_lines, 2)
        ]
        rhymes = [
            RhymePosition(line, "A", is_level)
            for line, type in enumerate(types)
            if (type in LEVEL_ENDED_TYPES) == is_level
        ]
        tone_patterns.append(TonePattern(types, tuple(segments), tuple(rhymes)))
    names = (entry.key, entry.name, tuple(entry.also))
    return Form(*names, lengths, tuple(tone_patterns), "pingshui", is_regulated=True, rhymes_level=is_level)


def _followed(types: str, n_lines: int) -> str:
    """Continue line types of level rhyme to `n_lines`; each couplet adheres (黏) to the one before."""
    while len(types) < n_lines:
        types += "bA" if types[-1] == "B" else "aB"
    return types


def _option(first_line: int, variants: Sequence[LineVariant]) -> SegmentOption:
    numbered = list(enumerate(variants, start=first_line))
    licences = tuple((line, variant.licence) for line, variant in numbered if variant.licence)
    notes = tuple((line, variant.note) for line, variant in numbered if variant.note)
    return SegmentOption(tuple(variant.template for variant in variants), licences, notes)


def _tune(entry: _Tune) -> Form:
    stanzas = [stanza.splitlines() for stanza in entry.lines.strip().split("\n\n")]
    rows = [row.split() for stanza in stanzas for row in stanza]
    templates = [row[0] for row in rows]
    lengths = [len(template) for template in templates]
    segments = [Segment(line, (SegmentOption((template,)),)) for line, template in enumerate(templates)]
    rhymes = [RhymePosition(line, row[1], row[0][-1] == LEVEL) for line, row in enumerate(rows) if len(row) > 1]
    repeats = [Repeat(line, int(row[2][1:] or len(row[0]))) for line, row in enumerate(rows) if row[2:]]
    starts = [sum(map(len, stanzas[:number])) for number in range(len(stanzas))]
    tone_pattern = TonePattern(entry.name, tuple(segments), tuple(rhymes))
    names = (entry.key, entry.name, tuple(entry.also))
    variants = tuple(_tune(msgspec.structs.replace(entry, variants=[], lines=lines)) for lines in entry.variants)
    return Form(*names, tuple(lengths), (tone_pattern,), "cilin", tuple(repeats), tuple(starts), variants)
