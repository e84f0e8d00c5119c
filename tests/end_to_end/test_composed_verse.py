"""The bundled model writes verse that an independent judge accepts."""

import itertools

import pytest
import torch

from engine.composing.composer import compose_many
from engine.config.schema import ComposeConfig
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.registry import find_model
from engine.prosody.text import is_han
from tests.engine.prosody.verse_judge import SHAPES, faults, repeated, tune_faults, tunes


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    torch.set_num_threads(1)
    return load_model(find_model(None), torch.device("cpu"))


@pytest.mark.parametrize("form", SHAPES)
def test_five_poems_of_each_form_keep_every_rule(loaded: LoadedModel, form: str) -> None:
    assert loaded.lines is not None
    for poem in compose_many(loaded, ComposeConfig(form=form, begin="春", seed=11), 5, pool_size=5):
        assert faults(poem.text, form, poem.rhyme) == []
        lines = ["".join(group) for is_text, group in itertools.groupby(poem.text, is_han) if is_text]
        assert not loaded.lines.contains(lines).any()
        if SHAPES[form][0] == 4:
            assert repeated(poem.text) == set()


# Short and long ones, level and oblique, with rhymes that change and lines that repeat.
@pytest.mark.parametrize("form", ["pusaman", "yiqine", "niannujiao"])
def test_a_composed_tune_keeps_every_rule(loaded: LoadedModel, form: str) -> None:
    assert form in tunes()
    for poem in compose_many(loaded, ComposeConfig(form=form, seed=12), 2, pool_size=2):
        assert tune_faults(poem.text, form) == []


def test_an_acrostic_reads_as_likely_as_a_poem_without(loaded: LoadedModel) -> None:
    plain = compose_many(loaded, ComposeConfig(form="五绝", seed=1), 8, pool_size=8)
    acrostics = compose_many(loaded, ComposeConfig(form="五绝", acrostic="春江花月", seed=1), 2, pool_size=2)
    for poem in acrostics:
        assert faults(poem.text, "wujue") == []
        assert [line[0] for line in poem.text.replace("，", "。").split("。")[:4]] == list("春江花月")
    mean_plain = sum(poem.score for poem in plain) / len(plain)
    assert all(poem.score > 1.15 * mean_plain for poem in acrostics)
