"""Composing: the same constraint gives the same poem, the state is carried rightly, and what is drawn is what was asked for."""

import math
from typing import Any

import pytest
import torch

from engine.composing.composer import Composition, compose, compose_many, compose_poem, finish
from engine.composing.replies import Token
from engine.config.schema import CELLS, Cell, ComposeConfig
from engine.corpus.tokens.vocabulary import BEGIN, END, PAD, UNKNOWN
from engine.model.checkpoint import LoadedModel
from engine.prosody.text import is_han
from engine.system.errors import ComposeError
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.small_model import small_model


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return small_model()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 3.0])
def test_the_same_wish_gives_the_same_poem(cell: Cell, temperature: float) -> None:
    constraint = ComposeConfig(begin="日", seed=11, temperature=temperature)
    assert compose_poem(small_model(cell), constraint) == compose_poem(small_model(cell), constraint)


def test_another_seed_gives_another_poem(loaded: LoadedModel) -> None:
    texts = {compose_poem(loaded, ComposeConfig(begin="日", seed=seed, temperature=1.0)).text for seed in range(8)}
    assert len(texts) == 8


@pytest.mark.parametrize("form", ["free", "七绝"])
def test_the_pools_of_neighbouring_seeds_share_no_candidate(form: str) -> None:
    model = rhyming_model()
    pools = [compose_many(model, ComposeConfig(begin="日", form=form, seed=seed), 8, pool_size=8) for seed in (4, 5)]
    first, second = ({(poem.seed, poem.text) for poem in pool} for pool in pools)
    assert len(first) == len(second) == 8
    assert not {seed for seed, _ in first} & {seed for seed, _ in second}
    assert {text for _, text in first} != {text for _, text in second}


def test_poems_of_one_seed_do_not_echo_each_other(loaded: LoadedModel) -> None:
    """Two begins whose poems were drawn with the same numbers would fall into step after a few characters."""
    first, second = (
        compose_poem(loaded, ComposeConfig(begin=begin, seed=7, temperature=5.0, top_p=1.0, max_chars=60)).text
        for begin in "日月"
    )
    n_equal = sum(a == b for a, b in zip(first, second, strict=False))
    assert n_equal < len(first) / 2


@pytest.mark.parametrize("cell", CELLS)
def test_carrying_the_state_gives_what_reading_the_prefix_again_gives(cell: Cell) -> None:
    model = small_model(cell)
    for token in compose(model, ComposeConfig(begin="春江", temperature=1.2, seed=3, max_chars=40), n_alternatives=5):
        if token.index == 0:
            prefix = [BEGIN]
        with torch.no_grad():
            logits, _ = model.model(torch.tensor([prefix]))
        probabilities = torch.softmax(logits[0, -1], dim=0)
        index = END if token.finish == "end" else model.vocabulary.encode(token.character)[0]
        assert token.probability == pytest.approx(float(probabilities[index]), rel=1e-3)
        for character, probability, _ in token.alternatives:
            assert probability == pytest.approx(float(probabilities[model.vocabulary.encode(character)[0]]), rel=1e-3)
        prefix.append(index)


def test_a_poem_begins_with_the_given_characters_and_says_so(loaded: LoadedModel) -> None:
    tokens = list(compose(loaded, ComposeConfig(begin="春江花", seed=1)))
    assert [token.character for token in tokens[:3]] == list("春江花")
    assert [token.is_forced for token in tokens] == [True] * 3 + [False] * (len(tokens) - 3)
    assert [token.index for token in tokens] == list(range(len(tokens)))


def test_nothing_but_characters_of_the_vocabulary_is_drawn(loaded: LoadedModel) -> None:
    for seed in range(20):
        text = compose_poem(loaded, ComposeConfig(begin="", seed=seed, temperature=10.0, top_p=1.0)).text
        assert text
        assert set(text) <= set(loaded.vocabulary.characters)


