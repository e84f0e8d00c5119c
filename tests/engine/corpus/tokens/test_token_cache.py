"""The token cache: what it holds, that it is built once, and that damage to it only costs time."""

import itertools
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.corpus.caches import cache_folder
from engine.corpus.corpus import SPLITS, Corpus, split_of
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems, open_corpus
from engine.corpus.tokens import token_cache as tokens
from engine.corpus.tokens.control_code_cache import KEYWORD_PARTS, N_TAGS, TITLE_PART
from engine.corpus.tokens.control_codes import control_code_indices, control_code_tags, control_codes_of
from engine.corpus.tokens.keywords import MAX_KEYWORDS
from engine.corpus.tokens.token_cache import TokenizedCorpus, open_tokens
from engine.corpus.tokens.vocabulary import BEGIN, END, UNKNOWN, Vocabulary
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING, made_up_poems, write_poems


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return import_poems(open_poems(write_poems(tmp_path / "poems.txt", made_up_poems(500))))


def caches(corpus: Corpus) -> list[Path]:
    return sorted(cache_folder(corpus).glob("tokens-*"))


def same(one: TokenizedCorpus, other: TokenizedCorpus) -> bool:
    return (
        one.vocabulary == other.vocabulary
        and np.array_equal(one.tokens, other.tokens)
        and np.array_equal(one.offsets, other.offsets)
        and np.array_equal(one.splits, other.splits)
    )


def test_every_poem_stands_between_g_and_e(corpus: Corpus) -> None:
    tokenized = open_tokens(corpus)
    assert len(tokenized) == 500
    for index, poem in enumerate(corpus.poems()):
        ids = tokenized.poem(index)
        assert (ids[0], ids[-1]) == (BEGIN, END)
        assert tokenized.vocabulary.decode(ids.tolist()) == poem.text
    assert tokenized.lengths(np.array([0, 7, 499])).tolist() == [26, 26, 26]
    assert tokenized.tokens.dtype == np.uint16


def test_the_splits_are_those_of_the_poems(corpus: Corpus) -> None:
    tokenized = open_tokens(corpus)
    expected = [split_of(poem) for poem in corpus.poems()]
    for split in SPLITS:
        assert tokenized.indices(split).tolist() == [i for i, found in enumerate(expected) if found == split]


def test_chunks_do_not_show(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_tokens(corpus)
    shutil.rmtree(caches(corpus)[0])
    monkeypatch.setattr(tokens, "_POEMS_AT_ONCE", 7)
    assert same(open_tokens(corpus), whole)


def test_a_reopened_cache_equals_the_built_one_and_is_not_built_again(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = open_tokens(corpus, 2)
    monkeypatch.setattr(Corpus, "poems", lambda _: pytest.fail("the poems were read again"))
    assert same(open_tokens(open_corpus(corpus.name), 2), built)
    assert isinstance(built.tokens, np.memmap)


def test_the_vocabulary_comes_from_the_training_poems_alone(tmp_path: Path) -> None:
    poems = made_up_poems(500)
    held_out = [text for text in poems if split_of_text(text) != "train"]
    # A character that only held-out poems have; the hash moves with it, so some poem has to be found that stays out.
    rare = next(
        changed
        for text in poems
        for position in (0, 1, 2, 3, 4)
        for changed in [text[:position] + "鹓" + text[position + 1 :]]
        if split_of_text(changed) == "validation"
    )
    assert held_out
    tokenized = open_tokens(import_poems(open_poems(write_poems(tmp_path / "poems.txt", [*poems, rare]))))
    assert "鹓" not in tokenized.vocabulary
    assert UNKNOWN in tokenized.poem(500)


def split_of_text(text: str) -> str:
    from engine.corpus.poem import Poem

    return split_of(Poem("", "", text))


def test_characters_seen_too_seldom_become_unknown(tmp_path: Path) -> None:
    poems = [*made_up_poems(300), SHANXING]
    corpus = import_poems(open_poems(write_poems(tmp_path / "poems.txt", poems)))
    assert "枫" in open_tokens(corpus, 1).vocabulary
    seldom = open_tokens(corpus, 2)
    assert "枫" not in seldom.vocabulary
    assert UNKNOWN in seldom.poem(300)
    assert len(caches(corpus)) == 2


def test_a_given_vocabulary_is_used_as_it_is(corpus: Corpus) -> None:
    vocabulary = Vocabulary("，。天地玄黄")
    tokenized = open_tokens(corpus, vocabulary=vocabulary)
    assert tokenized.vocabulary == vocabulary
    assert int(tokenized.tokens.max()) < len(vocabulary)
    assert UNKNOWN in tokenized.tokens
    assert same(open_tokens(corpus, vocabulary=Vocabulary("，。天地玄黄")), tokenized)
    assert open_tokens(corpus, vocabulary=Vocabulary("。，天地玄黄")).vocabulary != vocabulary


def test_a_large_vocabulary_takes_four_bytes(corpus: Corpus) -> None:
    vocabulary = Vocabulary([chr(0x20000 + number) for number in range(66_000)] + ["，"])
    tokenized = open_tokens(corpus, vocabulary=vocabulary)
    assert tokenized.tokens.dtype == np.uint32
    assert int(tokenized.tokens.max()) == len(vocabulary) - 1


@pytest.mark.parametrize("name", ["tokens.json", "tokens.bin", "offsets.bin", "splits.bin"])
@pytest.mark.parametrize("damage", ["gone", "cut", "rubbish"])
def test_a_damaged_cache_is_built_again(corpus: Corpus, name: str, damage: str) -> None:
    built = open_tokens(corpus)
    kept = np.array(built.tokens)
    path = caches(corpus)[0] / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-3] if damage == "cut" else b"rubbish")
    again = open_tokens(corpus)
    assert np.array_equal(again.tokens, kept)
    assert len(caches(corpus)) == 1


