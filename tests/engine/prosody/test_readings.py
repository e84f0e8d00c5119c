"""Pinyin of verse: by word, and by the tone that the form demands."""

import pytest

from engine.prosody.readings import pinyin_of

WULV = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"

POLYPHONES = [(WULV, "胜", "shēng"), ("长安一片月。", "长", "cháng"), ("少年长大。", "长", "zhǎng")]


def test_every_character_has_a_reading_and_a_mark_has_none() -> None:
    readings = pinyin_of("床前明月光，疑是地上霜。")
    assert readings == ("chuáng", "qián", "míng", "yuè", "guāng", "", "yí", "shì", "dì", "shàng", "shuāng", "")


@pytest.mark.parametrize(("text", "character", "reading"), POLYPHONES)
def test_a_polyphone_is_read_by_its_word_and_by_the_tone_of_its_position(
    text: str, character: str, reading: str
) -> None:
    assert pinyin_of(text)[text.index(character)] == reading


def test_a_character_that_the_dictionary_lacks_has_no_reading() -> None:
    assert pinyin_of("日\U000323afa")[0] == "rì"
    assert len(pinyin_of("日\U000323af月")) == 3
