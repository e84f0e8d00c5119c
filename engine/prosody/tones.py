"""平 and 仄 by the Pingshui rhyme book: 平 is its level tone, 仄 its rising, departing and entering tones.

A line of n characters is compared with a template by whole numbers of n bits, the first character being the highest bit:
one bit mask says which places cannot be level, another which cannot be oblique, and a template says which must be.
"""

import functools
from collections.abc import Mapping
from typing import Literal

from engine.paths import bundled_data
from engine.prosody.rhymes import masks_of

Reading = Literal["平", "仄", "both", "unknown"]

LEVEL, OBLIQUE, EITHER = "平仄中"


def reading_of(character: str) -> Reading:
    """平, 仄, both where the book has it in groups of both, unknown where it lacks it."""
    masks = masks_of("pingshui")
    if character in masks.level:
        return "both" if character in masks.oblique else "平"
    return "仄" if character in masks.oblique else "unknown"


@functools.cache
def usual_tones() -> Mapping[str, str]:
    """For characters of both tones that poets use in one nearly always, that tone: 不 is 仄. From `data/prosody/usual.tsv`."""
    rows = (bundled_data() / "prosody" / "usual.tsv").read_text(encoding="utf-8").splitlines()
    usual: dict[str, str] = {}
    for row in rows:
        if not row.startswith("#"):
            tone, characters = row.split("\t")
            usual.update(dict.fromkeys(characters, tone))
    return usual


def cannot_be(text: str) -> tuple[int, int]:
    """(cannot be level, cannot be oblique): bit masks of a text; a character with both readings, or unknown, is in neither."""
    if not text:
        return 0, 0
    never_level, never_oblique = _digits()
    return int(text.translate(never_level), 2), int(text.translate(never_oblique), 2)


def must_be(template: str) -> tuple[int, int]:
    """(must be level, must be oblique): bit masks of a template of 平 仄 中."""
    return tuple(  # type: ignore[return-value]
        int("0" + "".join("1" if letter == wanted else "0" for letter in template), 2) for wanted in (LEVEL, OBLIQUE)
    )


class _Digits(dict[int, str]):
    """A translation table to binary digits; any other character is a 0."""

    def __missing__(self, code: int) -> str:
        return "0"


@functools.cache
def _digits() -> tuple[Mapping[int, str], Mapping[int, str]]:
    masks = masks_of("pingshui")
    known = masks.level.keys() | masks.oblique.keys()
    never_level = _Digits({ord(character): "01"[character not in masks.level] for character in known})
    never_oblique = _Digits({ord(character): "01"[character not in masks.oblique] for character in known})
    return never_level, never_oblique
