"""How poets use words: the pairs that end their lines, and the seasons of one poem."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.tokens.vocabulary import Vocabulary
from engine.corpus.usage import LINE_TAILS, line_ends, line_tails, n_season_clashes, rare_end_share, rare_ends
from engine.prosody.text import lines_of
from engine.system.paths import bundled_rows

VOCABULARY = Vocabulary("家阳头人斜醒日，。")


@pytest.mark.parametrize(
    ("poem", "share"),
    [
        ("白云生处有人家。", 0.0),
        ("落日满斜阳，昨夜酒醒头。", 0.5),
        ("山。", 0.0),
        ("", 0.0),
    ],
)
def test_a_line_end_is_rare_where_poets_hardly_ever_write_its_last_two_characters_there(
    poem: str, share: float
) -> None:
    assert rare_end_share(lines_of(poem)) == share


@pytest.mark.parametrize(
    ("poem", "n"),
    [
        ("桃花流水鳜鱼肥，斜风细雨不须归。", 0),
        ("东风吹雁过，", 1),
        ("梅花开后雪初消，已是春风到柳条。", 0),
        ("荷花雪里开，一雁送春来。", 3),
    ],
)
def test_seasons_clash_that_poets_seldom_put_into_one_poem(poem: str, n: int) -> None:
    assert n_season_clashes(lines_of(poem)) == n


@given(st.lists(st.integers(0, len(VOCABULARY) - 1), min_size=1, max_size=5))
def test_the_rare_ends_of_a_row_are_the_characters_that_the_table_lacks(before: list[int]) -> None:
    rare = rare_ends(VOCABULARY, np.array(before))
    assert rare.shape == (len(before), len(VOCABULARY))
    for row, token in zip(rare, before, strict=True):
        after = line_ends().get(VOCABULARY.character(token), "")
        assert [VOCABULARY.character(one) in after for one in range(4, len(VOCABULARY))] == [not one for one in row[4:]]


def test_a_rare_end_of_one_line_is_the_rare_end_of_a_decoded_one() -> None:
    (before,) = VOCABULARY.encode("醒")
    rare = rare_ends(VOCABULARY, np.array([before]))[0]
    for index, character in enumerate(VOCABULARY.characters, start=4):
        assert rare[index] == bool(rare_end_share([f"酒醒{character}"]))


TAILED = "晚风吹送行人欲黄金有家白云间，。"
TAILED_VOCABULARY = Vocabulary(dict.fromkeys(TAILED))


@pytest.fixture(scope="module")
def known_tails() -> dict[str, str]:
    return dict(bundled_rows(LINE_TAILS))


@given(
    st.lists(st.tuples(*[st.sampled_from(TAILED[:-2])] * 2), min_size=1, max_size=5), st.sets(st.sampled_from(TAILED))
)
def test_a_line_that_ends_in_three_characters_of_the_table_is_led_to_by_the_two_before(
    known_tails: dict[str, str], pairs: list[tuple[str, str]], ends: set[str]
) -> None:
    vocabulary, known = TAILED_VOCABULARY, known_tails
    first, second = np.array([vocabulary.encode("".join(pair)) for pair in pairs]).T
    may_end = np.zeros((len(pairs), len(vocabulary)), np.bool_)
    may_end[:, vocabulary.encode("".join(ends))] = True
    tails = line_tails(vocabulary)
    rare_last, rare_second = tails.rare_last(first, second), tails.rare_second(first, may_end)
    for row, (one, two) in enumerate(pairs):
        for index, character in enumerate(vocabulary.characters, start=4):
            assert rare_last[row, index] == (character not in known.get(one + two, ""))
            assert rare_second[row, index] == ends.isdisjoint(known.get(one + character, ""))
