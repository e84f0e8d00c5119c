"""Tunes: each against real pieces of it, however they are cut, in their variants, and what is said of lines that differ."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.tables.tune_statistics import pattern
from engine.corpus.poem import Poem
from engine.corpus.tokens.control_codes import control_codes_of
from engine.prosody.checker import check, split_verse
from engine.prosody.forms.definitions import form_called, forms
from engine.prosody.pass_rates import form_and_lines
from engine.prosody.report import Report
from engine.prosody.text import lines_of
from engine.prosody.tunes import aligned, recut
from engine.system import paths
from tests.children import child

TUNES = [form for form in forms() if not form.is_regulated]
_READ = Path(__file__).with_name("tune_pieces.tsv")
_ROWS = [line.split("\t") for line in _READ.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
# Looked up before `studio_home` gives every test a home of its own.
_CORPUS = paths.home() / "corpora" / "tang-song-ci" / "poems.jsonl"

CHIBI = (
    "大江东去，浪淘尽、千古风流人物。故垒西边，人道是、三国周郎赤壁。乱石穿空，惊涛拍岸，卷起千堆雪。江山如画，一时多少豪杰。"
    "遥想公瑾当年，小乔初嫁了，雄姿英发。羽扇纶巾，谈笑间、樯橹灰飞烟灭。故国神游，多情应笑我，早生华发。人生如梦，一尊还酹江月。"
)
SHUIDIAO = (
    "明月几时有，把酒问青天。不知天上宫阙，今夕是何年。我欲乘风归去，又恐琼楼玉宇，高处不胜寒。起舞弄清影，何似在人间。"
    "转朱阁，低绮户，照无眠。不应有恨，何事长向别时圆。人有悲欢离合，月有阴晴圆缺，此事古难全。但愿人长久，千里共婵娟。"
)


def n_against(report: Report) -> int:
    """How many places, rhymes and repeated lines are against the tune."""
    wrong = sum(rhyme.verdict == "violation" for rhyme in report.rhymes)
    return len(report.violations) + wrong + len(report.faults)


def test_there_are_eighty_tunes_and_three_real_pieces_of_each() -> None:
    assert len(TUNES) >= 80
    assert Counter(key for key, *_ in _ROWS) == dict.fromkeys((form.key for form in TUNES), 3)
    assert sum(int(n_wrong) for *_, n_wrong, _ in _ROWS) <= 4


@pytest.mark.parametrize(("key", "title", "author", "n_wrong", "text"), _ROWS, ids=lambda value: value[:12])
def test_a_real_piece_is_recognised_and_keeps_its_tune(
    key: str, title: str, author: str, n_wrong: str, text: str
) -> None:
    report = check(text)
    assert (report.form, n_against(report)) == (key, int(n_wrong)), (title, author)
    assert check(text, key) == report


def test_a_piece_is_the_same_however_it_is_cut_but_at_its_rhymes() -> None:
    """Lines are merged and cut at random; what ends in a rhyme ends at a mark."""
    source = random.Random(5)
    for key, *_, text in source.sample(_ROWS, 60):
        report = check(text)
        rhymed = {rhyme.line for rhyme in report.rhymes}
        cut = ""
        for number, line in enumerate(report.lines, start=1):
            at = source.randrange(1, len(line.text)) if len(line.text) > 3 and source.random() < 0.3 else 0
            cut += line.text[:at] + ("、" if at else "") + line.text[at:]
            cut += "。" if number in rhymed else source.choice(("，", ""))
        again = check(cut)
        assert (again.form, again.verdicts) == (key, report.verdicts), cut
        assert again.lines == report.lines


def test_editions_cut_a_tune_in_several_ways() -> None:
    report = check(CHIBI)
    assert (report.form, report.verdicts.form, report.verdicts.tones) == ("niannujiao", "ok", "ok")
    assert [(one.line, one.character) for one in report.rhymes if one.verdict != "ok"] == [(5, "壁")]
    for text in (SHUIDIAO, SHUIDIAO.replace("不知天上宫阙，今夕是何年", "不知天上，宫阙今夕是何年")):
        assert (check(text).form, check(text).verdicts.overall) == ("shuidiaogetou", "ok")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        # 晏几道, 6-6-7-5-5.
        (
            "linjiangxian",
            "梦后楼台高锁，酒醒帘幕低垂。去年春恨却来时，落花人独立，微雨燕双飞。记得小蘋初见，两重心字罗衣。琵琶弦上说相思，当时明月在，曾照彩云归。",
        ),
        # 李之仪, a character more in the last line.
        (
            "busuanzi",
            "我住长江头，君住长江尾。日日思君不见君，共饮长江水。此水几时休，此恨何时已。只愿君心似我心，定不负相思意。",
        ),
        # 李璟, not 浣溪沙.
        (
            "tanpohuanxisha",
            "手卷真珠上玉钩，依前春恨锁重楼。风里落花谁是主，思悠悠。青鸟不传云外信，丁香空结雨中愁。回首绿波三楚暮，接天流。",
        ),
        # 李煜, not 相见欢.
        (
            "wuyeti",
            "昨夜风兼雨，帘帏飒飒秋声。烛残漏断频欹枕，起坐不能平。世事漫随流水，算来梦里浮生。醉乡路稳宜频到，此外不堪行。",
        ),
        ("xiangjianhuan", "无言独上西楼，月如钩。寂寞梧桐深院锁清秋。剪不断，理还乱，是离愁。别是一般滋味在心头。"),
        # 贺铸, 忆秦娥 in a level rhyme.
        (
            "yiqine",
            "晓朦胧，前溪百鸟啼匆匆。啼匆匆，凌波人去，拜月楼空。去年今日东门东，鲜妆辉映桃花红。桃花红，吹开吹落，一任东风。",
        ),
    ],
)
def test_variants_are_recognised(key: str, text: str) -> None:
    report = check(text)
    assert report.form == key
    assert report.verdicts.tones == report.verdicts.rhyme == "ok"


def test_a_character_too_few_or_too_many_is_told_by_the_line_of_the_tune() -> None:
    short = check(CHIBI.replace("一尊还", "尊还"))
    assert (short.form, short.verdicts.form) == ("niannujiao", "violation")
    assert [(one.line, one.name) for one in short.faults] == [(20, "少一字")]
    long = check(SHUIDIAO.replace("照无眠", "又照无眠"), "水调歌头")
    assert [(one.line, one.name) for one in long.faults] == [(12, "多一字")]
    half = check(SHUIDIAO[: SHUIDIAO.index("转朱阁")], "水调歌头")
    assert {one.name for one in half.faults} == {"缺句"}


def test_lines_are_set_against_a_tune_one_for_one_merged_or_cut() -> None:
    form = form_called("念奴娇")
    assert all(run.n_extra == 0 for run in aligned(list(map(len, split_verse(CHIBI))), form))
    assert recut(["大江东", "去浪淘尽"], (4, 3)) == ["大江东去", "浪淘尽"]
    assert {run.pieces for run in aligned([], form)} == {(0, 0)}


def test_verse_of_another_kind_is_no_tune() -> None:
    assert check("云想衣裳花想容，" * 6).form is None
    assert check("床前明月光，疑是地上霜。举头望明月，低头思故乡。").form != "shengchazi"
    old = "君不见黄河之水天上来，奔流到海不复回。君不见高堂明镜悲白发，朝如青丝暮成雪。人生得意须尽欢，莫使金樽空对月。"
    assert check(old).tone_pattern is None


def test_a_piece_is_of_the_tune_of_its_title_and_a_header_tells_it_where_it_is_cut_as_composed() -> None:
    form, lines = form_and_lines(Poem("念奴娇 赤壁怀古", "苏轼", CHIBI))
    assert form is form_called("念奴娇")
    assert tuple(map(len, lines)) == form.line_lengths
    assert control_codes_of(Poem("念奴娇 赤壁怀古", "苏轼", CHIBI)).form is None
    assert control_codes_of(Poem("水调歌头 明月几时有", "苏轼", SHUIDIAO)).form == "shuidiaogetou"
    (key, title, author, _, text) = next(row for row in _ROWS if row[0] == "yulouchun")
    found, _ = form_and_lines(Poem(title, author, text))
    assert found is not None
    assert found.key == key


def test_most_pieces_of_a_corpus_are_recognised_by_their_text_alone() -> None:
    """A sixteenth of them; of 水调歌头 17 % were before tunes were told by their characters, of 念奴娇 43 %."""
    if not _CORPUS.is_file():
        pytest.skip("the corpus tang-song-ci is not installed")
    wanted = {
        "水调歌头": 0.75,
        "念奴娇": 0.75,
        "满庭芳": 0.8,
        "沁园春": 0.75,
        "贺新郎": 0.75,
        "水龙吟": 0.75,
        "临江仙": 0.8,
    }
    pieces: dict[str, list[str]] = {name: [] for name in wanted}
    with _CORPUS.open(encoding="utf-8") as file:
        for row in file:
            name = next((name for name in wanted if row.startswith(f'{{"title": "{name}')), None)
            if name is not None:
                pieces[name].append(json.loads(row)["text"])
    for name, share in wanted.items():
        sample = pieces[name][::16]
        n_known = sum(check(text).form == form_called(name).key for text in sample)
        assert n_known >= share * len(sample), name
        assert sum(map(len, lines_of(sample[0]))) > 0


def test_a_pattern_is_what_most_pieces_do() -> None:
    pieces = [["春山月落", "江上夜行舟"], ["秋风雨急", "水外一登楼"], ["江花雪尽", "枕上几回头"]]
    assert pattern(pieces) == [("平平仄仄", ""), ("中仄仄平平", "")]
    pieces = [["春山月落", "江上夜行舟", "秋"], ["秋风雨急", "水外一登楼", "流"], ["江花雪尽", "枕上几回头", "愁"]]
    assert [label for _, label in pattern(pieces)] == ["", "A", "A"]


def test_the_statistics_of_a_tune_end_quietly_where_their_reader_has_gone(tmp_path: Path) -> None:
    file = tmp_path / "tunes.txt"
    file.write_text("忆江南:江南好，风景旧曾谙。日出江花红胜火，春来江水绿如蓝。能不忆江南？\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "benchmarks.tables.tune_statistics", str(file), "忆江南"]
    environment = {**os.environ, "POETRY_TUI_HOME": str(tmp_path / "home")}
    with child(command, stdout=writer, stderr=subprocess.PIPE, env=environment) as process:
        os.close(writer)
        assert process.communicate()[1] == b""
        assert process.returncode == 0
