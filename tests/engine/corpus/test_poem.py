"""The lines of a poem, and its digest."""

from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.poem import Poem, han_digest, is_even
from engine.prosody.text import lines_of
from tests.engine.corpus.corpus_samples import JINGYESI, SHANXING


def poem(text: str, title: str = "") -> Poem:
    return Poem(title, "", text)


def test_a_quatrain_is_told_by_its_lines() -> None:
    assert is_even(poem(JINGYESI), 4, 5)
    assert is_even(poem(SHANXING), 4, 7)
    assert not is_even(poem(SHANXING), 4, 5)
    assert not is_even(poem(JINGYESI + SHANXING), 8, 5)


@given(st.lists(st.text(alphabet="山水日月", min_size=1, max_size=7), min_size=1, max_size=6))
def test_lines_are_what_stands_between_marks(lines: list[str]) -> None:
    assert lines_of("，".join(lines) + "。") == lines
    assert han_digest("，".join(lines) + "。") == han_digest("".join(lines))
