"""Any begin character is answered: by a known variant, or by a sentence."""

import pytest

from engine.errors import ComposeError
from engine.variants import fold_begin
from engine.vocabulary import Vocabulary

SIMPLIFIED = Vocabulary("，。？风云鸟樱图说")
TRADITIONAL = Vocabulary("，。風雲鳥櫻圖說")


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("风", "风"),
        ("風", "风"),
        ("雲鳥", "云鸟"),
        (" 風 云\u3000", "风云"),
        ("桜", "樱"),
        ("図", "图"),
        ("説", "说"),
        ("?", "？"),
        ("", ""),
    ],
)
def test_a_variant_becomes_the_character_that_the_model_knows(asked: str, known: str) -> None:
    assert fold_begin(asked, SIMPLIFIED) == known


def test_a_traditional_model_is_asked_in_simplified() -> None:
    assert fold_begin("风云鸟", TRADITIONAL) == "風雲鳥"


def test_an_unknown_character_is_named_with_its_neighbours() -> None:
    with pytest.raises(ComposeError) as caught:
        fold_begin("鹓", SIMPLIFIED)
    assert caught.value.message == "The model does not know 鹓."
    assert "鸟" in caught.value.hint


@pytest.mark.parametrize("asked", ["a", "1", "☺", "ひ", "[/x]", "\x00"])
def test_what_is_no_han_character_is_said_to_be_none(asked: str) -> None:
    with pytest.raises(ComposeError, match="is no Han character"):
        fold_begin(asked, SIMPLIFIED)


def test_the_hint_is_that_of_the_wish_which_is_no_beginning() -> None:
    with pytest.raises(ComposeError) as caught:
        fold_begin("x", SIMPLIFIED, "Give the acrostic Chinese characters.")
    assert caught.value.hint == "Give the acrostic Chinese characters."
