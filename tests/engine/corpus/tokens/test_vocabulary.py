"""Characters and their indices."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.tokens.vocabulary import BEGIN, END, PAD, SPECIAL_TOKENS, UNKNOWN, Vocabulary
from engine.prosody.text import is_han

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


@given(st.lists(st.text(HAN, max_size=20), max_size=10))
def test_what_was_read_can_be_encoded_and_decoded(texts: list[str]) -> None:
    vocabulary = Vocabulary.from_counts(Counter("".join(texts)))
    for text in texts:
        assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.dictionaries(HAN, st.integers(1, 9), max_size=20), st.integers(1, 9))
def test_the_most_frequent_come_first_and_the_rare_not_at_all(counts: dict[str, int], min_freq: int) -> None:
    vocabulary = Vocabulary.from_counts(counts, min_freq)
    order = [counts[character] for character in vocabulary.characters]
    assert order == sorted(order, reverse=True)
    assert set(vocabulary.characters) == {character for character, count in counts.items() if count >= min_freq}
    assert len(vocabulary) == len(SPECIAL_TOKENS) + len(vocabulary.characters)


def test_the_order_does_not_depend_on_how_the_counts_were_gathered() -> None:
    assert Vocabulary.from_counts(Counter("山水日")) == Vocabulary.from_counts(Counter("日水山"))


def test_an_unknown_character_is_shown_as_a_box_and_other_specials_not_at_all() -> None:
    vocabulary = Vocabulary("日月")
    assert vocabulary.encode("日山") == [len(SPECIAL_TOKENS), UNKNOWN]
    assert vocabulary.decode([BEGIN, len(SPECIAL_TOKENS), UNKNOWN, END, PAD]) == "日□"


def test_a_character_listed_twice_or_no_character_is_refused() -> None:
    with pytest.raises(ValueError, match="each of them once"):
        Vocabulary("日日")
    with pytest.raises(ValueError, match="single characters"):
        Vocabulary(["日月"])


@pytest.mark.parametrize("character", "一龥〇㐀𠀀豈")
def test_every_block_of_ideographs_is_han(character: str) -> None:
    assert is_han(character)


@pytest.mark.parametrize("character", "，。□aあ1 ")
def test_marks_letters_and_kana_are_not_han(character: str) -> None:
    assert not is_han(character)


def test_a_vocabulary_counts_its_han_characters() -> None:
    assert Vocabulary("，。日鸿鹤鹃鸾月山河").n_han == 8