def test_a_poem_stops_at_the_limit_and_says_so(loaded: LoadedModel) -> None:
    for seed in range(6):
        tokens = list(compose(loaded, ComposeConfig(begin="日", seed=seed, max_chars=5, temperature=1.0)))
        assert len(tokens) <= 5
        assert [token.finish for token in tokens[:-1]] == [None] * (len(tokens) - 1)
        assert tokens[-1].finish == ("end" if tokens[-1].character == "" else "limit")


def test_given_characters_are_never_cut_by_the_limit(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(begin="春江花月夜", max_chars=2))
    assert (poem.text, poem.finish) == ("春江花月夜", "limit")


def test_the_log_probability_counts_every_character_and_the_end(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(begin="日", seed=5, temperature=1.0)
    tokens = list(compose(loaded, constraint))
    assert compose_poem(loaded, constraint).logprob == pytest.approx(
        sum(math.log(token.probability) for token in tokens)
    )


def test_alternatives_are_the_likeliest_characters_in_order(loaded: LoadedModel) -> None:
    for token in compose(loaded, ComposeConfig(begin="日", max_chars=6), n_alternatives=10):
        probabilities = [probability for _, probability, _ in token.alternatives]
        assert len(probabilities) == 10
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(is_han(character) or character in "，。" for character, *_ in token.alternatives)


def test_alternatives_do_not_change_the_poem(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(begin="日", seed=2, temperature=1.0)
    with_them = "".join(token.character for token in compose(loaded, constraint, n_alternatives=3))
    assert with_them == compose_poem(loaded, constraint).text


def test_a_traditional_begin_is_folded_and_an_unknown_one_refused(loaded: LoadedModel) -> None:
    assert compose_poem(loaded, ComposeConfig(begin="風")).text.startswith("风")
    with pytest.raises(ComposeError, match="does not know 岳") as caught:
        compose_poem(loaded, ComposeConfig(begin="日岳"))
    assert "Nearest characters that it knows" in caught.value.hint


@pytest.mark.parametrize(
    ("constraint", "at"),
    [({"acrostic": "婧□晗"}, {0: "婧", 16: "晗"}), ({"keep": "□□婧" + "□" * 25}, {2: "婧"})],
)
def test_a_given_character_that_the_model_lacks_stands_in_the_poem(
    constraint: dict[str, Any], at: dict[int, str]
) -> None:
    model = rhyming_model()
    config = ComposeConfig(form="七绝", seed=4, **constraint)
    for poem in (compose_poem(model, config), *compose_many(model, config, 3)):
        assert {
            index: character for index, character in enumerate(poem.text) if character not in model.vocabulary
        } == at
        assert poem.verdicts == (True, True, True)


def test_a_poem_as_an_object_has_every_field_of_the_command() -> None:
    poem = Composition("日", "日暮江头，月满船。", 7, "small", -61.3456, "end")
    assert poem.to_dict() == {
        "begin": "日",
        "text": "日暮江头，月满船。",
        "lines": ["日暮江头，", "月满船。"],
        "form": "free",
        "order": None,
        "rhyme": None,
        "seed": 7,
        "n_particles": 0,
        "model": "small",
        "logprob": -61.346,
        "score": 0.0,
        "sense": None,
        "parallelism": None,
        "verdicts": {"form": None, "tones": None, "rhyme": None},
        "finish": "end",
    }


def test_a_composition_that_was_broken_off_is_no_poem(loaded: LoadedModel) -> None:
    with pytest.raises(ComposeError, match="broken off"):
        finish([Token(0, "日", 0.5, math.log(2), True, ())], loaded, ComposeConfig(begin="日"))


def test_specials_are_never_drawn_and_no_poem_ends_before_it_begins() -> None:
    loaded = small_model()
    with torch.no_grad():
        loaded.model.output_bias[[PAD, UNKNOWN, BEGIN, END]] = 60.0
    loaded.model.eval()
    for temperature in (0.0, 0.8):
        constraint = ComposeConfig(temperature=temperature)
        poems = [compose_poem(loaded, constraint), *compose_many(loaded, constraint, 4)]
        for poem in poems:
            assert len(poem.text) == 1
            assert poem.finish == "end"
