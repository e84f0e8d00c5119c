"""平 and 仄 by 平水韵: 平 is its level tone, 仄 its rising, departing and entering tones.

Lines of n characters and templates are compared as bit masks of n bits, first character highest:
masks of the positions that cannot be level or oblique, and of those that must be.
"""

import functools
from collections.abc import Mapping
from typing import Literal

from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook
from engine.system.paths import bundled_rows

Reading = Literal["平", "仄", "both", "unknown"]

LEVEL, OBLIQUE, EITHER = "平仄中"

# Letters of `letters_of`: one tone; both; both, of which poets nearly always use one; unknown.
LEVEL_ONLY, OBLIQUE_ONLY, BOTH, BOTH_MOSTLY_LEVEL, BOTH_MOSTLY_OBLIQUE, UNKNOWN = "PZepz?"


def tone_book(system: RhymeBook | None) -> RhymeBook:
    """The book that defines the tones: 中华新韵 for itself, 平水韵 for any other and None."""
    return "xinyun" if system == "xinyun" else "pingshui"


def reading_of(character: str, system: RhymeBook = "pingshui") -> Reading:
    """The reading of a character: 平, 仄, "both" if the book has it in groups of both, "unknown" if it lacks it."""
    masks = masks_of(tone_book(system))
    if character in masks.level:
        return "both" if character in masks.oblique else "平"
    return "仄" if character in masks.oblique else "unknown"


@functools.cache
def usual_tones() -> Mapping[str, str]:
    """Character of both tones that poets nearly always use in one -> that tone: 不 is 仄. From `data/prosody/usual.tsv`."""
    return {character: tone for tone, characters in bundled_rows("prosody/usual.tsv") for character in characters}


def letters_of(text: str, system: RhymeBook = "pingshui") -> str:
    """The possible tones of each character of a text, one letter each."""
    return text.translate(_letters(tone_book(system)))


class _Letters(dict[int, str]):
    """A translation table to letters; missing characters are `UNKNOWN`."""

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
    """(cannot be level, cannot be oblique): bit masks of a text. A character with both readings, or unknown, is in neither."""
    letters = letters_of(text, system)
    return _bits(letters, OBLIQUE_ONLY), _bits(letters, LEVEL_ONLY)


@functools.cache
def must_be(template: str) -> tuple[int, int]:
    """(must be level, must be oblique): bit masks of a template of 平 仄 中."""
    return _bits(template, LEVEL), _bits(template, OBLIQUE)


def _bits(signs: str, wanted: str) -> int:
    """A bit mask of signs, first sign highest: 1 for the wanted sign."""
    return int("0" + "".join("1" if sign == wanted else "0" for sign in signs), 2)