def test_a_changed_corpus_gets_a_cache_of_its_own(corpus: Corpus, tmp_path: Path) -> None:
    open_tokens(corpus)
    changed = import_poems(
        open_poems(write_poems(tmp_path / "other.txt", made_up_poems(50, seed=9))), corpus.name, replaces=True
    )
    assert len(open_tokens(changed)) == 50


def test_a_small_corpus_still_has_a_poem_to_judge_by(tmp_path: Path) -> None:
    corpus = import_poems(open_poems(write_poems(tmp_path / "poems.txt", [JINGYESI, SHANXING, DENGGUANQUELOU])))
    assert {split_of(poem) for poem in corpus.poems()} == {"train"}
    tokenized = open_tokens(corpus)
    assert len(tokenized.indices("train")) == 2
    assert len(tokenized.indices("validation")) == 1
    shutil.rmtree(caches(corpus)[0])
    assert same(open_tokens(corpus), tokenized)


def test_one_poem_is_too_little_to_train_on(tmp_path: Path) -> None:
    corpus = import_poems(open_poems(write_poems(tmp_path / "poems.txt", [JINGYESI])))
    with pytest.raises(CorpusError, match="holds 1 poem; training needs at least 2"):
        open_tokens(corpus)


def test_a_minimum_count_that_leaves_no_character_is_refused(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match=r"occurs 1000000 times"):
        open_tokens(corpus, 1_000_000)
    assert caches(corpus) == []


def test_a_damaged_corpus_leaves_no_cache(corpus: Corpus) -> None:
    path = corpus.folder / "poems.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CorpusError, match="Line 500"):
        open_tokens(corpus)
    assert caches(corpus) == []


def test_the_header_can_be_read_by_people(corpus: Corpus) -> None:
    open_tokens(corpus)
    header = json.loads((caches(corpus)[0] / "tokens.json").read_text(encoding="utf-8"))
    assert header["n_poems"] == 500
    assert header["characters"].startswith("，。") or header["characters"].startswith("。，")


def test_headers_are_kept_beside_the_tokens(tmp_path: Path) -> None:
    poems = [f"登鹳雀楼:{DENGGUANQUELOU}", f"静夜思 其二:{JINGYESI}", "题:日月盈昃辰，宿列张寒来。", *made_up_lines(20)]
    tokenized = open_tokens(
        import_poems(open_poems(write_poems(tmp_path / "poems.txt", poems))), tags=control_code_tags()
    )
    vocabulary, headers = tokenized.vocabulary, tokenized.control_codes
    assert headers is not None
    told = headers.present(np.arange(3))
    assert not told[2, :N_TAGS].any()
    assert told[2, TITLE_PART] == ("题" in vocabulary)
    for number, poem in enumerate(itertools.islice(tokenized.corpus.poems(), 3)):
        parts = told[number : number + 1].copy()
        parts[:, KEYWORD_PARTS][:, MAX_KEYWORDS:] = False
        (header,) = headers.tokens(np.array([number]), parts).tolist()
        assert header == control_code_indices(vocabulary, control_codes_of(poem))
        assert (vocabulary.tag("keyword") in header) == told[number, KEYWORD_PARTS].any()
    assert vocabulary.tag("form:wujue") in headers.tags[0]
    assert told[:2, KEYWORD_PARTS].sum() > 8
    assert open_tokens(tokenized.corpus).control_codes is None


def made_up_lines(n: int) -> list[str]:
    return [f"楼雀思静夜登鹳题:{text}" for text in made_up_poems(n)]
