"""Caches of a corpus lie in the cache folder: they outlive a renaming, move there once, and can be cleared at any time."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.corpus.caches import building, cache_folder, clear_caches
from engine.corpus.corpus import Corpus, load
from engine.corpus.novelty.build import open_lines
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems, remove
from engine.corpus.tokens.token_cache import open_tokens
from engine.system import paths
from engine.system.errors import CorpusError, StudioError
from tests.engine.corpus.corpus_samples import made_up_poems, write_poems

OPEN = """
import sys
from engine.corpus.store import open_corpus
from engine.corpus.tokens.token_cache import open_tokens
sys.stdin.readline()
print(int(open_tokens(open_corpus("mine")).tokens.sum()))
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return import_poems(open_poems(write_poems(tmp_path / "poems.txt", made_up_poems(300))), "mine")


def caches_in(folder: Path) -> set[str]:
    """The caches in a folder by their kind; locks are none."""
    names = {path.name for path in folder.glob("*") if not path.name.startswith(".")}
    return {name.partition("-")[0] for name in names} & {"tokens", "lines", "kneser"}


def as_of_before(corpus: Corpus) -> None:
    """Put the caches where an earlier version left them."""
    for path in cache_folder(corpus).glob("[!.]*"):
        path.rename(corpus.folder / path.name)
    shutil.rmtree(cache_folder(corpus))


def refuse_building(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Corpus, "poems", lambda _: pytest.fail("the poems were read again"))


def test_caches_lie_in_the_cache_folder_and_poems_alone_in_the_corpus(corpus: Corpus) -> None:
    open_tokens(corpus)
    open_lines(corpus)
    assert cache_folder(corpus).parent == paths.caches() / "corpora"
    assert caches_in(cache_folder(corpus)) == {"tokens", "lines"}
    assert {path.name for path in corpus.folder.iterdir()} == {"poems.jsonl", "corpus.json"}


def test_caches_of_before_move_once_and_are_not_built_again(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_tokens(corpus).tokens.tobytes(), open_lines(corpus).to_bytes()
    as_of_before(corpus)
    refuse_building(monkeypatch)
    assert (open_tokens(corpus).tokens.tobytes(), open_lines(corpus).to_bytes()) == before
    assert caches_in(corpus.folder) == set()
    assert caches_in(cache_folder(corpus)) == {"tokens", "lines"}


def test_caches_that_cannot_be_moved_are_used_where_they_lie(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    open_tokens(corpus)
    open_lines(corpus)
    as_of_before(corpus)
    paths.caches().rename(paths.home() / "aside")
    paths.caches().write_text("no folder can be here")
    refuse_building(monkeypatch)
    assert len(open_tokens(corpus)) == 300
    open_lines(corpus)
    assert caches_in(corpus.folder) == {"tokens", "lines"}


def test_a_cache_folder_that_cannot_be_written_is_said_in_a_sentence(corpus: Corpus) -> None:
    paths.caches().write_text("no folder can be here")
    for opened in (open_tokens, open_lines):
        with pytest.raises(CorpusError) as refusal:
            opened(corpus)
        assert "cannot be written" in refusal.value.message
        assert "POETRY_TUI_HOME" in refusal.value.hint


def test_two_processes_at_once_move_or_build_it_once(corpus: Corpus) -> None:
    expected = int(open_tokens(corpus).tokens.sum())
    for prepare in (as_of_before, lambda _: clear_caches()):
        prepare(corpus)
        children = [
            subprocess.Popen([sys.executable, "-c", OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        answers = [child.communicate("\n", timeout=60)[0].strip() for child in children]
        assert answers == [str(expected)] * 3
        assert caches_in(corpus.folder) == set()
        assert len(list(cache_folder(corpus).glob("tokens-*"))) == 1


def test_a_renamed_corpus_keeps_its_caches(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    open_tokens(corpus)
    renamed = load(corpus.folder.rename(corpus.folder.with_name("other")))
    refuse_building(monkeypatch)
    assert len(open_tokens(renamed)) == 300


def test_a_corpus_that_is_removed_or_replaced_leaves_no_cache(corpus: Corpus, tmp_path: Path) -> None:
    open_tokens(corpus)
    same = import_poems(open_poems(tmp_path / "poems.txt"), "mine", replaces=True)
    assert caches_in(cache_folder(same)) == {"tokens"}
    other = import_poems(
        open_poems(write_poems(tmp_path / "poems.txt", made_up_poems(20, seed=2))), "mine", replaces=True
    )
    assert not cache_folder(corpus).exists()
    open_tokens(other)
    remove("mine")
    assert list((paths.caches() / "corpora").iterdir()) == []


def test_a_checksum_that_is_a_path_leads_out_of_no_folder(corpus: Corpus) -> None:
    header = corpus.folder / "corpus.json"
    header.write_text(header.read_text("utf-8").replace(corpus.sha256, "../../.."), encoding="utf-8")
    assert cache_folder(load(corpus.folder)).parent == paths.caches() / "corpora"
    remove("mine")
    assert paths.corpora().is_dir()


def test_clearing_removes_every_cache_and_a_training_reads_on(corpus: Corpus) -> None:
    tokens = open_tokens(corpus)
    expected = np.array(tokens.tokens)
    open_lines(corpus)
    (corpus.folder / "tokens-0123").mkdir()
    (corpus.folder / "tokens-0123" / "tokens.bin").write_bytes(b"0" * 1000)
    (paths.caches() / "runs-2.json").write_text("{}", encoding="utf-8")
    n_caches, n_bytes = clear_caches()
    assert n_caches == 4
    assert n_bytes > 1000 + tokens.tokens.nbytes
    assert not paths.caches().exists()
    assert {path.name for path in corpus.folder.iterdir()} == {"poems.jsonl", "corpus.json"}
    assert np.array_equal(tokens.tokens, expected)
    assert np.array_equal(open_tokens(corpus).tokens, expected)
    assert clear_caches()[0] == 1
    assert clear_caches() == (0, 0)


def test_clearing_waits_for_no_cache_that_is_being_built_and_removes_nothing_then(corpus: Corpus) -> None:
    open_tokens(corpus)
    (there,) = cache_folder(corpus).glob("tokens-*")
    with building(cache_folder(corpus) / "lines"):
        with pytest.raises(StudioError, match="A cache is being built"):
            clear_caches()
        assert there.exists()
    clear_caches()
    assert not there.exists()


def test_clearing_follows_a_link_in_place_of_the_cache_folder_and_no_link_inside(
    corpus: Corpus, tmp_path: Path
) -> None:
    elsewhere, kept = tmp_path / "elsewhere", tmp_path / "kept"
    elsewhere.mkdir()
    kept.mkdir()
    (kept / "poem.txt").write_text("日", encoding="utf-8")
    paths.caches().symlink_to(elsewhere)
    (elsewhere / "link").symlink_to(kept)
    open_tokens(corpus)
    clear_caches()
    assert list(elsewhere.iterdir()) == []
    assert (kept / "poem.txt").exists()
    assert len(open_tokens(corpus)) == 300
