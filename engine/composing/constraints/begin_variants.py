"""Begin characters outside the vocabulary: folding to a known variant, or an error with the nearest known characters."""

import bisect
import functools
import re
import unicodedata
from typing import Any

from engine.corpus.tokens.vocabulary import FIRST_BLOCK, N_WELL_KNOWN, Vocabulary
from engine.prosody.homophones import characters_by_syllable, syllable_of, syllables_in
from engine.prosody.rhymes import masks_of
from engine.prosody.text import is_han
from engine.system.errors import ComposeError, Message

BEGIN_HINT = "Begin with Chinese characters, such as 日 or 春江."
# A word in Latin letters, probably pinyin.
_LATIN_WORD = re.compile(r"[A-Za-z\u00fc'’]{2,}")
_LONGEST_READING = 4
_N_SUGGESTED = 5


def fold_begin(text: str, vocabulary: Vocabulary, hint: str = BEGIN_HINT, *, keeps_unknown: bool = False) -> str:
    """Fold characters to the vocabulary: remove spaces, simplify traditional forms, make half-width marks full-width.

    Args:
        hint: the hint of the error about a character that is not Han.
        keeps_unknown: keep a Han character without a variant in the vocabulary.

    Raises:
        ComposeError: for a character without a known variant; it names the nearest known ones.
    """
    characters = "".join(text.split())
    if _LATIN_WORD.fullmatch(characters):
        raise ComposeError(
            "{text} is no Han character.", _hint_of_reading(characters, vocabulary) or hint, text=f"{characters!r}"
        )
    return "".join(_fold(character, vocabulary, hint, keeps_unknown=keeps_unknown) for character in characters)


def _hint_of_reading(word: str, vocabulary: Vocabulary) -> str:
    """A hint that lists the known characters of each syllable of a pinyin word, most frequent first; "" if a syllable has none."""
    syllables = syllables_in(word)[:_LONGEST_READING]
    # The vocabulary is ordered by frequency.
    alike = [
        [one for one in vocabulary.characters if one in characters_by_syllable()[syllable]][:_N_SUGGESTED]
        for syllable in syllables
    ]
    if not syllables or not all(alike):
        return ""
    near = tuple(f"{syllable}: {' '.join(known)}" for syllable, known in zip(syllables, alike, strict=True))
    return Message("Characters that are read so: {near}.", near=near)


def _fold(character: str, vocabulary: Vocabulary, hint: str, *, keeps_unknown: bool) -> str:
    if character in vocabulary:
        return character
    for variant in _variants(character):
        if variant in vocabulary:
            return variant
    if not is_han(character):
        raise ComposeError("{text} is no Han character.", hint, text=f"{character!r}")
    if keeps_unknown:
        return character
    near = " ".join(nearest(character, vocabulary, _N_SUGGESTED))
    nearby = (
        Message("Nearest characters that it knows: {near}.", near=near) if near else "Begin with another character."
    )
    raise ComposeError("The model does not know {character}.", nearby, character=character)


_FULL_WIDTH = dict(zip(",.!?;:", "，。！？；：", strict=True))


def _variants(character: str) -> list[str]:
    """Variants of a character: simplified, traditional, simplified Japanese, Unicode compatibility forms, full-width marks."""
    simplified, traditional, japanese = (_converter(name).convert(character) for name in ("t2s", "s2t", "jp2t"))
    folded = _FULL_WIDTH.get(character, unicodedata.normalize("NFKC", character))
    to_simplified = _converter("t2s").convert
    return [simplified, traditional, japanese, to_simplified(japanese), folded, to_simplified(folded)]


@functools.cache
def _converter(name: str) -> Any:
    # Imported on first use: most begin characters are in the vocabulary.
    import opencc

    return opencc.OpenCC(name)


# Old and vulgar forms that OpenCC does not convert: the form, then the character in use. From the variant notes of dictionaries.
_OTHER_FORMS = """
㐂喜 㒵貌 皃貌 㑹会 仌冰 氷冰 亾亡 㚑灵 囯国 囶国 旾春 秌秋 埜野 壄野 埊地 奌点 囙因 囬回 朙明 眀明
畮亩 珎珍 灮光 桒桑 躰体 靁雷 蘤花 夘卯 乹乾 亝齐 仏佛 兎兔 冺泯 凥居 刅创 夛多 尓尔 崕崖 庻庶 恱悦
攷考 昬昏 梹槟 湌餐 烖灾 猒厌 瓈璃 眎视 矦侯 粇糠 糉粽 罸罚 舩船 芲花 莭节 菓果 葘灾 蔴麻 虵蛇 覇霸
趂趁 跥跺 踁胫 軆体 逰游 邉边 鍳鉴 陿狭 霛灵 靣面 頋顾 飡餐 髩鬓 鬪斗 龝秋
"""
_FORMS = {pair[0]: pair[1] for pair in _OTHER_FORMS.split()}
_N_RADICALS, _FIRST_RADICAL = 214, 0x2F00


def nearest(character: str, vocabulary: Vocabulary, limit: int = 5) -> list[str]:
    """At most `limit` frequent characters of the vocabulary that are nearest to one that it lacks, nearest first; possibly none.

    The order: another form of the character, characters of the same reading (those of the same radical first), characters of
    the same radical and rhyme, and characters of the same radical.
    """
    known = [one for one in vocabulary.characters if FIRST_BLOCK[0] <= ord(one) <= FIRST_BLOCK[1]][:N_WELL_KNOWN]
    form = _FORMS.get(character)
    found = [form] if form is not None and form in vocabulary else []
    # A form has the reading, rhyme and radical of the character in use.
    model = form or character
    ranked = [(rank, index, one) for index, one in enumerate(known) if (rank := _distance(model, one)) is not None]
    found += [one for _, _, one in sorted(ranked) if one not in found]
    return found[:limit]


def _distance(character: str, other: str) -> int | None:
    """The distance of two characters, 0 (nearest) to 4; None if they have nothing in common."""
    syllable = syllable_of(character)
    is_read_alike = syllable is not None and syllable == syllable_of(other)
    groups, other_groups = _groups_of(character), _groups_of(other)
    has_radical = _radical_of(character) is not None and _radical_of(character) == _radical_of(other)
    if is_read_alike:
        return 0 if has_radical else 1
    if has_radical:
        return 2 if groups & other_groups else 4
    return 3 if groups and groups == other_groups and syllable is None else None


def _groups_of(character: str) -> int:
    masks = masks_of("pingshui")
    return masks.groups_of(character)


def _radical_of(character: str) -> int | None:
    """The number of a character's radical; None outside Unicode's first block of Han characters, which is ordered by radical."""
    code = ord(character)
    return bisect.bisect_right(_radicals(), code) if FIRST_BLOCK[0] <= code <= FIRST_BLOCK[1] else None


@functools.cache
def _radicals() -> list[int]:
    """The code point at which each Kangxi radical begins in the first block: that of the radical itself."""
    radicals = map(chr, range(_FIRST_RADICAL, _FIRST_RADICAL + _N_RADICALS))
    return sorted(ord(unicodedata.normalize("NFKC", radical)) for radical in radicals)
