"""Pinyin of verse, with tones: by the words of pypinyin's dictionary, the tone that the form demands, and the rhyme.

A character with a level and an oblique reading in the rhyme book (看 kān, kàn; 胜 shēng, shèng) is read in the tone of its position.
A rhyming character is read by the poem's rhyme group (车 chē, jū), if a word of the dictionary has that reading. Readings of
school tradition only (斜 xiá) are left out.
"""

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from engine.prosody.checker import check
from engine.prosody.report import Report
from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook, split_lines
from engine.prosody.tones import EITHER, LEVEL

# Vowels with the marks of the first and second tone (平), and of the third and fourth tone (仄).
_LEVEL_VOWELS, _OBLIQUE_VOWELS = "āēīōūǖáéíóúǘ", "ǎěǐǒǔǚàèìòùǜ"


@dataclass(frozen=True, slots=True)
class _Demand:
    """The form's demand on a reading: a vowel with one of these tone marks ("" for any), and one of these finals.

    `is_rhyme`: a reading with another final is rejected.
    """

    vowels: str
    finals: frozenset[str]
    is_rhyme: bool


@functools.lru_cache(maxsize=64)
def pinyin_of(text: str) -> tuple[str, ...]:
    """The pinyin of each character; "" for a mark. Loads a dictionary on the first call, so call it in a thread."""
    readings = [""] * len(text)
    at = 0
    for line in split_lines(text):
        # Line by line, because a word does not cross the end of a line.
        for index, reading in enumerate(_of_line(line), start=at):
            readings[index] = reading
        at += len(line)
    for index, demand in _demands(text, check(text)):
        readings[index] = _suited(text[index], readings[index], demand)
    return tuple(readings)


def _of_line(line: str) -> list[str]:
    from pypinyin import pinyin

    # The callable returns a list, one reading for each unknown character, which pypinyin's annotation lacks.
    return [one[0] for one in pinyin(line, errors=lambda unknown: [""] * len(unknown))]  # type: ignore[arg-type, return-value]


def _suited(character: str, reading: str, demand: _Demand) -> str:
    """The reading by word if it meets the demand; otherwise another one that does, preferably of the same syllable."""
    if _has(reading, demand.vowels) and (not demand.is_rhyme or _final(reading) in demand.finals):
        return reading
    others = [one for one in _heteronyms(character) if _has(one, demand.vowels)]
    same_syllable = [one for one in others if _letters(one) == _letters(reading)]
    in_group = [one for one in others if _final(one) in demand.finals]
    found = [one for one in in_group if one in same_syllable] or same_syllable[:1]
    if not found or demand.is_rhyme:
        found = [one for one in in_group if one in found or _is_in_a_word(character, one)] or found
    return (found or [reading])[0]


@functools.cache
def _is_in_a_word(character: str, reading: str) -> bool:
    """Whether a word of the dictionary has this reading of a character; some readings occur in no word (听 yǐn)."""
    from pypinyin.constants import PHRASES_DICT

    return any([reading] == PHRASES_DICT[word][word.index(character)] for word in PHRASES_DICT if character in word)


def _heteronyms(character: str) -> list[str]:
    from pypinyin import pinyin

    return next(iter(pinyin(character, heteronym=True, errors="ignore")), [])


def _letters(reading: str) -> str:
    return "".join(filter(str.isascii, unicodedata.normalize("NFD", reading)))


def _has(reading: str, vowels: str) -> bool:
    return not vowels or any(vowel in vowels for vowel in reading)


def _final(reading: str) -> str:
    from pypinyin.contrib.tone_convert import to_finals

    return to_finals(reading, strict=True)


@functools.cache
def _finals_of(book: RhymeBook, is_level: bool, group: int) -> frozenset[str]:
    """The modern finals of a rhyme group, from its characters with a single reading. `group`: a mask of one bit."""
    masks = masks_of(book)
    own, other = (masks.level, masks.oblique) if is_level else (masks.oblique, masks.level)
    readings = [_heteronyms(one) for one, mask in own.items() if mask == group and one not in other]
    counts = Counter(_final(one[0]) for one in readings if len(one) == 1)
    # A final of a single character is an exception.
    return frozenset(final for final, n in counts.items() if n > 1)


def _demands(text: str, report: Report) -> Iterator[tuple[int, _Demand]]:
    """Yield index and demand of each character that rhymes, or has readings of both tones where the form demands one."""
    if report.tone_pattern is None:
        return
    masks = masks_of(report.rhyme_book)
    rhymes = {one.line: one.label for one in report.rhymes if one.verdict == "ok"}
    doubtful = {(one.line, one.position) for one in report.doubtful}
    at = 0
    for number, line in enumerate(report.lines, start=1):
        for position, (character, reading, tone) in enumerate(
            zip(line.text, line.readings, line.template, strict=True), 1
        ):
            at = text.index(character, at)
            names = report.rhyme_groups.get(rhymes.get(number, ""), ()) if position == len(line.text) else ()
            is_both = reading == "both" and tone != EITHER
            if names or is_both:
                is_level = tone == LEVEL
                mask = (masks.level if is_level else masks.oblique).get(character, 0)
                shared = sum(1 << masks.names.index(name) for name in names)
                # For a reading that poets rarely use, only the tone may change, not the syllable.
                is_trusted = bool(names) or (number, position) not in doubtful
                finals = _finals(report.rhyme_book, is_level, (mask & shared or mask) if is_trusted else 0)
                vowels = (_LEVEL_VOWELS if is_level else _OBLIQUE_VOWELS) if is_both else ""
                yield at, _Demand(vowels, finals, bool(names))
            at += 1


def _finals(book: RhymeBook, is_level: bool, mask: int) -> frozenset[str]:
    groups = (1 << bit for bit in range(mask.bit_length()) if mask >> bit & 1)
    return frozenset().union(*(_finals_of(book, is_level, group) for group in groups))
