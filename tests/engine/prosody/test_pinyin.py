"""Pinyin of verse: by word, and by the tone that the form demands."""

import pytest

from engine.prosody.pinyin import pinyin_of

WULV = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"

POLYPHONES = [
    (WULV, "胜", "shēng"),
    ("长安一片月。", "长", "cháng"),
    ("少年长大。", "长", "zhǎng"),
    # Within the line: level where the pattern is level.
    ("打起黄莺儿，莫教枝上啼。啼时惊妾梦，不得到辽西。", "教", "jiāo"),
    ("万里桥西客，风烟晚欲分。故人今不见，山色几重云。", "重", "chóng"),
    ("百中穿杨叶，千军下玉关。归来春正好，花落满空山。", "中", "zhòng"),
    # At the rhyme: a reading of the group.
    ("孤山绝顶暮云重，古寺深山半夜钟。一夜东风吹不尽，万年松柏有高峰。", "重", "chóng"),
    ("今夜鄜州月，闺中只独看。遥怜小儿女，未解忆长安。香雾云鬟湿，清辉玉臂寒。何时倚虚幌，双照泪痕干。", "看", "kān"),
    ("海上生明月，天涯共此时。情人怨遥夜，竟夕起相思。灭烛怜光满，披衣觉露滋。不堪盈手赠，还寝梦佳期。", "思", "sī"),
    ("落日山中路，归人未驻车。前村灯火近，竹外是吾庐。", "车", "jū"),
    ("酒醒人散月如霜，独立西风雁数行。万里关河秋色老，不知何处是家乡。", "行", "háng"),
    ("云中辨江树，日暮片帆行。万里归心急，孤舟带月明。", "行", "xíng"),
    ("移家虽带郭，野径入桑麻。近种篱边菊，秋来未著花。扣门无犬吠，欲去问西家。报道山中去，归时每日斜。", "斜", "xié"),
]


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
