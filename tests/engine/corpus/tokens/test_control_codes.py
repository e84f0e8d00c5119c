"""What is told of a poem before its first character."""

import pytest

from engine.corpus.poem import Poem
from engine.corpus.tokens.control_codes import (
    ControlCodes,
    control_code_indices,
    control_code_tags,
    control_codes_of,
    title_of,
)
from engine.corpus.tokens.vocabulary import Vocabulary
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, SHANXING

# The tags of models of before there were keywords and styles.
OLDER = ("title", "poem", "form", "rhyme")
VOCABULARY = Vocabulary("登鹳雀楼山行，。", control_code_tags())


def test_a_regulated_poem_is_known_by_form_rhyme_and_title() -> None:
    for poem, known in (
        (Poem("登鹳雀楼", "王之涣", DENGGUANQUELOU), ControlCodes("wujue", "十一尤", "登鹳雀楼")),
        (Poem("山行", "杜牧", SHANXING), ControlCodes("qijue", "六麻", "山行")),
    ):
        header = control_codes_of(poem)
        assert (header.form, header.rhyme, header.title) == (known.form, known.rhyme, known.title)


def test_a_poem_is_known_by_the_dynasty_the_period_and_the_name_of_its_poet() -> None:
    def style(author: str) -> tuple[str, str, str]:
        header = control_codes_of(Poem("山行", author, SHANXING))
        return header.dynasty, header.period, header.poet

    assert style("杜牧") == ("唐", "晚唐", "杜牧")
    assert style("苏轼") == ("宋", "北宋", "苏轼")
    assert style("王之涣") == ("唐", "盛唐", "")  # too few poems for a code of his own
    assert style("寒山") == ("唐", "", "寒山")
    assert style("无名氏") == ("", "", "")


def test_one_part_of_a_header_is_that_part_alone() -> None:
    header = control_codes_of(Poem("山行", "杜牧", SHANXING))
    assert header.only("style") == ControlCodes(dynasty="唐", period="晚唐", poet="杜牧")
    assert header.only("keywords") == ControlCodes(keywords=header.keywords)
    assert header.only("rhyme") == ControlCodes(rhyme="六麻")
    assert header.only("all") == header


def test_a_poem_that_breaks_the_tones_is_told_by_its_rhyme_and_not_by_a_form() -> None:
    old_style = "锄禾日当午，汗滴禾下土。谁知盘中餐，粒粒皆辛苦。"
    header = control_codes_of(Poem("悯农", "李绅", old_style))
    assert (header.form, header.rhyme, header.title) == (None, "七麌", "悯农")


def test_a_tune_is_known_by_its_form_and_its_name_is_no_title() -> None:
    text = "江南好，风景旧曾谙。日出江花红胜火，春来江水绿如蓝。能不忆江南。"
    header = control_codes_of(Poem("忆江南", "白居易", text))
    assert header.form == "yijiangnan"
    assert header.rhyme == "第十四部"
    assert header.title == ""


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("登高", "登高"),
        ("次韵汤朝美古意二首 其二", "次韵汤朝美古意"),
        ("寄题园亭二十六咏 水帘", "水帘"),
        ("九日", "九日"),
        ("一", "一"),
        ("", ""),
        ("A, B", ""),
        ("奉和圣制从蓬莱向兴庆阁道中留春雨中春望之作应制", "阁道中留春雨中春望之作应制"[-12:]),
    ],
)
def test_a_title_tells_what_the_poem_is_about_without_numbers(title: str, told: str) -> None:
    assert title_of(title) == told


def test_a_header_is_tags_and_the_title_between_its_marks() -> None:
    tag = VOCABULARY.tag
    indices = control_code_indices(VOCABULARY, ControlCodes("wujue", "十一尤", "登楼"))
    assert indices == [
        tag("form:wujue"), tag("rhyme:十一尤"), tag("title"), *VOCABULARY.encode("登楼"), tag("poem"),
    ]  # fmt: skip
    assert control_code_indices(VOCABULARY, ControlCodes()) == []
    told = ControlCodes("wujue", None, "登楼", ("山", "楼", "雀", "鹳", "登"), "唐", "晚唐", "杜牧")
    keywords = [index for word in "山楼雀鹳" for index in (tag("keyword"), *VOCABULARY.encode(word))]
    assert control_code_indices(VOCABULARY, told) == [
        tag("dynasty:唐"), tag("period:晚唐"), tag("poet:杜牧"), tag("form:wujue"), *keywords,
        tag("title"), *VOCABULARY.encode("登楼"), tag("poem"),
    ]  # fmt: skip
    assert control_code_indices(VOCABULARY, ControlCodes(keywords=("鹓", "山行"))) == [
        tag("keyword"), *VOCABULARY.encode("山行"), tag("poem"),
    ]  # fmt: skip
    before_keywords = Vocabulary("登楼", [name for name in control_code_tags() if name.split(":")[0] in OLDER])
    assert control_code_indices(before_keywords, told) == control_code_indices(
        before_keywords, ControlCodes("wujue", title="登楼")
    )
    earlier = Vocabulary("登楼", ["form:wulv"])
    assert (
        control_code_indices(earlier, ControlCodes("wupai"))
        == control_code_indices(earlier, ControlCodes("wulv"))
        != []
    )
    assert control_code_indices(earlier, ControlCodes("zewujue")) == []


def test_what_a_vocabulary_does_not_know_is_left_out() -> None:
    assert control_code_indices(Vocabulary("登楼"), ControlCodes("wujue", "十一尤", "登楼")) == []
    assert VOCABULARY.tag("form:nothing") is None
    assert control_code_indices(VOCABULARY, ControlCodes(title="𠀀𠀁")) == []


def test_tags_come_after_the_characters_and_are_no_text() -> None:
    first = VOCABULARY.tag("title")
    assert first == VOCABULARY.n_predictable
    assert VOCABULARY.decode(range(len(VOCABULARY))) == "□登鹳雀楼山行，。"
