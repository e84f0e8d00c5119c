"""The real Tang poems, where somebody has installed them: `poetry-tui corpus install tang`."""

import itertools
import shutil
from pathlib import Path

import pytest

from engine.corpus.cleaning import Cleaner
from engine.corpus.corpus import Corpus, check
from engine.corpus.poem import RawPoem, han_digest
from engine.corpus.store import open_corpus
from engine.corpus.tokens.token_cache import open_tokens
from engine.prosody.text import lines_of
from engine.system import paths

# Looked up before `studio_home` gives every test a home of its own.
_CHECKOUT = Path(__file__).parents[2]
_INSTALLED = [home / "corpora" / "tang" for home in (paths.home(), _CHECKOUT / ".studio")]


@pytest.fixture
def tang(studio_home: Path) -> Corpus:
    """The installed corpus as seen from the test's own home, so that nothing is written beside the real one."""
    found = next((folder for folder in _INSTALLED if (folder / "corpus.json").is_file()), None)
    if found is None:
        pytest.skip("the corpus tang is not installed")
    folder = studio_home / "corpora" / "tang"
    folder.mkdir(parents=True)
    shutil.copy(found / "corpus.json", folder)
    (folder / "poems.jsonl").symlink_to(found / "poems.jsonl")
    return open_corpus("tang")


def test_the_installed_poems_are_whole_clean_and_each_there_once(tang: Corpus) -> None:
    found = check(tang)
    assert found.intact
    assert found.n_poems == tang.n_poems > 50_000
    assert found.n_han == tang.n_han
    assert found.forms["qijue"] > 10_000
    digests = {han_digest(poem.text) for poem in tang.poems()}
    assert len(digests) == tang.n_poems


def test_cleaning_the_installed_poems_again_keeps_them(tang: Corpus) -> None:
    cleaner = Cleaner(simplify=False)
    for poem in itertools.islice(tang.poems(), 5000):
        again = cleaner.clean(RawPoem(poem.title, poem.author, poem.text))
        assert again is not None
        assert lines_of(again.text) == lines_of(poem.text)


def test_the_installed_poems_become_tokens_and_poems_again(tang: Corpus) -> None:
    tokenized = open_tokens(tang)
    assert len(tokenized.vocabulary) > 6000
    first = next(tang.poems())
    assert tokenized.vocabulary.decode(tokenized.poem(0).tolist()) == first.text
    assert len(tokenized.indices("validation")) > 400
