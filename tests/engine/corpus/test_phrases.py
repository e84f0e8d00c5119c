"""Phrases of a poem in the poems of a corpus."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.corpus import Corpus
from engine.corpus.phrases import Quotation, _phrases, largest_corpus, quotations, quotations_around
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import write_poems

POEMS = [
    "床前明月光，疑是地上霜。举头望山月，低头思故乡。",
    "满船明月光，空照一江霜。故国三千里，归期又一年。",
    "明日月中人，相看又一春。东风吹不尽，何处问迷津。",
]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return import_poems(open_poems(write_poems(tmp_path / "poems.txt", POEMS)), "poems")


def test_a_phrase_is_found_with_its_line_in_each_poem(corpus: Corpus) -> None:
    assert [one.line for one in quotations("明月", corpus)] == ["床前明月光，", "满船明月光，"]
    assert list(quotations("江春", corpus)) == []


def test_a_phrase_does_not_go_on_beyond_its_line(corpus: Corpus) -> None:
    assert list(quotations("光疑", corpus)) == []
    assert list(quotations("光，疑", corpus)) == []


def test_the_longest_phrase_around_a_character_comes_first_and_the_poem_itself_is_left_out(corpus: Corpus) -> None:
    text = POEMS[0]
    assert quotations_around(text, text.index("月"), corpus) == [Quotation("明月光", "满船明月光，", "", "")]
    assert quotations_around(text, text.index("疑"), corpus) == []


@given(text=st.text("日月山，。", min_size=1, max_size=20), data=st.data())
def test_every_line_found_has_a_phrase_with_the_character_in_it(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(text) - 1))
    for phrase in _phrases(text, index):
        assert len(phrase) >= 2
        assert text[index] in phrase
        assert phrase in text
        assert not set(phrase) & set("，。")


def test_without_a_corpus_a_sentence_says_how_to_get_one() -> None:
    with pytest.raises(CorpusError, match="no corpus to look into") as raised:
        largest_corpus()
    assert "corpus install" in raised.value.hint
