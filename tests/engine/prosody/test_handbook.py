"""The checker against handbooks: famous regular poems with their licences, and one fault at a time put into such poems."""

import re
from collections import Counter
from pathlib import Path

import pytest

from engine.prosody.checker import check
from engine.prosody.report import Report
from engine.prosody.text import RhymeBook

FOLDER = Path(__file__).parent
BASES = {
    "鹳雀": "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
    "春望": "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。",
    "白帝": "朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不住，轻舟已过万重山。",
    "九日": "独在异乡为异客，每逢佳节倍思亲。遥知兄弟登高处，遍插茱萸少一人。",
}
NOTED = ("撞韵", "重字")


def rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize(("form", "licences", "poem"), rows("famous_poems.tsv"), ids=lambda value: value[:7])
def test_a_famous_poem_is_right_with_the_licences_that_handbooks_name(form: str, licences: str, poem: str) -> None:
    report = check(poem)
    assert (report.form, report.verdicts.overall) == (form, "ok")
    assert " ".join(f"{one.name}{one.line}" for one in report.licences) == licences
    assert report.violations == ()
    assert all(fault.licence for fault in report.faults)


def changed(base: str, changes: str) -> tuple[list[str], str]:
    """(the lines of a poem after some changes, the options of the check)."""
    lines = re.findall(r"\w+", BASES[base])
    changes, _, options = changes.partition("+")
    if found := re.match(r"couplets(\d+)", changes):
        lines = [line for number in found[1] for line in lines[2 * int(number) - 2 : 2 * int(number)]]
        changes = changes[found.end() :]
    for change in changes.split():
        line, place, text = re.fullmatch(r"(\d)(?:\.(\d))?(\D+)", change).groups()  # type: ignore[union-attr]
        at = int(line) - 1
        lines[at] = lines[at][: int(place) - 1] + text + lines[at][int(place) :] if place else text
    return lines, options


def faults_of(report: Report) -> list[tuple[str, str]]:
    """(name, place) of every fault, and of the notes on rhymes and characters."""
    found = [(one.name, f"{one.line}.{one.position}") for one in report.violations]
    found += [(one.name, str(one.line)) for one in report.faults]
    found += [(one.reason, str(one.line)) for one in report.rhymes if one.verdict != "ok"]
    return found


@pytest.mark.parametrize(
    ("base", "change", "name", "place"), rows("violations.tsv"), ids=lambda value: value.replace(" ", "_")
)
def test_a_single_fault_is_found_at_its_place_by_its_name_and_no_other_beside_it(
    base: str, change: str, name: str, place: str
) -> None:
    lines, options = changed(base, change)
    form = re.search(r"form=(\w+)", options)
    report = check(lines, form[1] if form else None, strict="strict" in options)
    if name in NOTED:
        assert (name, place) in {(one.name, f"{one.line}.{one.positions[0]}") for one in report.notes}
        assert report.verdicts.overall == "ok"
        return
    assert faults_of(report) == [(name, place)]
    is_licence = any(fault.licence for fault in report.faults)
    assert report.verdicts.overall == ("ok" if is_licence else "violation")


def test_there_are_sixty_faults_and_more_of_every_kind() -> None:
    names = Counter(name for *_, name, _ in rows("violations.tsv"))
    assert sum(names.values()) >= 60
    assert names.keys() >= {
        "",
        "孤平",
        "三平尾",
        "三仄尾",
        "大拗",
        "失对",
        "失黏",
        "出韵",
        "重韵",
        "撞韵",
        "重字",
        "声调",
    }
    assert len(rows("famous_poems.tsv")) >= 36


