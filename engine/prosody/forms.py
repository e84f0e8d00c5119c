"""The forms of verse, read from `data/prosody/forms.toml`: line lengths, tones, rhyme places, allowed rescues.

A form has one or more tone orders, an order has segments (a couplet of regulated verse, a line of a 词), and a segment has
patterns: the plain one first, then those that a rescue (拗救) allows in its place.
"""

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.paths import bundled_data
from engine.prosody.rhymes import RhymeSystem
from engine.prosody.tones import LEVEL, must_be

# Where the sequence of line types stands in the report: aBbA.
LEVEL_ENDED_TYPES = "AB"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One allowed way of a segment.

    `templates`: 平 仄 中, a string a line. `must_level` and `must_oblique`: the same as bit masks over the whole poem, its
    first character the highest bit. `licences`: (line of the poem, name) of each rescue.
    """

    templates: tuple[str, ...]
    must_level: int
    must_oblique: int
    licences: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Some lines of a poem, from `first_line` on (0 for the first), and what may stand there."""

    first_line: int
    patterns: tuple[Pattern, ...]

    @property
    def plain(self) -> Pattern:
        return self.patterns[0]


@dataclass(frozen=True, slots=True)
class RhymePlace:
    """The last character of `line`; places of one `label` rhyme with one another, in level or oblique tone."""

    line: int
    label: str
    is_level: bool


@dataclass(frozen=True, slots=True)
class ToneOrder:
    """`name` gives the line types of regulated verse (aBbA), and is the form's own for a tune."""

    name: str
    segments: tuple[Segment, ...]
    rhymes: tuple[RhymePlace, ...]

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
    """`stanza_starts`: the first line of every stanza. `rhyme_system` says whose groups its rhymes are judged by.

    `variants`: the other ways of a tune (又一体), forms with its key and names, which are recognised and not composed.
    """

    key: str
    name: str
    also: tuple[str, ...]
    line_lengths: tuple[int, ...]
    orders: tuple[ToneOrder, ...]
    rhyme_system: RhymeSystem
    repeats: tuple[Repeat, ...] = ()
    stanza_starts: tuple[int, ...] = (0,)
    variants: tuple["Form", ...] = ()

    @property
    def is_regulated(self) -> bool:
        return self.rhyme_system == "pingshui"


def form_called(name: str) -> Form:
    """The form with a key (wujue) or a name (五绝).

    Raises:
        UsageError: when there is none.
    """
    for form in forms():
        if name in (form.key, form.name, *form.also):
            return form
    known = ", ".join(f"{form.key} {form.name}" for form in forms())
    raise UsageError(f"There is no form called {name!r}.", f"The forms are: {known}.")


def forms_of_lengths(line_lengths: Sequence[int]) -> tuple[Form, ...]:
    """The forms whose lines have these lengths; none for most."""
    return _by_lengths().get(tuple(line_lengths), ())


def tunes_of_size(n_characters: int) -> tuple[Form, ...]:
    """The tunes, variants too, that have so many characters."""
    return _by_size().get(n_characters, ())


def tunes_called(title: str) -> tuple[Form, ...]:
    """The tunes that go by a name; 乌夜啼 is two."""
    return tuple(form for form in forms() if not form.is_regulated and title in (form.name, *form.also))


@functools.cache
def forms() -> tuple[Form, ...]:
    """Every form: the regulated ones first, then the tunes."""
    with (bundled_data() / "prosody" / "forms.toml").open("rb") as file:
        data = tomllib.load(file)
    regulated = [_regulated(entry, data["lines"], data["rescues"]) for entry in data["regulated"]]
    return (*regulated, *map(_tune, data["tunes"]))


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
        for way in () if form.is_regulated else (form, *form.variants):
            size = sum(way.line_lengths)
            found[size] = (*found.get(size, ()), way)
    return found


def _regulated(entry: Mapping[str, Any], lines: Mapping[str, Any], rescues: Sequence[Mapping[str, Any]]) -> Form:
    length: int = entry["length"]
    plain: Mapping[str, str] = lines[str(length)]
    n_lines = len(entry["orders"][0])
    orders = []
    for types in entry["orders"]:
        segments = []
        for line in range(0, n_lines, 2):
            patterns = _couplet(types[line : line + 2], plain, rescues, length)
            segments.append(_segment(line, patterns, [length] * n_lines))
        rhymes = [RhymePlace(line, "A", True) for line, type in enumerate(types) if type in LEVEL_ENDED_TYPES]
        orders.append(ToneOrder(types, tuple(segments), tuple(rhymes)))
    return Form(entry["key"], entry["name"], (), (length,) * n_lines, tuple(orders), "pingshui")


def _couplet(
    types: str, plain: Mapping[str, str], rescues: Sequence[Mapping[str, Any]], length: int
) -> Iterator[tuple[list[str], list[str]]]:
    """(templates, names of the rescues or "") of every allowed way of a couplet of two line types, the plain one first."""
    yield [plain[types[0]], plain[types[1]]], ["", ""]
    for rescue in rescues:
        templates, names = rescue[str(length)], rescue["names"]
        if rescue["types"] == types:
            yield templates, names
        elif rescue["types"] == types[0]:
            yield [*templates, plain[types[1]]], [*names, ""]
        elif rescue["types"] == types[1]:
            yield [plain[types[0]], *templates], ["", *names]


def _segment(first_line: int, ways: Iterator[tuple[list[str], list[str]]], line_lengths: Sequence[int]) -> Segment:
    patterns = []
    for templates, names in ways:
        n_before = sum(line_lengths[:first_line])
        text = "".join(templates)
        n_after = sum(line_lengths) - n_before - len(text)
        level, oblique = must_be(text)
        licences = tuple((first_line + offset, name) for offset, name in enumerate(names) if name)
        patterns.append(Pattern(tuple(templates), level << n_after, oblique << n_after, licences))
    return Segment(first_line, tuple(patterns))


def _tune(entry: Mapping[str, Any]) -> Form:
    stanzas = [stanza.splitlines() for stanza in entry["lines"].strip().split("\n\n")]
    rows = [row.split() for stanza in stanzas for row in stanza]
    templates = [row[0] for row in rows]
    lengths = [len(template) for template in templates]
    segments = [_segment(line, iter([([template], [""])]), lengths) for line, template in enumerate(templates)]
    rhymes = [RhymePlace(line, row[1], row[0][-1] == LEVEL) for line, row in enumerate(rows) if len(row) > 1]
    repeats = [
        Repeat(line, int(row[2][1:] or len(row[0]))) for line, row in enumerate(rows) if row[2:] and row[2][0] == "叠"
    ]
    starts = [sum(map(len, stanzas[:number])) for number in range(len(stanzas))]
    order = ToneOrder(entry["name"], tuple(segments), tuple(rhymes))
    names = (entry["key"], entry["name"], tuple(entry["also"]))
    variants = tuple(_tune({**entry, "variants": [], "lines": lines}) for lines in entry.get("variants", []))
    return Form(*names, tuple(lengths), (order,), "cilin", tuple(repeats), tuple(starts), variants)
