"""对仗: couplets that every handbook calls parallel are, others are not, and what breaks them is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.composing.ranking import parallelism_of
from engine.prosody.checker import check
from engine.prosody.forms.definitions import form_called
from engine.prosody.parallelism import couplet_parallelism, mean_score, middle_couplets
from engine.prosody.report import Report

DENG_GAO = ["风急天高猿啸哀", "渚清沙白鸟飞回", "无边落木萧萧下", "不尽长江滚滚来",
            "万里悲秋常作客", "百年多病独登台", "艰难苦恨繁霜鬓", "潦倒新停浊酒杯"]  # fmt: skip

PARALLEL = [
    ("无边落木萧萧下", "不尽长江滚滚来"),
    ("感时花溅泪", "恨别鸟惊心"),
    ("明月松间照", "清泉石上流"),
    ("漠漠水田飞白鹭", "阴阴夏木啭黄鹂"),
    ("星垂平野阔", "月涌大江流"),
    ("大漠孤烟直", "长河落日圆"),
    ("身无彩凤双飞翼", "心有灵犀一点通"),
    ("疏影横斜水清浅", "暗香浮动月黄昏"),
    ("两个黄鹂鸣翠柳", "一行白鹭上青天"),
    ("白日依山尽", "黄河入海流"),
]
NOT_PARALLEL = [
    ("床前明月光", "疑是地上霜"),
    ("春眠不觉晓", "处处闻啼鸟"),
    ("少小离家老大回", "乡音无改鬓毛衰"),
    ("松下问童子", "言师采药去"),
    ("洛阳亲友如相问", "一片冰心在玉壶"),
    ("劝君更尽一杯酒", "西出阳关无故人"),
    ("正是江南好风景", "落花时节又逢君"),
    ("姑苏城外寒山寺", "夜半钟声到客船"),
]
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@pytest.mark.parametrize(("upper", "lower"), PARALLEL)
def test_a_famous_parallel_couplet_is_parallel(upper: str, lower: str) -> None:
    assert couplet_parallelism(upper, lower).is_parallel


@pytest.mark.parametrize(("upper", "lower"), NOT_PARALLEL)
def test_a_couplet_that_runs_on_is_not_parallel(upper: str, lower: str) -> None:
    assert not couplet_parallelism(upper, lower).is_parallel


def test_lines_of_different_couplets_score_lower_than_their_own() -> None:
    uppers, lowers = zip(*[pair for pair in PARALLEL if len(pair[0]) == 7], strict=True)
    own = [couplet_parallelism(*pair).score for pair in zip(uppers, lowers, strict=True)]
    mixed = [couplet_parallelism(*pair).score for pair in zip(uppers, lowers[1:] + lowers[:1], strict=True)]
    assert min(own) > max(mixed)


def test_only_the_couplets_between_first_and_last_are_judged() -> None:
    couplets = middle_couplets(DENG_GAO)
    assert [couplet.line for couplet in couplets] == [3, 5]
    mean = mean_score(couplets)
    assert mean is not None
    assert mean > 0.9


@pytest.mark.parametrize("lines", [DENG_GAO[:4], DENG_GAO[:7], [*DENG_GAO[:7], "短"], [""] * 8, []])
def test_a_poem_without_middle_couplets_has_none(lines: list[str]) -> None:
    assert middle_couplets(lines) == ()
    assert mean_score(()) is None


def test_a_pairing_of_one_meaning_is_named() -> None:
    assert couplet_parallelism("路远江湖夜", "途遥天地秋").synonyms == (1, 2)


def test_a_character_in_both_lines_is_named_and_opposite_itself_a_mismatch() -> None:
    found = couplet_parallelism("青山横北郭", "白水绕东山")
    assert found.repeated == "山"
    assert 1 in couplet_parallelism("山高秋月小", "山远暮云低").mismatches


def test_a_doubled_word_wants_a_doubled_word() -> None:
    assert couplet_parallelism("漠漠水田飞白鹭", "阴阴夏木啭黄鹂").mismatches[:1] != (1,)
    assert couplet_parallelism("漠漠水田飞白鹭", "远林夏木啭黄鹂").mismatches[:2] == (1, 2)


@pytest.mark.parametrize(("upper", "lower"), [("", ""), ("春", "春江"), ("春江", "")])
def test_lines_that_are_no_couplet_are_refused(upper: str, lower: str) -> None:
    with pytest.raises(ValueError, match="no couplet"):
        couplet_parallelism(upper, lower)


@given(st.integers(1, 11).flatmap(lambda n: st.tuples(*[st.text(HAN, min_size=n, max_size=n)] * 2)))
def test_a_score_is_a_probability_and_the_same_either_way_round(lines: tuple[str, str]) -> None:
    upper, lower = lines
    found = couplet_parallelism(upper, lower)
    assert 0 <= found.score <= 1
    assert len(found.fits_nats) == len(upper)
    assert couplet_parallelism(lower, upper).score == pytest.approx(found.score)
    assert set(found.mismatches) <= set(range(1, len(upper) + 1))


def test_composed_octaves_are_ranked_by_it_and_quatrains_are_not() -> None:
    text = "".join(line + mark for line, mark in zip(DENG_GAO, "，。" * 4, strict=True))
    of_octave = parallelism_of(text, form_called("七律"))
    assert of_octave is not None
    assert of_octave > 0.9
    assert parallelism_of(text[:32], form_called("七绝")) is None


def test_the_checker_tells_how_parallel_the_middle_couplets_are_and_changes_no_verdict() -> None:
    report = check(DENG_GAO)
    assert [(couplet.line, couplet.is_parallel) for couplet in report.couplets] == [(3, True), (5, True)]
    assert report.verdicts.overall == "ok"
    unlike = check([*DENG_GAO[:3], "一片冰心在玉壶", *DENG_GAO[4:]])
    assert [couplet.is_parallel for couplet in unlike.couplets] == [False, True]
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_the_checker_tells_of_no_couplets_where_the_form_wants_none_parallel() -> None:
    assert check(DENG_GAO[:4]).couplets == ()


def test_words_of_one_meaning_opposite_each_other_are_noted_at_the_lower_line() -> None:
    poem = [
        "客路青山外",
        "行舟绿水前",
        "潮平两岸阔",
        "风正一帆悬",
        "路远江湖夜",
        "途遥天地秋",
        "乡书何处达",
        "归雁洛阳边",
    ]
    found = [(note.line, note.positions, note.characters) for note in check(poem).notes if note.name == "合掌"]
    assert found == [(6, (1,), "路途"), (6, (2,), "远遥")]
