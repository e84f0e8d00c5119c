"""What a poem is about: keywords stand in it, its title's field does, and form, tones and rhyme are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing.composer import compose_many, compose_poem
from engine.composing.constraints.plan import plan_poem
from engine.composing.decoding.guides import topics_of
from engine.config.schema import ComposeConfig
from engine.corpus.usage import field_of, word_fields, words_of_title
from tests.engine.composing.composing_lines import again
from tests.engine.composing.rhyming_model import rhyming_model

WORDS = ("春风", "月", "雪", "山色", "落木", "玉", "青", "江树")


@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True),
    form=st.sampled_from(["五绝", "七绝", "五律"]),
    seed=st.integers(0, 2**31 - 1),
    n_particles=st.sampled_from([1, 3]),
)
@settings(max_examples=20, deadline=None)
def test_a_poem_about_keywords_keeps_its_form(words: list[str], form: str, seed: int, n_particles: int) -> None:
    config = ComposeConfig(keywords=" ".join(words), form=form, seed=seed, n_particles=n_particles)
    assert compose_poem(rhyming_model(tags=True), config).verdicts == (True, True, True)


def test_keywords_come_to_stand_in_most_poems_and_in_several_lines() -> None:
    loaded, config = rhyming_model(tags=True), ComposeConfig(keywords="春风 月", form="七绝", n_particles=2)
    poems = [compose_poem(loaded, config.replace(seed=seed)) for seed in range(8)]
    assert sum("春风" in poem.text and "月" in poem.text for poem in poems) > len(poems) / 2
    assert len({poem.text.index("月") // 8 for poem in poems if "月" in poem.text}) > 2


def test_the_first_candidate_has_its_keywords_without_a_ranker_too() -> None:
    config = ComposeConfig(keywords="春风 月", form="七绝", n_particles=1)
    poem = compose_many(rhyming_model(tags=True), config, 1)[0]
    assert "春风" in poem.text
    assert "月" in poem.text


def test_a_poem_of_keywords_is_given_again_by_its_seed() -> None:
    loaded, config = rhyming_model(tags=True), ComposeConfig(keywords="春风 月", form="七绝", seed=4)
    poems = compose_many(loaded, config, 4)
    assert [again(loaded, config, poem).text for poem in poems] == [poem.text for poem in poems]


def test_a_title_brings_words_of_its_field() -> None:
    loaded, plain = rhyming_model(tags=True), ComposeConfig(form="七绝", begin="日")

    def n_of_field(config: ComposeConfig) -> int:
        field = {word for topic in topics_of(ComposeConfig(title="雪")) for word in topic.words}
        poems = [compose_poem(loaded, config.replace(seed=seed)) for seed in range(12)]
        return sum(word in poem.text for poem in poems for word in field)

    assert n_of_field(plain.replace(title="雪")) > n_of_field(plain)


def test_a_keyword_that_fits_nowhere_leaves_the_place_to_its_field() -> None:
    loaded = rhyming_model(tags=True)
    # Four level tones in a row suit no line, and 江 stands beside 江风.
    poem = compose_poem(loaded, ComposeConfig(keywords="江东江东", form="五绝", seed=3))
    assert poem.verdicts == (True, True, True)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("中秋", {"中秋"}),
        ("送王十八归山寄题仙游寺", {"送", "寺"}),
        ("次韵和王员外雪梅", {"雪", "梅"}),
        ("九日登高", {"九日登"}),
        ("", set()),
        ("其一", set()),
    ],
)
def test_a_title_is_about_its_words_and_not_about_persons_and_occasions(title: str, words: set[str]) -> None:
    found = set(words_of_title(title))
    assert words <= found
    assert not found & {"王", "十", "八", "员外", "次韵", "和", "其一", "一"}


def test_the_field_of_an_unknown_word_is_that_of_its_characters() -> None:
    assert set(field_of("寺琴")) & set(word_fields()["寺"])
    assert set(field_of("寺琴")) & set(word_fields()["琴"])
    assert field_of("𠀀") == ()


def test_fields_hold_no_character_of_their_word() -> None:
    for word, field in word_fields().items():
        assert 4 <= len(field) <= 12
        assert not set(word) & set("".join(field))


def test_titles_keywords_and_forms_of_one_seed_rhyme_in_several_groups() -> None:
    vocabulary = rhyming_model(tags=True).vocabulary
    for requests in (
        [{"title": title} for title in ("登高", "中秋", "送别", "江雪", "山寺", "闻笛", "咏柳", "七夕")],
        [{"keywords": words} for words in ("月", "雪", "春风", "江树", "玉", "青", "山色", "落木")],
        [{"begin": begin} for begin in "月雪春江玉青山落"],
    ):
        configs = [ComposeConfig(form="七绝", seed=7).replace(**request) for request in requests]
        assert len({plan_poem(config, vocabulary).rhyme for config in configs}) > 2
