"""Couplets 对联: a lower line as long as the upper one, of opposite tones, without any character again."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing.composer import compose_many, compose_poem
from engine.composing.constraints.couplet import ends_level
from engine.config.schema import ComposeConfig
from engine.prosody.text import lines_of
from engine.prosody.tones import reading_of
from engine.system.errors import ComposeError
from tests.engine.composing.composing_lines import HAN, again
from tests.engine.composing.rhyming_model import rhyming_model

UPPER = st.text(st.sampled_from(HAN.replace("畑", "")), min_size=4, max_size=11)
OPPOSITE = {"平": ("仄", "both"), "仄": ("平", "both")}


@given(upper=UPPER, seed=st.integers(0, 2**31 - 1), n_particles=st.sampled_from([1, 3]))
@settings(max_examples=30, deadline=None)
def test_a_lower_line_opposes_the_tones_that_count_and_repeats_no_character(
    upper: str, seed: int, n_particles: int
) -> None:
    config = ComposeConfig(couplet=upper, seed=seed, n_particles=n_particles)
    above, below = lines_of(compose_poem(rhyming_model(), config).text)
    assert above == upper
    assert len(below) == len(upper)
    assert not set(upper) & set(below)
    for at in {*range(1, len(upper), 2), len(upper) - 1}:
        tone = reading_of(upper[at], "pingshui")
        assert tone not in OPPOSITE or reading_of(below[at], "pingshui") in OPPOSITE[tone]
    for at in range(len(upper) - 1):
        assert below[at] != below[at + 1] or upper[at] == upper[at + 1]
    assert len(set(below)) >= len(below) - sum(one == other for one, other in itertools.pairwise(upper))


def test_several_lower_lines_are_ranked_the_most_parallel_and_likely_first() -> None:
    loaded, config = rhyming_model(), ComposeConfig(couplet="江上青山夕照红", seed=2)
    couplets = compose_many(loaded, config, 4)
    assert len({one.text for one in couplets}) == 4
    assert all(one.text.startswith("江上青山夕照红，") and one.verdicts[:2] == (True, True) for one in couplets)
    assert [one.score for one in couplets] == sorted((one.score for one in couplets), reverse=True)
    assert [again(loaded, config, one).text for one in couplets] == [one.text for one in couplets]


def test_what_is_kept_of_the_lower_line_stays() -> None:
    keep = "春风江上月，□□□□人。"
    poem = compose_poem(rhyming_model(), ComposeConfig(couplet="春风江上月", keep=keep, seed=2))
    assert poem.text.endswith("人。")


@pytest.mark.parametrize(("upper", "said"), [("春江", "2 characters"), ("春" * 12, "12 characters"), ("ab", "0 char")])
def test_an_upper_line_of_another_length_is_refused(upper: str, said: str) -> None:
    with pytest.raises(ComposeError, match=said):
        compose_poem(rhyming_model(), ComposeConfig(couplet=upper))


def test_an_upper_line_that_ends_level_is_known_for_it() -> None:
    assert ends_level("江上青山夕照红")
    assert not ends_level("春风江上月")
