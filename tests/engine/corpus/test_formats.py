"""Every kind of file that poems come in, recognised by looking, and every kind of file that they do not."""

import gzip
import json
import random
from pathlib import Path

import pytest

from engine.corpus.cleaning import Cleaner
from engine.corpus.poem import RawPoem
from engine.corpus.readers.formats import FORMATS, TEXT_FORMATS, how_read, open_poems
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import (
    DENGGUANQUELOU,
    JINGYESI,
    SHANXING,
    entry,
    made_up_poems,
    small_package,
    write_package,
    write_poems,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "诗 poems.txt"


def texts(path: Path, form: str | None = None) -> list[str]:
    cleaner = Cleaner(simplify=False, unique=False, lenient=True)
    return [poem.text for poem in cleaner.clean_all(open_poems(path, form))]


@pytest.mark.parametrize("colon", [":", "："])
def test_lines_of_title_colon_content(file: Path, colon: str) -> None:
    file.write_text(f"静夜思{colon}{JINGYESI}\n相和歌辞。江南曲{colon}{SHANXING}\n\n", encoding="utf-8")
    assert list(open_poems(file).poems) == [RawPoem("静夜思", "", JINGYESI), RawPoem("相和歌辞。江南曲", "", SHANXING)]


def test_a_colon_within_the_verse_is_no_title(file: Path) -> None:
    lines = [f"其{number}:{text}" for number, text in enumerate(made_up_poems(20))]
    file.write_text("\n".join(["问君何能尔，心远地自偏：采菊东篱下，悠然见南山。", *lines]), encoding="utf-8")
    first = next(open_poems(file).poems)
    assert first == RawPoem("", "", "问君何能尔，心远地自偏：采菊东篱下，悠然见南山。")


def test_one_poem_a_line(file: Path) -> None:
    poems = [JINGYESI, DENGGUANQUELOU, SHANXING]
    assert texts(write_poems(file, poems)) == poems


def test_one_poem_a_line_with_blank_lines_between(file: Path) -> None:
    file.write_text(f"{JINGYESI}\n\n{SHANXING}\n\n\n{DENGGUANQUELOU}\n", encoding="utf-8")
    assert texts(file) == [JINGYESI, SHANXING, DENGGUANQUELOU]


def test_one_poem_a_line_in_chapters(file: Path) -> None:
    poems = made_up_poems(20)
    file.write_text("\n".join([*poems[:10], "", *poems[10:]]), encoding="utf-8")
    assert texts(file) == poems


def test_one_poem_a_line_without_punctuation(file: Path) -> None:
    bare = [text.replace("，", " ").replace("。", " ").strip() for text in (JINGYESI, SHANXING)]
    assert texts(write_poems(file, bare)) == [JINGYESI, SHANXING]
    assert texts(write_poems(file, [text.replace(" ", "") for text in bare])) == [JINGYESI, SHANXING]


def test_one_numbered_poem_a_line(file: Path) -> None:
    file.write_text(f"1. {JINGYESI}\n2. {SHANXING}\n", encoding="utf-8")
    assert texts(file) == [JINGYESI, SHANXING]


def test_one_poem_a_line_without_its_last_mark(file: Path) -> None:
    assert texts(write_poems(file, [JINGYESI[:-1], SHANXING[:-1], DENGGUANQUELOU[:-1]])) == [
        JINGYESI,
        SHANXING,
        DENGGUANQUELOU,
    ]


def test_some_couplets_among_the_poems_stay_poems(file: Path) -> None:
    poems = [JINGYESI, "白日依山尽，黄河入海流。", SHANXING]
    assert texts(write_poems(file, poems)) == poems


def test_a_single_line_is_one_poem(file: Path) -> None:
    assert texts(write_poems(file, [JINGYESI])) == [JINGYESI]
    assert texts(write_poems(file, ["白日依山尽，黄河入海流。"])) == ["白日依山尽，黄河入海流。"]


@pytest.mark.parametrize("width", [3, 5, 7, 12, 13, 24])
def test_poems_between_blank_lines_wrapped_anywhere(file: Path, width: int) -> None:
    poems = [JINGYESI, SHANXING, DENGGUANQUELOU]
    wrapped = ["\n".join(text[start : start + width] for start in range(0, len(text), width)) for text in poems]
    file.write_text("\n\n".join(wrapped), encoding="utf-8")
    assert texts(file) == poems


def test_long_poems_wrapped_at_a_wide_margin_stay_whole(file: Path) -> None:
    poems = ["".join(made_up_poems(30, seed)) for seed in range(3)]
    wrapped = ["\n".join(text[start : start + 40] for start in range(0, len(text), 40)) for text in poems]
    file.write_text("\n\n".join(wrapped), encoding="utf-8")
    assert texts(file) == poems


def test_poems_between_blank_lines_with_a_title_and_a_name(file: Path) -> None:
    first, second = (text.replace("。", "。\n").strip() for text in (JINGYESI, SHANXING))
    file.write_text(f"静夜思\n李白\n{first}\n\n山行\n杜牧\n{second}\n", encoding="utf-8")
    assert list(open_poems(file).poems) == [RawPoem("静夜思", "李白", first), RawPoem("山行", "杜牧", second)]


def test_uneven_poems_between_blank_lines_with_a_title(file: Path) -> None:
    verse = "昨夜雨疏风骤，浓睡不消残酒。\n试问卷帘人，却道海棠依旧。\n知否，知否？\n应是绿肥红瘦。"
    file.write_text(f"如梦令\n{verse}\n\n# 静夜思\n李白\n{JINGYESI}\n\n《山行》\n{SHANXING}\n", encoding="utf-8")
    assert list(open_poems(file).poems) == [
        RawPoem("如梦令", "", verse),
        RawPoem("静夜思", "李白", JINGYESI),
        RawPoem("山行", "", SHANXING),
    ]


def test_poems_between_blank_lines_a_line_of_verse_each_without_punctuation(file: Path) -> None:
    blocks = [text.replace("，", "\n").replace("。", "\n") for text in (JINGYESI, SHANXING)]
    file.write_text("\n".join(blocks), encoding="utf-8")
    assert texts(file) == [JINGYESI, SHANXING]


def test_a_single_poem_a_couplet_a_line(file: Path) -> None:
    file.write_text(JINGYESI.replace("。", "。\n"), encoding="utf-8")
    assert texts(file) == [JINGYESI]


def test_a_long_text_without_any_order_is_cut_after_sentences(file: Path) -> None:
    couplets = "".join(made_up_poems(200)).replace("。", "。\n")
    file.write_text(couplets, encoding="utf-8")
    read = texts(file, "plain")
    assert 1 < len(read) < 20
    assert "".join(read) == couplets.replace("\n", "")


def test_couplets_that_do_not_rhyme_are_poems_of_a_line_each(file: Path) -> None:
    couplets = [
        "空山不见人，但闻人语响。",
        "松下问童子，言师采药去。",
        "白日依山尽，黄河入海流。",
        "独坐幽篁里，弹琴复长啸。",
    ]
    file.write_text("\n".join(couplets * 10), encoding="utf-8")
    assert texts(file) == couplets * 10
    assert open_poems(file).format == "one-a-line"
    assert len(texts(file, "plain")) == 1


def test_couplets_that_rhyme_are_one_long_poem(file: Path) -> None:
    couplets = [
        f"{line}，天地自{rhyme}。" for line, rhyme in zip(["日月照山川"] * 12, "光长香阳霜乡凉芳忘量黄堂", strict=True)
    ]
    file.write_text("\n".join(couplets), encoding="utf-8")
    assert texts(file) == ["".join(couplets)]


@pytest.mark.parametrize("form", ["title-colon", "one-a-line", "blank-lines", "verse-lines", "plain"])
def test_what_a_text_is_read_as_is_said_with_what_else_it_could_be(file: Path, form: str) -> None:
    file.write_text(f"{JINGYESI}\n{SHANXING}\n", encoding="utf-8")
    said = how_read(open_poems(file, form), 2)
    assert f"is read as {form}: {FORMATS[form]}; 2 poems came of it." in said
    assert all((other in said.partition("--format")[2]) == (other != form) for other in TEXT_FORMATS)


def test_nndls_lines_are_read_with_their_titles_joint_authors_and_lacunae(file: Path) -> None:
    lines = [
        "丰年多庆，九日示怀:爽气肃时令，早衣闻朔鸿。重阳有佳节，具物欣年丰。",
        "重阳日中外同欢，以诗言志，因示群官:炎节在重九，物华新雨余。清秋黄叶下，菊散金潭初。",
        "柏梁体联句:润色鸿业寄贤才，__李显叨居右弼愧盐梅。__李峤运筹帷幄荷时来，__宗楚客职掌图籍滥蓬莱。",
        "夏日联句:人皆苦炎热，我爱夏日长。__李昂熏风自南来，殿阁生微凉。主__柳公权",
        "延英殿玉灵芝诗三章，章八句:玉殿肃肃，灵芝煌煌。重英发秀，连叶分房。（此章缺二句）元气产芝，明神合德。",
        "柏梁体:屏欲除奢政返淳，朔野金方息塞尘。（霍王以下和句亡）",
        "联句:人皆苦炎热，我爱夏日长。__谁也不知道这是几个字的名字，殿阁生微凉。",
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    cleaner = Cleaner()
    poems = [cleaner.clean(raw) for raw in open_poems(file).poems]
    assert [poem and (poem.title, poem.text) for poem in poems] == [
        ("丰年多庆,九日示怀", "爽气肃时令，早衣闻朔鸿。重阳有佳节，具物欣年丰。"),
        ("重阳日中外同欢,以诗言志,因示群官", "炎节在重九，物华新雨余。清秋黄叶下，菊散金潭初。"),
        ("柏梁体联句", "润色鸿业寄贤才，叨居右弼愧盐梅。运筹帷幄荷时来，职掌图籍滥蓬莱。"),
        ("夏日联句", "人皆苦炎热，我爱夏日长。熏风自南来，殿阁生微凉。"),
        None,
        None,
        None,
    ]
    assert cleaner.report.dropped == {"gap": 2, "unclear_note": 1}


@pytest.mark.parametrize("separator", ["|", "，"])
def test_json_lines(file: Path, separator: str) -> None:
    content = separator.join(["床前明月光", "疑是地上霜", "举头望明月", "低头思故乡"])
    line = json.dumps({"title": "静夜思", "author": "李白", "content": content}, ensure_ascii=False)
    file.write_text(f"{line}\n\n{line}\n", encoding="utf-8")
    assert list(open_poems(file).poems) == [RawPoem("静夜思", "李白", content)] * 2


def test_json_lines_name_the_line_that_is_broken(file: Path) -> None:
    file.write_text('{"title": "甲", "content": "乙"}\n{"title"\n', encoding="utf-8")
    poems = open_poems(file).poems
    next(poems)
    with pytest.raises(CorpusError, match="Line 2"):
        next(poems)


def test_a_json_file_of_chinese_poetry(file: Path) -> None:
    ci = {"rhythmic": "导引", "author": "和岘", "paragraphs": ["气和玉烛，", "睿化著鸿明。"]}
    file.write_text(json.dumps([entry(JINGYESI, "静夜思", "李白"), ci], ensure_ascii=False, indent=1), encoding="utf-8")
    poems = list(open_poems(file).poems)
    assert [(poem.title, poem.author) for poem in poems] == [("静夜思", "李白"), ("导引", "和岘")]
    assert poems[1].text == "气和玉烛，\n睿化著鸿明。"


def test_a_folder_of_chinese_poetry_gives_its_main_text_in_order(tmp_path: Path) -> None:
    for name, text in (("poet.tang.2000", SHANXING), ("poet.tang.1000", JINGYESI), ("error/poet.tang.0", "误。")):
        path = tmp_path / "quantangshi" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([entry(text)]), encoding="utf-8")
    (tmp_path / "ci.song.0.json").write_text(json.dumps([entry(DENGGUANQUELOU)]), encoding="utf-8")
    assert texts(tmp_path) == [JINGYESI, SHANXING]
    assert texts(tmp_path / "quantangshi" / "error") == ["误。"]


def test_a_folder_of_other_json_files_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "ci.song.0.json").write_text(json.dumps([entry(DENGGUANQUELOU)]), encoding="utf-8")
    (tmp_path / "author.song.json").write_text(json.dumps([{"name": "和岘"}]), encoding="utf-8")
    assert texts(tmp_path) == [DENGGUANQUELOU]