@pytest.mark.parametrize(
    ("poem", "style"),
    [
        ("床前明月光，疑是地上霜。举头望明月，低头思故乡。", "古绝"),
        ("空山不见人，但闻人语响。返景入深林，复照青苔上。", "古绝"),
        ("锄禾日当午，汗滴禾下土。谁知盘中餐，粒粒皆辛苦。", "古绝"),
        (
            "岱宗夫如何，齐鲁青未了。造化钟神秀，阴阳割昏晓。荡胸生曾云，决眦入归鸟。会当凌绝顶，一览众山小。",
            "五言古诗",
        ),
        ("慈母手中线，游子身上衣。临行密密缝，意恐迟迟归。谁言寸草心，报得三春晖。", "五言古诗"),
    ],
)
def test_old_style_verse_is_told_as_what_it_is(poem: str, style: str) -> None:
    report = check(poem)
    assert (report.style, report.form) == (style, None)
    assert (report.violations, report.faults) == ((), ())
    assert report.verdicts.overall == "undecidable"


def test_a_broken_quatrain_is_allowed_and_an_octave_that_does_not_join_is_not() -> None:
    quatrain = check("渭城朝雨浥轻尘，客舍青青柳色新。劝君更尽一杯酒，西出阳关无故人。")
    assert [(one.name, one.line, one.licence) for one in quatrain.faults] == [("失黏", 3, "折腰体")]
    assert quatrain.verdicts.overall == "ok"
    octave = check("单车欲问边，属国过居延。征蓬出汉塞，归雁入胡天。大漠孤烟直，长河落日圆。萧关逢候骑，都护在燕然。")
    assert [(one.name, one.line) for one in octave.faults] == [("失黏", 3)]
    assert octave.verdicts.tones == "violation"


def test_ok_that_stands_on_a_reading_that_poets_hardly_use_is_doubtful() -> None:
    rescued = check("离离原上草，一岁一枯荣。野火烧不尽，春风吹又生。")
    assert [(one.name, one.line) for one in rescued.licences] == [("大拗", 3), ("对句相救", 4)]
    assert not rescued.is_doubtful
    doubtful = check("离离原上草，一岁一枯荣。野火烧不尽，春花路又生。")
    assert doubtful.verdicts.overall == "ok"
    assert doubtful.is_doubtful
    assert [(one.line, one.position, one.character) for one in doubtful.doubtful] == [(3, 4, "不")]


def test_a_long_poem_in_order_is_a_pailu_of_its_number_of_lines() -> None:
    couplets = [
        "国破山河在，城春草木深。",
        "感时花溅泪，恨别鸟惊心。",
        "烽火连三月，家书抵万金。",
        "白头搔更短，浑欲不胜簪。",
    ]
    poem = "".join(couplets) + "落日千山静，孤云万里沉。" + "青山横北郭，落叶满秋林。"
    report = check(poem)
    assert (report.form, len(report.lines), report.verdicts.overall) == ("wupai", 12, "ok")
    assert check(poem.replace("千山静", "千江静")).verdicts.overall == "ok"
    assert [(one.line, one.position) for one in check(poem.replace("万里沉", "千里沉")).violations] == []
    assert [(one.line, one.position) for one in check(poem.replace("孤云万里沉", "孤云万山沉")).violations] == [(10, 4)]


@pytest.mark.parametrize(
    ("book", "poem", "verdict"),
    [
        # 国 绝 and 白 are oblique in the rhyme book and level today; 衣 and 飞 rhyme in it, 儿 and 诗 do today no more.
        ("pingshui", "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "ok"),
        ("xinyun", "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", "violation"),
        ("xinyun", "明月照天山，清风入九川。春花开满地，少女望江帆。", "ok"),
        ("pingshui", "明月照天山，清风入九川。春花开满地，少女望江帆。", "violation"),
        ("cilin", "明月照天山，清风入九川。春花开满地，少女望江边。", "ok"),
    ],
)
def test_another_rhyme_book_judges_otherwise(book: RhymeBook, poem: str, verdict: str) -> None:
    report = check(poem, book=book)
    assert (report.rhyme_book, report.verdicts.overall) == (book, verdict)
