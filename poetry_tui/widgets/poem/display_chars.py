"""Traditional characters for display; the text itself stays simplified, as the models write it.

Most characters have one traditional form, which OpenCC (s2t) gives. For a simplified character that merges several traditional
ones, `data/traditional.tsv` gives the usual form in verse, and the form in certain two-character words. The position in the poem
may exclude that form: at a rhyme by the rhyme group (干 among 寒 is 乾 or 干, among 翰 it is 幹), elsewhere in regulated verse by the
tone that the form demands. OpenCC's phrases are not used, because they are those of modern prose.
"""

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from engine.prosody.checker import check, split_verse
from engine.prosody.rhymes import masks_of, printed_masks, rhyme_groups
from engine.prosody.text import LINE_MARKS
from engine.prosody.tones import EITHER, LEVEL
from engine.system.paths import bundled_rows

_LINE_BEGIN, _LINE_END = "^", "$"
# A poem with more violations is not taken to follow the form, so that no position demands a tone.
_MAX_VIOLATIONS = 1


@dataclass(frozen=True, slots=True)
class Choice:
    """The traditional forms of a simplified character, the usual one first. `words`: by two-character word, the form used in it."""

    forms: str
    words: Mapping[str, str]


@cache
def load() -> tuple[Any, Mapping[str, Choice]]:
    """Load the converter and the table of choices. Reads files, so call it in a thread."""
    import opencc

    choices: dict[str, Choice] = {}
    for simplified, forms, exceptions, _why in bundled_rows("traditional.tsv"):
        parts = (part.split(": ") for part in exceptions.split("; ") if part)
        choices[simplified] = Choice(forms, {word: form for form, words in parts for word in words.split()})
    # Also load the tables of the prosody, which are read on first use.
    check("日日日日日，日日日日日。日日日日日，日日日日日。")
    printed_masks()
    return opencc.OpenCC("s2t"), choices


def to_display_chars(text: str) -> str:
    """Convert a text to traditional characters, one for each; returns it unchanged before `load` was called."""
    return _convert(text) if load.cache_info().currsize else text


@lru_cache(maxsize=256)
def _convert(text: str) -> str:
    allowed = _allowed_groups(text) if any(map(_is_told_by_its_place, text)) else {}
    return "".join(_display_char(text, index, allowed.get(index, 0)) for index in range(len(text)))


def _display_char(text: str, index: int, allowed: int) -> str:
    """The traditional form at an index: that of the word around it, else the usual one; another one if tone or rhyme excludes that."""
    character = text[index]
    choice = load()[1].get(character)
    if choice is None:
        return _alone(character)
    before = text[index - 1] if index and text[index - 1] not in LINE_MARKS else _LINE_BEGIN
    after = text[index + 1] if index + 1 < len(text) and text[index + 1] not in LINE_MARKS else _LINE_END
    said = choice.words.get(before + character) or choice.words.get(character + after) or choice.forms[0]
    readings = printed_masks()
    # A form that is missing from the rhyme book is allowed in every group.
    if not allowed or said not in readings or readings[said] & allowed:
        return said
    return next((form for form in choice.forms if readings.get(form, 0) & allowed), said)


@cache
def _alone(character: str) -> str:
    return str(load()[0].convert(character))[:1] or character


@cache
def _is_told_by_its_place(character: str) -> bool:
    """Whether the forms of a character belong to different rhyme groups."""
    choice = load()[1].get(character)
    return choice is not None and len({printed_masks().get(form, 0) for form in choice.forms}) > 1


def _allowed_groups(text: str) -> Mapping[int, int]:
    """The allowed rhyme groups as bit masks, by index in the text; only for positions restricted by tone or rhyme."""
    lines = split_verse(text)
    rhymes = _rhymes_of(lines)
    templates = _templates_of(text)
    allowed: dict[int, int] = {}
    at = 0
    for number, line in enumerate(lines):
        template = templates[number] if number < len(templates) else EITHER * len(line)
        for position, (character, tone) in enumerate(zip(line, template, strict=False), start=1):
            at = text.index(character, at)
            if position == len(line) and rhymes.get(number):
                allowed[at] = rhymes[number]
            elif tone != EITHER:
                allowed[at] = _groups_of(is_level=tone == LEVEL)
            at += 1
    return allowed


def _rhymes_of(lines: list[str]) -> dict[int, int]:
    """For each even line (index from 0), the mask of the groups shared by the other even lines; 0 if they share none."""
    masks = masks_of("pingshui")
    ends = {number: masks.groups_of(lines[number][-1]) for number in range(1, len(lines), 2)}
    shared: dict[int, int] = {}
    for number in ends:
        others = [mask for other, mask in ends.items() if other != number and mask]
        if others:
            shared[number] = functools.reduce(operator.and_, others)
    return shared


def _templates_of(text: str) -> list[str]:
    """The template of each line in 平, 仄 and 中; empty if the poem follows no form."""
    report = check(text)
    if report.tone_pattern is None or len(report.violations) > _MAX_VIOLATIONS:
        return []
    return [line.template for line in report.lines]


@cache
def _groups_of(*, is_level: bool) -> int:
    return sum(group.bit for group in rhyme_groups() if group.is_level == is_level)
