"""The words that a poem could have been asked for by."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.corpus.poem import Poem
from engine.corpus.tokens.control_codes import coded_poets, style_named, style_of
from engine.corpus.tokens.keywords import (
    FUNCTION_CHARACTERS,
    MAX_CANDIDATES,
    MAX_FROM_TITLE,
    MAX_KEYWORD_CHARS,
    idf_nats,
    keyword_candidates,
    words_of_line,
)
from engine.prosody.text import lines_of
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, SHANXING


def test_words_stand_where_a_foot_of_the_line_begins_and_name_something() -> None:
    assert {"白日", "山"} < set(words_of_line("白日依山尽"))
    words = set(words_of_line("霜叶红于二月花"))
    assert {"霜", "叶", "花", "霜叶"} <= words
    assert not words & {"于", "二", "红于", "叶红", "于二"}


@pytest.mark.parametrize("word", ["秋", "月", "琵琶", "明月", "芙蓉", "洞庭", "杨柳", "醉", "春风", "江南"])
def test_words_that_people_ask_for_can_be_keywords(word: str) -> None:
    assert word in idf_nats()


def test_what_names_nothing_is_no_keyword() -> None:
    assert not any(FUNCTION_CHARACTERS & set(word) for word in idf_nats())
    assert not {"不知", "何处", "无人", "不", "，"} & set(idf_nats())


def test_a_name_in_the_title_is_a_keyword_and_the_occasion_is_none() -> None:
    def of_title(title: str) -> set[str]:
        return {word for word in keyword_candidates(Poem("", "", SHANXING), title) if word not in SHANXING}

    assert of_title("岳阳楼") & {"岳阳楼", "岳阳"}
    assert not "".join(of_title("次韵送客")).strip("客")
    assert len(of_title("洞庭芙蓉杨柳琵琶")) <= MAX_FROM_TITLE
    assert of_title("") == set()


@given(st.lists(st.text("白日依山尽黄河入海流春风明月琵琶", min_size=1, max_size=9), min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_candidates_are_words_of_the_poem_and_depend_on_it_alone(lines: list[str]) -> None:
    poem = Poem("", "", "，".join(lines) + "。")
    candidates = keyword_candidates(poem, "")
    assert candidates == keyword_candidates(poem, "")
    assert len(candidates) == len(set(candidates)) <= MAX_CANDIDATES
    assert all(any(word in line for line in lines_of(poem.text)) for word in candidates)
    assert all(1 <= len(word) <= MAX_KEYWORD_CHARS for word in candidates)


def test_a_rare_word_is_drawn_more_often_than_a_common_one() -> None:
    # Of many poems of common words each has one rare one.
    common = "山水风月花雪云江春秋雨天"
    poems = [Poem("", "", f"琵琶{common[n:]}{common[:n]}{'，' * (n % 3)}山{'山' * (n // 12)}。") for n in range(120)]
    drawn = [keyword_candidates(poem, "") for poem in poems]
    n_rare, n_common = (sum(word in candidates for candidates in drawn) for word in ("琵琶", "山"))
    assert n_rare > n_common > 0


def test_a_style_is_named_by_dynasty_period_or_poet() -> None:
    for name in ("唐", "宋", "初唐", "盛唐", "中唐", "晚唐", "五代", "北宋", "南宋", *coded_poets()):
        style = style_named(name)
        assert style is not None
        assert name in (style.dynasty, style.period, style.poet)
        assert style.dynasty in ("唐", "宋")
    assert len(coded_poets()) > 100
    assert style_named("莎士比亚") is None
    assert style_of("莎士比亚") == style_of("")
    assert keyword_candidates(Poem("", "", DENGGUANQUELOU), "")
