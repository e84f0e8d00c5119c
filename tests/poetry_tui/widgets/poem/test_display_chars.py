"""Verse in traditional characters. The lines are quoted from Tang and Song poems as they are printed.

Over the 667,069 Han characters of 14 files of the npm package chinese-poetry 2.0.1 that the table was not counted in (every
sixth of the Tang, every sixtieth of the Song; the originals are traditional), OpenCC's s2t alone gave the printed character
for 97.76 %, and for 86.7 % of those that stand for several words; with the table it is 98.4 % and 91.1 %. Most of what is
left are two ways to write one word (回 and 迴, 劍 and 劒).
"""

import opencc
import pytest

from engine.corpus.cleaning import to_simplified
from engine.system.paths import bundled_data
from poetry_tui.widgets.poem import display_chars as traditional

PRINTED = [
    "春蠶到死絲方盡，蠟炬成灰淚始乾。",
    "曲終情不勝，闌干向西哭。",
    "逸氣劉公幹，玄言向子期。",
    "少婦城南欲斷腸，征人薊北空回首。",
    "有詔徵草澤，微臣獻謀猷。",
    "微音時扣徵，雅韻乍含商。",
    "山河扶繡戶，日月近雕梁。",
    "且莫奏短歌，聽余苦辛詞。",
    "秋夜聞清梵，餘音逐海潮。",
    "洛下交親滿，歸閑意有餘。",
    "僕本居隴上，隴水斷人腸。",
    "斷碑仆地蒼蘚沒，滿庭落葉秋風起。",
    "吁嗟呼蒼生，稼穡不可救。",
    "細雨濕衣看不見，閑花落地聽無聲。",
    "欲窮千里目，更上一層樓。",
    "客來知計誤，夢裏泣津迷。",
    "相逢畏相失，並著采蓮舟。",
    "白髮三千丈，緣愁似箇長。",
    "荒庭步鸛鶴，隱几望波濤。",
    "拂拭烏皮几，喜聞樵牧音。",
    "君王縱有情，不奈陳皇后。",
    "前不見古人，後不見來者。",
    "造化鍾神秀，陰陽割昏曉。",
    "姑蘇城外寒山寺，夜半鐘聲到客船。",
    "北斗七星高，哥舒夜帶刀。",
    "復作歸田去，猶殘穫稻功。",
    "實腹以芝朮，賤形乃芻狗。",
    "旅食還爲客，饑年亦盡歡。",
    "天驕五單于，狼戾好凶殘。",
    "深秋簾幕千家雨，落日樓臺一笛風。",
    "羌笛何須怨楊柳，春風不度玉門關。",
    "採得百花成蜜後，爲誰辛苦爲誰甜。",
    "乾坤日夜浮",
    "布穀鳥啼桃李樹",
]
# 李商隱無題: its rhymes are in 寒, which tells 乾 from 幹.
IN_HAN = "相見時難別亦難，東風無力百花殘。春蠶到死絲方盡，蠟炬成灰淚始乾。曉鏡但愁雲鬢改，夜吟應覺月光寒。"


@pytest.fixture(autouse=True)
def loaded() -> None:
    traditional.load()


@pytest.mark.parametrize("line", PRINTED)
def test_verse_is_written_as_it_is_printed(line: str) -> None:
    assert traditional.to_display_chars(to_simplified(line)) == line


def test_many_of_these_lines_are_beyond_opencc_alone() -> None:
    """What the table is for; were OpenCC to learn verse, it could go."""
    converter = opencc.OpenCC("s2t")
    assert sum(converter.convert(to_simplified(line)) != line for line in PRINTED) >= 10


def test_a_rhyme_and_a_tone_decide_between_two_words() -> None:
    assert traditional.to_display_chars(to_simplified(IN_HAN)) == IN_HAN
    # The same line rhymes among 岸 and 汉 (翰), where it is the trunk, and among 山 难 寒, where it is dry.
    oblique = traditional.to_display_chars("江上有孤山，春来花满岸。一木生江边，千年栋干。风来声入汉，日暮天地半。")
    level = traditional.to_display_chars("江上有孤舟，春来行路难。一木生江边，千年栋干。风来声入夜，日暮天地寒。")
    assert "千年棟幹。" in oblique
    assert "千年棟乾。" in level
    # 仄仄仄平平: the second position of this line cannot be dry.
    assert "遠幹入青天" in traditional.to_display_chars("春风吹大树，远干入青天。月落江湖静，人归草木前。")
    assert "遠乾" in traditional.to_display_chars("远干")


def test_a_character_takes_a_character_and_other_text_stays() -> None:
    text = "云abc，。□〓\n千里  🌸𠮷征"
    shown = traditional.to_display_chars(text)
    assert len(shown) == len(text)
    assert shown == "雲abc，。□〓\n千里  🌸𠮷征"
    assert traditional.to_display_chars("") == ""


def test_every_row_of_the_table_can_be_used_and_says_why() -> None:
    """A word holds its character, takes a form that is listed, and the character is one that is written in simplified text."""
    seen = set()
    for row in (bundled_data() / "traditional.tsv").read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            continue
        simplified, forms, _, why = row.split("\t")
        choice = traditional.load()[1][simplified]
        assert len(simplified) == 1
        assert simplified not in seen
        assert why
        assert len(set(forms)) == len(forms) >= 1
        assert all(len(word) == 2 and simplified in word and form in forms for word, form in choice.words.items()), row
        seen.add(simplified)
