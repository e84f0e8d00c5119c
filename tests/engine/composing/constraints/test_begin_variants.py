"""Any begin character is answered: by a known variant, or by a sentence."""

import pytest

from engine.composing.constraints.begin_variants import BEGIN_HINT, fold_begin
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.system.errors import ComposeError

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


KNOWN = Vocabulary("，。？日月明山名水鸟命鸣喜来三西点鹤鹃但江君")


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        (
            "㐂",
            ["喜", "西", "名", "命", "君"],
        ),  # another way to write 喜, which is read like 西 and has the radical of 名
        ("碘", ["点"]),  # the same reading
        ("氮", ["但"]),
        ("叁", ["三"]),
        ("鹓", ["鸟", "鸣", "鹤", "鹃"]),  # the same radical
        ("槑", ["来"]),  # the radical of 木
    ],
)
def test_the_nearest_characters_are_other_forms_readings_and_shapes(asked: str, near: list[str]) -> None:
    with pytest.raises(ComposeError) as caught:
        fold_begin(asked, KNOWN)
    assert caught.value.hint == f"Nearest characters that it knows: {' '.join(near)}."


def test_what_has_nothing_near_it_is_asked_to_be_another() -> None:
    with pytest.raises(ComposeError) as caught:
        fold_begin("𠮷", KNOWN)
    assert caught.value.hint == "Begin with another character."


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("ming", "Characters that are read so: ming: 明 名 命 鸣."),
        ("MingYue", "Characters that are read so: ming: 明 名 命 鸣, yue: 月."),
        ("hello", BEGIN_HINT),
        ("xi'an", BEGIN_HINT),  # 西, but no character is read an
        ("abc", BEGIN_HINT),
    ],
)
def test_a_reading_in_latin_letters_is_answered_with_characters(asked: str, hint: str) -> None:
    with pytest.raises(ComposeError) as caught:
        fold_begin(asked, KNOWN)
    assert caught.value.hint == hint


def test_the_hint_is_that_of_the_wish_which_is_no_beginning() -> None:
    with pytest.raises(ComposeError) as caught:
        fold_begin("x", SIMPLIFIED, "Give the acrostic Chinese characters.")
    assert caught.value.hint == "Give the acrostic Chinese characters."
