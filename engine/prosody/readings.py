"""Pinyin of verse, with tones: by word, as pypinyin's dictionary has it, and by the tone that the form demands.

A character with a level and an oblique reading in the rhyme book (看 kān, kàn; 胜 shēng, shèng) is read in the tone of its position,
where the dictionary has its syllable in both. Readings that only a school tradition gives (斜 xiá) are left out.
"""

import functools
import unicodedata

from engine.prosody.checker import check
from engine.prosody.text import split_lines
from engine.prosody.tones import EITHER, LEVEL

# Vowels with the marks of the first and second tone (平), and of the third and fourth (仄).
_LEVEL_VOWELS, _OBLIQUE_VOWELS = "āēīōūǖáéíóúǘ", "ǎěǐǒǔǚàèìòùǜ"


@functools.lru_cache(maxsize=64)
def pinyin_of(text: str) -> tuple[str, ...]:
    """The pinyin of each character, "" for a mark. Loads a dictionary at its first call, so it belongs in a thread."""
    from pypinyin import pinyin

    readings = [""] * len(text)
    at = 0
    for line in split_lines(text):
        # A word does not go on beyond its line.
        for index, reading in enumerate(_of_line(line), start=at):
            readings[index] = reading
        at += len(line)
    for index, tone in _demanded(text).items():
        vowels = _LEVEL_VOWELS if tone == LEVEL else _OBLIQUE_VOWELS
        if not _has(readings[index], vowels):
            others = pinyin(text[index], heteronym=True)[0]
            said = (other for other in others if _has(other, vowels) and _letters(other) == _letters(readings[index]))
            readings[index] = next(said, readings[index])
    return tuple(readings)


def _of_line(line: str) -> list[str]:
    from pypinyin import pinyin

    # A callable may return a list, which its annotation lacks: a reading for each of the characters without one.
    return [one[0] for one in pinyin(line, errors=lambda unknown: [""] * len(unknown))]  # type: ignore[arg-type, return-value]


def _letters(reading: str) -> str:
    return "".join(filter(str.isascii, unicodedata.normalize("NFD", reading)))


def _has(reading: str, vowels: str) -> bool:
    return any(vowel in vowels for vowel in reading)


def _demanded(text: str) -> dict[int, str]:
    """平 or 仄 by index, at positions whose character has readings of both and whose form demands one."""
    report = check(text)
    tones: dict[int, str] = {}
    at = 0
    for line in report.lines if report.tone_pattern is not None else ():
        for character, reading, tone in zip(line.text, line.readings, line.template, strict=True):
            at = text.index(character, at)
            if reading == "both" and tone != EITHER:
                tones[at] = tone
            at += 1
    return tones
