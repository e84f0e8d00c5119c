"""Titles and authors that stand beside the verse are no verse."""

from pathlib import Path

import pytest

from engine.corpus.poem import RawPoem
from engine.corpus.readers.formats import open_poems
from engine.corpus.readers.headings import Heading, heading_of, is_person, name_of
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING

COUPLETS = JINGYESI.replace("。", "。\n").strip()
XIJIANGYUE = (
    "明月别枝惊鹊，清风半夜鸣蝉。稻花香里说丰年，听取蛙声一片。\n"
    "七八个星天外，两三点雨山前。旧时茅店社林边，路转溪桥忽见。"
)
RUMENGLING = "常记溪亭日暮，沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡，争渡，惊起一滩鸥鹭。"


def read(tmp_path: Path, text: str, format: str | None = None) -> list[RawPoem]:
    path = tmp_path / "poems.txt"
    path.write_text(text, encoding="utf-8")
    return list(open_poems(path, format).poems)


@pytest.mark.parametrize(
    ("above", "title", "author"),
    [
        ("静夜思\n", "静夜思", ""),
        ("《静夜思》\n", "静夜思", ""),
        ("# 静夜思\n", "静夜思", ""),
        ("1. 静夜思\n", "静夜思", ""),
        ("静夜思\n李白\n", "静夜思", "李白"),
        ("静夜思\n〔唐〕李白\n", "静夜思", "李白"),
        ("《静夜思》\n唐·李白\n", "静夜思", "李白"),
        ("静夜思 李白\n", "静夜思", "李白"),
        ("静夜思　唐　李白\n", "静夜思", "李白"),
        ("《静夜思》李白\n", "静夜思", "李白"),
        ("李白《静夜思》\n", "静夜思", "李白"),
        ("静夜思\n\n", "静夜思", ""),
        ("静夜思\n李白\n\n", "静夜思", "李白"),
    ],
)
def test_lines_above_the_verse_are_title_and_author(tmp_path: Path, above: str, title: str, author: str) -> None:
    assert read(tmp_path, above + COUPLETS + "\n") == [RawPoem(title, author, COUPLETS)]


@pytest.mark.parametrize(
    ("below", "title", "author"),
    [
        ("\n——李白", "", "李白"),
        ("——李白", "", "李白"),
        ("\n—— 〔唐〕李白《静夜思》", "静夜思", "李白"),
        ("\n--《静夜思》李白", "静夜思", "李白"),
        ("\n李白", "", "李白"),
    ],
)
def test_a_name_behind_a_dash_after_the_verse_is_its_author(
    tmp_path: Path, below: str, title: str, author: str
) -> None:
    assert read(tmp_path, COUPLETS + below + "\n") == [RawPoem(title, author, COUPLETS)]
    assert read(tmp_path, f"{SHANXING}\n{JINGYESI}——李白\n") == [
        RawPoem("", "", SHANXING),
        RawPoem("", "李白", JINGYESI),
    ]


def test_a_name_on_a_line_after_a_poem_of_one_line_is_its_author(tmp_path: Path) -> None:
    text = f"静夜思\n{JINGYESI}\n——李白\n山行\n{SHANXING}\n——〔唐〕杜牧\n{DENGGUANQUELOU}\n"
    assert read(tmp_path, text) == [
        RawPoem("静夜思", "李白", JINGYESI),
        RawPoem("山行", "杜牧", SHANXING),
        RawPoem("", "", DENGGUANQUELOU),
    ]


def test_uneven_poems_of_one_and_two_lines_keep_their_titles(tmp_path: Path) -> None:
    text = f"西江月\n{XIJIANGYUE}\n\n如梦令\n{RUMENGLING}\n"
    assert read(tmp_path, text) == [RawPoem("西江月", "", XIJIANGYUE), RawPoem("如梦令", "", RUMENGLING)]
    assert read(tmp_path, f"如梦令\n{RUMENGLING}\n") == [RawPoem("如梦令", "", RUMENGLING)]


