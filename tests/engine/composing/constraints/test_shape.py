"""Free verse that keeps characters anywhere: its lines are as long as those of the kept text, and nothing else is asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing.composer import compose, compose_many, compose_poem
from engine.composing.constraints.request import is_free
from engine.config.schema import ComposeConfig
from engine.model.checkpoint import LoadedModel
from engine.prosody.text import is_han
from engine.system.errors import ComposeError
from tests.engine.composing.rhyming_model import rhyming_model

HAN = "".join(filter(is_han, rhyming_model().vocabulary.characters))[:200]


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return rhyming_model()


def kept(keep: str, **constraints: object) -> ComposeConfig:
    return ComposeConfig.from_dict({"keep": keep, "seed": 3, **constraints})


def test_kept_characters_stay_and_the_blanks_are_filled(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, kept("□山□□，□□□。□水□□□。"))
    assert [character if not is_han(character) else "字" for character in poem.text] == list(
        "字字字字，字字字。字字字字字。"
    )
    assert (poem.text[1], poem.text[10]) == ("山", "水")
    assert poem.finish == "end"
    assert poem.to_dict()["form"] == "free"


def test_the_end_of_the_last_line_need_not_be_marked(loaded: LoadedModel) -> None:
    assert compose_poem(loaded, kept("□□□，□月□")).text[-1] == "。"


def test_where_lines_are_only_parted_the_model_chooses_the_mark(loaded: LoadedModel) -> None:
    assert compose_poem(loaded, kept("□□□/□月□/")).text[3] in "，。"


def test_a_beginning_and_kept_characters_go_together(loaded: LoadedModel) -> None:
    assert compose_poem(loaded, kept("□□□，□月□。", begin="春花")).text.startswith("春花")


def test_what_is_kept_is_told_as_given(loaded: LoadedModel) -> None:
    tokens = list(compose(loaded, kept("山□□，□月□。"), 4))
    assert [token.index for token in tokens if token.is_forced] == [0, 5]
    assert [token.position for token in tokens] == [1, 2, 3, 0, 1, 2, 3, 0, 0]
    assert all(len(token.alternatives) == 4 for token in tokens)


def test_the_same_wish_gives_the_same_poem_and_another_seed_another(loaded: LoadedModel) -> None:
    assert compose_poem(loaded, kept("□□□，□月□。")).text == compose_poem(loaded, kept("□□□，□月□。")).text
    assert len({poem.text for poem in compose_many(loaded, kept("□□□，□月□。", seed=50), 5)}) == 5


def test_a_text_without_blanks_is_told_as_it_is(loaded: LoadedModel) -> None:
    assert compose_poem(loaded, kept("山水□，月日风。")).text[4:] == "月日风。"


@pytest.mark.parametrize(
    ("keep", "is_so"),
    [
        ("山水□，□□□。", False),  # nothing behind the blank: the shape stays free as well
        ("山水□，□□月。", True),
        ("山水□□月", False),  # nobody knows how long a line is
        ("", False),
    ],
)
def test_only_what_stands_behind_a_blank_asks_for_a_shape(keep: str, is_so: bool) -> None:
    assert is_free(kept(keep)) is not is_so
    assert not is_free(kept(keep, form="wujue"))


def test_a_kept_character_that_the_model_lacks_stands_in_the_poem(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(keep="□□□，□鹓□。"))
    assert poem.text[5] == "鹓"
    assert all(character in loaded.vocabulary for character in poem.text.replace("鹓", ""))


@pytest.mark.parametrize(
    ("keep", "constraints", "sentence"),
    [
        ("□□□？□月□。", {}, "The model does not know the mark ？."),
        ("春□□，□月□。", {"begin": "山"}, "The beginning wants 山 and the kept text 春 at position 1 of line 1."),
        ("□□□，□月□。", {"begin": "鹓"}, "The model does not know 鹓."),
        ("□□□，□月□。", {"rhyme": "东"}, "A rhyme needs a form"),
    ],
)
def test_a_contradiction_is_told(loaded: LoadedModel, keep: str, constraints: dict[str, str], sentence: str) -> None:
    with pytest.raises(ComposeError) as caught:
        compose_poem(loaded, kept(keep, **constraints))
    assert sentence in caught.value.message


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("□" + HAN, min_size=1, max_size=7), min_size=2, max_size=6), st.integers(0, 99))
def test_whatever_is_kept_stays_where_it_was(lines: list[str], seed: int) -> None:
    text = "".join(line + "，。"[number % 2] for number, line in enumerate(lines))
    if not is_free(kept(text)):
        poem = compose_poem(rhyming_model(), kept(text, seed=seed)).text
        assert len(poem) == len(text)
        assert all(wanted in ("□", found) for wanted, found in zip(text, poem, strict=True))
        assert "□" not in poem