def test_the_tarball_of_the_package_gives_its_main_text(tmp_path: Path) -> None:
    read = texts(small_package(tmp_path / "package.tgz"))
    assert len(read) == 102
    assert SHANXING not in read


def test_a_tarball_of_another_collection_is_read_whole(tmp_path: Path) -> None:
    tarball = write_package(tmp_path / "other.tgz", {"songci/ci.json": [entry(JINGYESI)], "package.json": {}})
    assert texts(tarball) == [JINGYESI]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_is_recognised(file: Path, encoding: str) -> None:
    file.write_text(f"{JINGYESI}\n{SHANXING}\n", encoding=encoding)
    assert texts(file) == [JINGYESI, SHANXING]


def test_an_encoding_is_recognised_though_its_sample_ends_within_a_character(file: Path) -> None:
    poems = made_up_poems(9000)
    for encoding in ("utf-8", "gb18030"):
        file.write_text("x" + "\n".join(poems), encoding=encoding)
        assert len(list(open_poems(file).poems)) == len(poems)


def test_lines_may_end_the_windows_way(file: Path) -> None:
    file.write_bytes(f"{JINGYESI}\r\n\r\n{SHANXING}\r\n".encode())
    assert texts(file) == [JINGYESI, SHANXING]


@pytest.mark.parametrize("form", [name for name in FORMATS if name not in ("chinese-poetry", "table")])
def test_the_format_can_be_named(file: Path, form: str) -> None:
    content = json.dumps({"title": "题", "content": JINGYESI}) if form == "jsonl" else JINGYESI
    file.write_text(content, encoding="utf-8")
    assert texts(file, form) == [JINGYESI]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "is not a text"),
        (random.Random(7).randbytes(4096) + b"\x00", "is not a text"),
        ("日本語のテキスト".encode("euc-jp") * 50, "is not a text"),
        ("Füße und Bäume ".encode("latin-1") * 50, "is not a text"),
        (JINGYESI.encode("utf-16-le"), "is not a text"),
        (b"[{]", "not readable as JSON"),
        (b"\x1f\x8b\x08rubbish", "damaged or cut short"),
        (gzip.compress(b"no poem" * 100, mtime=0)[:-9], "damaged or cut short"),
    ],
)
def test_a_file_that_holds_no_poems_is_refused_with_one_sentence(file: Path, data: bytes, said: str) -> None:
    file.write_bytes(data)
    with pytest.raises(CorpusError, match=said) as caught:
        list(open_poems(file).poems)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_file_that_goes_bad_after_its_beginning_is_refused(file: Path) -> None:
    file.write_bytes("\n".join(made_up_poems(9000)).encode() + b"\xff\xfe\n")
    with pytest.raises(CorpusError, match="damaged"):
        list(open_poems(file).poems)


def test_a_tarball_cut_in_half_is_refused(tmp_path: Path) -> None:
    tarball = write_package(tmp_path / "cut.tgz", {"poet.json": [entry(text) for text in made_up_poems(500)]})
    tarball.write_bytes(tarball.read_bytes()[: tarball.stat().st_size // 2])
    with pytest.raises(CorpusError, match=r"cut\.tgz is damaged or cut short"):
        list(open_poems(tarball).poems)


@pytest.mark.parametrize("missing", ["nowhere.txt", "nowhere/at/all"])
def test_a_missing_file_is_refused(tmp_path: Path, missing: str) -> None:
    with pytest.raises(CorpusError, match="There is no file"):
        open_poems(tmp_path / missing)


def test_an_unknown_format_is_refused_with_the_known_ones(file: Path) -> None:
    with pytest.raises(CorpusError, match="There is no format csv") as caught:
        open_poems(file, "csv")
    assert "title-colon" in caught.value.hint


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no \.json files"):
        list(open_poems(tmp_path).poems)
