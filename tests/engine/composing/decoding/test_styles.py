"""The style of a poet: the characters of the table come oftener, and form, tones and rhyme are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing.composer import compose_many, compose_poem
from engine.composing.decoding.styles import STYLE_STRENGTH, bias_of, style_bias
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.control_codes import PERIODS, coded_poets, style_named
from engine.model.checkpoint import LoadedModel
from tests.engine.composing.composing_lines import again
from tests.engine.composing.rhyming_model import rhyming_model

STYLES = (*PERIODS, *(period for periods in PERIODS.values() for period in periods), *coded_poets())


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return rhyming_model()


@pytest.mark.parametrize("name", STYLES)
def test_every_style_has_characters_of_its_own(name: str) -> None:
    style = style_named(name)
    assert style is not None
    biases = bias_of(style)
    assert len(biases) > 100
    assert min(biases.values()) < 0 < max(biases.values())


def test_li_bai_writes_of_the_moon_and_of_wine_and_lu_you_of_age() -> None:
    li_bai, lu_you = (bias_of(style) for style in map(style_named, ("李白", "陆游")) if style is not None)
    assert min(li_bai[one] for one in "月醉") > 0 > li_bai["老"]
    assert lu_you["老"] > 0


def test_a_poet_without_characters_of_his_own_has_those_of_his_period() -> None:
    wang_zhihuan, period = style_named("王之涣"), style_named("盛唐")
    assert wang_zhihuan is not None
    assert period is not None
    assert bias_of(wang_zhihuan) == bias_of(period)


@pytest.mark.parametrize("form", ["七绝", "free"])
def test_the_characters_of_a_style_come_oftener_with_it(loaded: LoadedModel, form: str) -> None:
    bias = style_bias(ComposeConfig(style="李白"), loaded.vocabulary)
    assert bias is not None

    def mean_bias(style: str) -> float:
        poems = [compose_poem(loaded, ComposeConfig(form=form, style=style, seed=seed)) for seed in range(12)]
        token_ids = loaded.vocabulary.encode("".join(poem.text for poem in poems))
        return float(bias[token_ids].mean()) / STYLE_STRENGTH

    assert mean_bias("李白") > mean_bias("") + 0.05


@given(name=st.sampled_from(STYLES), form=st.sampled_from(["五绝", "七绝", "五律"]), seed=st.integers(0, 2**31 - 1))
@settings(max_examples=20, deadline=None)
def test_a_poem_of_a_style_keeps_its_form(name: str, form: str, seed: int) -> None:
    assert compose_poem(rhyming_model(), ComposeConfig(style=name, form=form, seed=seed)).verdicts == (True, True, True)


def test_style_and_keywords_go_together(loaded: LoadedModel) -> None:
    config = ComposeConfig(style="李白", keywords="春风", form="七绝")
    poems = compose_many(rhyming_model(tags=True), config, 3)
    assert any("春风" in poem.text for poem in poems)
    assert all(poem.verdicts == (True, True, True) for poem in poems)


def test_a_poem_of_a_style_is_given_again_by_its_seed(loaded: LoadedModel) -> None:
    config = ComposeConfig(style="晚唐", form="七绝", seed=4)
    poems = compose_many(loaded, config, 4)
    assert [again(loaded, config, poem).text for poem in poems] == [poem.text for poem in poems]
