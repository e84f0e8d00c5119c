"""Which split a poem belongs to, and what an honest evaluation leaves out."""

from collections import Counter

from engine.corpus.corpus import split_of, without_shared_lines
from engine.corpus.poem import Poem
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING, made_up_poems


def poem(text: str, title: str = "") -> Poem:
    return Poem(title, "", text)


def test_a_poem_never_changes_its_split() -> None:
    # Written down once: a change here would put poems that a shipped model has seen into somebody's validation.
    splits = [split_of(poem(text)) for text in made_up_poems(400)]
    assert [number for number, split in enumerate(splits) if split == "validation"] == [125, 221, 343]
    assert [number for number, split in enumerate(splits) if split == "test"] == [13, 67, 170]


def test_title_and_punctuation_do_not_move_a_poem_to_another_split() -> None:
    for text in made_up_poems(300):
        assert split_of(poem(text)) == split_of(poem(text.replace("，", "；"), "另题"))


def test_one_poem_in_a_hundred_is_for_validation_and_one_for_the_test() -> None:
    splits = Counter(split_of(poem(text)) for text in made_up_poems(20_000))
    assert 150 < splits["validation"] < 250
    assert 150 < splits["test"] < 250


def test_a_candidate_that_shares_a_line_with_training_is_left_out() -> None:
    reply = "床前明月光，今夜入他乡。何处无明月，无人似故乡。"
    kept = without_shared_lines([poem(reply), poem(SHANXING)], [poem(JINGYESI), poem(DENGGUANQUELOU)])
    assert [candidate.text for candidate in kept] == [SHANXING]
