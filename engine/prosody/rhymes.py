"""Rhyme groups: the 106 groups of 平水韵, the 19 parts of 词林正韵 that combine them for 词, and the 14 groups of 中华新韵.

A character has all its readings, so it belongs to a set of groups; sets are bit masks, bit 0 for the first group or part.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.prosody.text import RHYME_BOOKS, RhymeBook
from engine.system.errors import UsageError
from engine.system.names import shown
from engine.system.paths import bundled_rows

Tone = Literal["上平", "下平", "上", "去", "入"]

_NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class RhymeGroup:
    """A group of 平水韵. `name`: 一东; `characters`: its members in traditional and simplified forms.

    `added`: members that the book's digital text lacks (`data/prosody/added.tsv`).
    """

    number: int
    name: str
    tone: Tone
    characters: str
    added: str = ""

    @property
    def letter(self) -> str:
        """The character that names the group: 东."""
        return self.name[-1]

    @property
    def is_level(self) -> bool:
        return self.tone in ("上平", "下平")

    @property
    def bit(self) -> int:
        return 1 << (self.number - 1)


@dataclass(frozen=True, slots=True)
class Masks:
    """Level and oblique groups or parts of every known character, as bit masks; `names`: of the groups."""

    level: Mapping[str, int]
    oblique: Mapping[str, int]
    names: tuple[str, ...]

    def groups_of(self, character: str) -> int:
        """All groups of a character; 0 for an unknown one."""
        return self.level.get(character, 0) | self.oblique.get(character, 0)

    def names_in(self, mask: int) -> tuple[str, ...]:
        return tuple(name for bit, name in enumerate(self.names) if mask >> bit & 1)


def rhyme_book_called(name: str) -> RhymeBook:
    """The book with a key (xinyun) or a name (中华新韵).

    Raises:
        UsageError: when there is none.
    """
    for key, own in RHYME_BOOKS.items():
        if name in (key, own):
            return key
    known = tuple(f"{key} {own}" for key, own in RHYME_BOOKS.items())
    raise UsageError(
        "There is no rhyme book called {name}.", "The rhyme books are: {names}.", name=shown(name), names=known
    )


@functools.cache
def rhyme_groups() -> tuple[RhymeGroup, ...]:
    """The groups in the book's order, read from `data/prosody/pingshui.tsv`."""
    groups = []
    for number, name, tone, *characters in bundled_rows("prosody/pingshui.tsv"):
        groups.append(RhymeGroup(int(number), name, tone, "".join(characters), characters[-1]))  # type: ignore[arg-type]
    return tuple(groups)


def group_called(name: str) -> RhymeGroup:
    """The group called 东 or 一东, in either script.

    Raises:
        UsageError: when there is none.
    """
    groups = rhyme_groups()
    for group in groups:
        if name in (group.letter, group.name):
            return group
    # A traditional name (鹽 for 盐) is the first member of its own group.
    if len(name) == 1:
        homonyms = [group for group in groups if group.characters.startswith(name)]
        if len(homonyms) == 1:
            return homonyms[0]
    known = " ".join(group.letter for group in groups if group.is_level)
    raise UsageError(
        "There is no rhyme group called {name}.", "The level-tone groups are: {names}.", name=shown(name), names=known
    )


@functools.cache
def masks_of(system: RhymeBook, *, with_added: bool = True) -> Masks:
    """The masks of a rhyme system: 106 bits for `pingshui`, 19 for `cilin`, 14 for `xinyun`.

    `with_added=False` leaves out the readings that were added to the book, so that the result follows the book alone.
    """
    level: dict[str, int] = {}
    oblique: dict[str, int] = {}
    for is_level, character, bits in _readings(system, with_added):
        side = level if is_level else oblique
        side[character] = side.get(character, 0) | bits
    return Masks(level, oblique, names_of(system))


def _readings(system: RhymeBook, with_added: bool) -> Iterator[tuple[bool, str, int]]:
    """Yield (is level, character, bit mask of its group or parts) for each character of each group."""
    if system == "xinyun":
        for number, _, tone, characters in bundled_rows("prosody/xinyun.tsv"):
            for character in characters:
                yield tone == "平", character, 1 << (int(number) - 1)
        return
    for group in rhyme_groups():
        for character in group.characters:
            if with_added or character not in group.added:
                yield group.is_level, character, part_of(group.letter, character) if system == "cilin" else group.bit


@functools.cache
def names_of(system: RhymeBook) -> tuple[str, ...]:
    """The names of a book's groups or parts, in order; cheaper than `masks_of`."""
    if system == "xinyun":
        return tuple(dict.fromkeys(row[1] for row in bundled_rows("prosody/xinyun.tsv")))
    if system == "cilin":
        return tuple(f"第{number}部" for number in (*_NUMERALS, *(f"十{one}" for one in _NUMERALS[:9])))
    return tuple(group.name for group in rhyme_groups())


@functools.cache
def printed_masks() -> Mapping[str, int]:
    """Character as printed in the book -> its groups as a bit mask. 乾 and 幹 are separate; 干 in `masks_of` has the groups of both."""
    masks: dict[str, int] = {}
    for number, _, _, printed, *_ in bundled_rows("prosody/pingshui.tsv"):
        for character in printed:
            masks[character] = masks.get(character, 0) | 1 << (int(number) - 1)
    return masks


@functools.cache
def merged_characters() -> frozenset[str]:
    """Simplified characters that replace several of the book's; two occurrences may be two words (台 for 臺 and 台)."""
    return frozenset(row[0] for row in bundled_rows("prosody/merged.tsv"))


@functools.cache
def unusual_rhymes(system: RhymeBook) -> Mapping[str, tuple[int, int]]:
    """Character -> (level groups, oblique groups), as bit masks, in which the book lists it but poets do not rhyme it.

    From `data/prosody/unusual_rhymes.tsv`.
    """
    names = names_of(system)
    unusual: dict[str, tuple[int, int]] = {}
    for own, tone, name, characters in bundled_rows("prosody/unusual_rhymes.tsv"):
        if own == system:
            bit = 1 << names.index(name)
            for character in characters:
                level, oblique = unusual.get(character, (0, 0))
                unusual[character] = (level | bit, oblique) if tone == "平" else (level, oblique | bit)
    return unusual


def part_of(letter: str, character: str) -> int:
    """The mask of the part of 词林正韵 of a character as a member of a group; of all parts of a divided group that does not assign the
    character."""
    whole, divided = _parts()
    return divided.get((letter, character), whole[letter])


@functools.cache
def _parts() -> tuple[Mapping[str, int], Mapping[tuple[str, str], int]]:
    """The masks of the parts by group letter; for divided groups, by group letter and character."""
    whole: dict[str, int] = {}
    for part, level, oblique in bundled_rows("prosody/cilin.tsv"):
        for letter in level + oblique:
            whole[letter] = whole.get(letter, 0) | 1 << (int(part) - 1)
    divided: dict[tuple[str, str], int] = {}
    for letter, part, characters in bundled_rows("prosody/cilin_splits.tsv"):
        for character in characters:
            divided[letter, character] = divided.get((letter, character), 0) | 1 << (int(part) - 1)
    return whole, divided
