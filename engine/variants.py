"""Begin characters that the model does not know: a known variant, or a sentence with the nearest known ones."""

from functools import cache
from typing import Any

from engine.errors import ComposeError
from engine.vocabulary import Vocabulary, is_han

BEGIN_HINT = "Begin with Chinese characters, such as 日 or 春江."


def fold_begin(text: str, vocabulary: Vocabulary, hint: str = BEGIN_HINT) -> str:
    """The begin characters as the model knows them: spaces gone, traditional forms and half-width marks folded.

    `hint` is what is said of one that is no Han character, where the text is not one to begin with.

    Raises:
        ComposeError: naming the unknown character and the nearest known ones.
    """
    return "".join(_fold(character, vocabulary, hint) for character in "".join(text.split()))


def _fold(character: str, vocabulary: Vocabulary, hint: str) -> str:
    if character in vocabulary:
        return character
    for variant in _variants(character):
        if variant in vocabulary:
            return variant
    if not is_han(character):
        raise ComposeError(f"{character!r} is no Han character.", hint)
    near = " ".join(vocabulary.nearest(character))
    raise ComposeError(f"The model does not know {character}.", f"Nearest characters that it knows: {near}.")


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
