"""Begin characters outside the vocabulary: folded to a variant, or refused with the nearest known characters."""

import re
from functools import cache
from typing import Any

from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.text import is_han
from engine.system.errors import ComposeError, Message

BEGIN_HINT = "Begin with Chinese characters, such as 日 or 春江."
# A word in Latin letters, as one types a reading.
_LATIN_WORD = re.compile(r"[A-Za-z\u00fc'’]{2,}")
_LONGEST_READING = 4
_N_SUGGESTED = 5


def fold_begin(text: str, vocabulary: Vocabulary, hint: str = BEGIN_HINT) -> str:
    """Fold characters to the vocabulary: without spaces, traditional forms simplified, half-width marks made full-width.

    Args:
        hint: the advice of the error about a character that is not Han.

    Raises:
        ComposeError: naming the unknown character and the nearest known ones.
    """
    characters = "".join(text.split())
    if _LATIN_WORD.fullmatch(characters):
        raise ComposeError(
            "{text} is no Han character.", _hint_of_reading(characters, vocabulary) or hint, text=f"{characters!r}"
        )
    return "".join(_fold(character, vocabulary, hint) for character in characters)


def _hint_of_reading(word: str, vocabulary: Vocabulary) -> str:
    """Advice that lists known characters read as a word in Latin letters, most frequent first; "" where there are none."""
    from engine.prosody.pinyin import characters_by_syllable, syllables_in

    syllables = syllables_in(word)[:_LONGEST_READING]
    # The vocabulary is ordered by frequency.
    alike = [
        [one for one in vocabulary.characters if one in characters_by_syllable()[syllable]][:_N_SUGGESTED]
        for syllable in syllables
    ]
    if not syllables or not all(alike):
        return ""
    near = ", ".join(f"{syllable}: {' '.join(known)}" for syllable, known in zip(syllables, alike, strict=True))
    return Message("Characters that are read so: {near}.", near=near)


def _fold(character: str, vocabulary: Vocabulary, hint: str) -> str:
    if character in vocabulary:
        return character
    for variant in _variants(character):
        if variant in vocabulary:
            return variant
    if not is_han(character):
        raise ComposeError("{text} is no Han character.", hint, text=f"{character!r}")
    # Imported late: its tables serve refused characters only.
    from engine.composing.constraints.nearest_characters import nearest

    near = " ".join(nearest(character, vocabulary, _N_SUGGESTED))
    nearby = (
        Message("Nearest characters that it knows: {near}.", near=near) if near else "Begin with another character."
    )
    raise ComposeError("The model does not know {character}.", nearby, character=character)


_FULL_WIDTH = dict(zip(",.!?;:", "，。！？；：", strict=True))


def _variants(character: str) -> list[str]:
    """Other ways to write a character: simplified, traditional, the compatibility forms of Unicode, full-width marks."""
    import unicodedata

    simplified = _converter("t2s").convert(character)
    traditional = _converter("s2t").convert(character)
    japanese = _converter("jp2t").convert(character)
    folded = _FULL_WIDTH.get(character, unicodedata.normalize("NFKC", character))
    return [
        simplified,
        traditional,
        japanese,
        _converter("t2s").convert(japanese),
        folded,
        _converter("t2s").convert(folded),
    ]


@cache
def _converter(name: str) -> Any:
    # Loaded when first needed: most begin characters are known as they are.
    import opencc

    return opencc.OpenCC(name)
