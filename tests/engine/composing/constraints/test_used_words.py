"""Words to use: each stands in the poem as it is, in a poem that keeps its form, or one sentence says why there is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing.composer import compose_many, compose_poem
from engine.config.schema import ComposeConfig
from engine.model.checkpoint import LoadedModel
from engine.prosody.checker import check
from engine.prosody.tones import reading_of
from engine.system.errors import ComposeError
from tests.engine.composing.composing_lines import HAN, again, lines_of
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.prosody.verse_judge import faults, readings

# Without one that the rhyme book lacks.
KNOWN = HAN.replace("畑", "")
# The judge knows no character or reading that was added to the rhyme book.
OF_ONE_TONE = "".join(one for one in KNOWN if one in readings() and reading_of(one, "pingshui") in "平仄")
WORDS = st.text(st.sampled_from(KNOWN), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return rhyming_model()


@given(
    words=st.lists(WORDS, min_size=1, max_size=3),
    form=st.sampled_from(["wujue", "qijue", "wulv"]),
    begin=st.sampled_from(["", "春"]),
    seed=st.integers(0, 2**31 - 1),
)
@settings(max_examples=60, deadline=None)
def test_every_word_stands_in_a_poem_that_keeps_its_form(words: list[str], form: str, begin: str, seed: int) -> None:
    config = ComposeConfig(use=" ".join(words), form=form, begin=begin, seed=seed, top_p=1.0)
    try:
        poem = compose_poem(rhyming_model(), config)
    except ComposeError:
        assert len("".join(words)) > 2  # less always fits
        return
    assert all(any(word in line for line in lines_of(poem)) for word in words)
    assert poem.verdicts == (True, True, True)
    assert poem.text.startswith(begin)


@given(word=st.text(st.sampled_from(OF_ONE_TONE), min_size=2, max_size=2), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_a_word_of_two_characters_fits_every_qijue_without_a_licence(word: str, seed: int) -> None:
    poem = compose_poem(rhyming_model(), ComposeConfig(use=word, form="七绝", seed=seed, top_p=1.0))
    assert word in poem.text
    assert faults(poem.text, "qijue", poem.rhyme) == []


def test_candidates_hold_the_words_in_several_places(loaded: LoadedModel) -> None:
    config = ComposeConfig(use="春风 月", form="七绝", begin="日", seed=5)
    poems = compose_many(loaded, config, 5)
    assert all("春风" in poem.text and "月" in poem.text and poem.text[0] == "日" for poem in poems)
    assert all(poem.verdicts == (True, True, True) for poem in poems)
    assert len({poem.text.index("春风") for poem in poems}) > 1
    assert [poem.score for poem in poems] == sorted((poem.score for poem in poems), reverse=True)
    assert [again(loaded, config, poem).text for poem in poems] == [poem.text for poem in poems]


def test_a_marked_keyword_is_a_word_to_use() -> None:
    loaded = rhyming_model(tags=True)
    config = ComposeConfig(keywords="春风! 月", form="七绝", seed=5, n_particles=1)
    assert all("春风" in poem.text and "雪" in poem.text for poem in compose_many(loaded, config.replace(use="雪"), 3))
    assert "春风" in compose_poem(loaded, config).text


def test_a_word_stands_in_a_tune_too(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(use="春风", form="浣溪沙", seed=2, top_p=1.0))
    assert "春风" in poem.text
    assert check(poem.text, "浣溪沙").verdicts.overall == "ok"


def test_a_word_that_the_beginning_holds_is_used_there(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(use="春", form="五绝", begin="春山", seed=2, top_p=1.0))
    assert poem.text.startswith("春山")


def test_words_and_kept_characters_go_together(loaded: LoadedModel) -> None:
    keep = "□□□□□□月□□□□□□□□□□□□□"
    poem = compose_poem(loaded, ComposeConfig(use="春风", form="五绝", keep=keep, seed=2, top_p=1.0))
    assert "春风" in poem.text
    assert lines_of(poem)[1][1] == "月"


@pytest.mark.parametrize(
    ("use", "form", "said"),
    [
        ("东风红宫翁", "五绝", "The word 东风红宫翁 fits no line of 五绝: "),
        ("春风春风春风", "五绝", "The word 春风春风春风 fits no line of 五绝: "),
        ("春 日 山 月 风", "五绝", "5 words are more"),
        ("ab", "五绝", "is no Chinese word"),
        ("春 [/b]", "五绝", r"\[/b\]' is no Chinese word"),
        ("鹓", "五绝", "does not know 鹓"),
        ("春", "free", "needs a form"),
    ],
)
def test_words_that_cannot_be_used_are_refused_in_a_sentence(
    loaded: LoadedModel, use: str, form: str, said: str
) -> None:
    with pytest.raises(ComposeError, match=said):
        compose_poem(loaded, ComposeConfig(use=use, form=form))