def test_titles_between_poems_of_a_line_each(tmp_path: Path) -> None:
    text = f"静夜思\n{JINGYESI}\n山行\n杜牧\n{SHANXING}\n登鹳雀楼\n{DENGGUANQUELOU}\n"
    assert read(tmp_path, text) == [
        RawPoem("静夜思", "", JINGYESI),
        RawPoem("山行", "杜牧", SHANXING),
        RawPoem("登鹳雀楼", "", DENGGUANQUELOU),
    ]


def test_titles_between_poems_of_several_lines_without_a_blank_line(tmp_path: Path) -> None:
    second = SHANXING.replace("。", "。\n").strip()
    text = f"静夜思\n{COUPLETS}\n——李白\n山行\n杜牧\n{second}\n"
    assert read(tmp_path, text) == [RawPoem("静夜思", "李白", COUPLETS), RawPoem("山行", "杜牧", second)]


def test_numbered_poems_of_a_group_carry_its_title(tmp_path: Path) -> None:
    text = f"秋浦歌\n李白\n{COUPLETS}\n其二\n{COUPLETS}\n"
    assert read(tmp_path, text) == [RawPoem("秋浦歌", "李白", COUPLETS), RawPoem("秋浦歌 其二", "李白", COUPLETS)]


def test_a_title_as_long_as_a_line_of_verse_is_none(tmp_path: Path) -> None:
    bare = COUPLETS.replace("，", "\n").replace("。", "")
    assert read(tmp_path, f"春夜喜雨时\n{bare}\n\n春夜喜雨时\n{bare}\n") == [RawPoem("春夜喜雨时", "", bare)] * 2


@pytest.mark.parametrize(
    "verse",
    [
        COUPLETS,
        "大江东去，浪淘尽、千古风流人物。\n故垒西边，人道是、三国周郎赤壁。",
        "无言独上西楼，月如钩。\n寂寞梧桐深院，锁清秋。",
        COUPLETS.replace("，", "\n").replace("。", ""),
    ],
)
def test_verse_without_a_title_loses_no_line(tmp_path: Path, verse: str) -> None:
    assert [(poem.title, poem.text) for poem in read(tmp_path, verse + "\n")] == [("", verse)]


@pytest.mark.parametrize("width", [12, 15, 16, 20])
def test_wrapped_uneven_verse_loses_no_line(tmp_path: Path, width: int) -> None:
    verse = XIJIANGYUE.replace("\n", "")
    wrapped = "\n".join(verse[start : start + width] for start in range(0, len(verse), width))
    poems = read(tmp_path, f"{wrapped}\n\n{wrapped}\n")
    assert [poem.text.replace("\n", "") for poem in poems] == [verse] * 2


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("浣溪沙 春情", Heading("浣溪沙 春情")),
        ("读《山海经》十三首", Heading("读《山海经》十三首")),
        ("西江月·夜行黄沙道中", Heading("西江月·夜行黄沙道中")),
        ("李清照 如梦令", Heading("如梦令", "李清照")),
        ("金缕曲・贺新郎", Heading("金缕曲・贺新郎")),
        ("《宫词》元稹", Heading("宫词", "元稹")),
        ("《感遇》十二首", Heading("《感遇》十二首")),
        ("12、登高　杜甫", Heading("登高", "杜甫")),
    ],
)
def test_one_line_with_two_parts(line: str, heading: Heading) -> None:
    assert heading_of(line) == heading


def test_names_lose_their_dynasty_and_dashes() -> None:
    assert [name_of(text) for text in ("〔唐〕李白", "——唐·李白", "（宋）苏轼", "唐 李白", "李白")] == [
        "李白", "李白", "苏轼", "李白", "李白"
    ]  # fmt: skip
    assert is_person("李白")
    assert not is_person("春情")


def test_modern_verse_keeps_its_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "modern.txt"
    path.write_text(
        "从明天起，做一个幸福的人\n喂马，劈柴，周游四方\n\n我是天空里的一片云——\n偶尔投影在你的波心——\n你不必讶异\n",
        "utf-8",
    )
    file = open_poems(path)
    assert file.format == "verse-lines"
    assert "blank-lines" in file.other_formats
    from engine.corpus.editorial_marks import clean_text

    assert [clean_text(poem.text) for poem in file] == [
        "从明天起，做一个幸福的人，喂马，劈柴，周游四方。",
        "我是天空里的一片云，偶尔投影在你的波心。你不必讶异。",
    ]
