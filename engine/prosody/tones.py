"""平 and 仄 by the Pingshui rhyme book: 平 is its level tone, 仄 its rising, departing and entering tones.

A line of n characters is compared with a template by whole numbers of n bits, the first character being the highest bit:
one bit mask says which places cannot be level, another which cannot be oblique, and a template says which must be.
"""

import functools
from collections.abc import Mapping
from typing import Literal

from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook
from engine.system.paths import bundled_rows

Reading = Literal["平", "仄", "both", "unknown"]

LEVEL, OBLIQUE, EITHER = "平仄中"

# What a character of verse can be, as `letters_of` writes it: one tone; both; both, of which poets use one nearly always; not known.
LEVEL_ONLY, OBLIQUE_ONLY, BOTH, BOTH_MOSTLY_LEVEL, BOTH_MOSTLY_OBLIQUE, UNKNOWN = "PZepz?"


def tone_book(system: RhymeBook | None) -> RhymeBook:
    """The book that tells the tones: 中华新韵 by modern Mandarin, 平水韵 for any other and for none."""
    return "xinyun" if system == "xinyun" else "pingshui"


def reading_of(character: str, system: RhymeBook = "pingshui") -> Reading:
    """平, 仄, both where the book has it in groups of both, unknown where it lacks it."""
    masks = masks_of(tone_book(system))
    if character in masks.level:
        return "both" if character in masks.oblique else "平"
    return "仄" if character in masks.oblique else "unknown"


@functools.cache
def usual_tones() -> Mapping[str, str]:
    """For characters of both tones that poets use in one nearly always, that tone: 不 is 仄. From `data/prosody/usual.tsv`."""
    return {character: tone for tone, characters in bundled_rows("prosody/usual.tsv") for character in characters}


def letters_of(text: str, system: RhymeBook = "pingshui") -> str:
    """What each character of a text can be, a letter each."""
    return text.translate(_letters(tone_book(system)))


class _Letters(dict[int, str]):
    """A translation table to letters; any character that it lacks is unknown."""

    def __missing__(self, code: int) -> str:
        return UNKNOWN


@functools.cache
def _letters(system: RhymeBook) -> Mapping[int, str]:
    masks = masks_of(system)
    letters = _Letters()
    mostly = {} if system == "xinyun" else {LEVEL: BOTH_MOSTLY_LEVEL, OBLIQUE: BOTH_MOSTLY_OBLIQUE}
    for character in masks.level.keys() | masks.oblique.keys():
        if character in masks.level and character in masks.oblique:
            letters[ord(character)] = mostly.get(usual_tones().get(character, ""), BOTH)
        else:
            letters[ord(character)] = LEVEL_ONLY if character in masks.level else OBLIQUE_ONLY
    return letters


def cannot_be(text: str, system: RhymeBook = "pingshui") -> tuple[int, int]:
    """(cannot be level, cannot be oblique): bit masks of a text; a character with both readings, or unknown, is in neither."""
    letters = letters_of(text, system)
    return _bits(letters, OBLIQUE_ONLY), _bits(letters, LEVEL_ONLY)


@functools.cache
def must_be(template: str) -> tuple[int, int]:
    """(must be level, must be oblique): bit masks of a template of 平 仄 中."""
    return _bits(template, LEVEL), _bits(template, OBLIQUE)


def _bits(signs: str, wanted: str) -> int:
    """A bit for each sign, the first the highest: 1 where it is the wanted one."""
    return int("0" + "".join("1" if sign == wanted else "0" for sign in signs), 2)
