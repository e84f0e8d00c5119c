"""The user's corpora: bringing, opening, listing, checking and removing them, and what is said when that fails."""

import json
import os
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.corpus.cleaning import Cleaner
from engine.corpus.corpus import check, damaged_corpora, list_corpora, split_of
from engine.corpus.poem import Poem
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems, open_corpus, remove
from engine.system import paths
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import (
    DENGGUANQUELOU,
    JINGYESI,
    SHANXING,
    TRADITIONAL,
    made_up_poems,
    small_package,
    write_poems,
)

unprivileged = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_poems(
        tmp_path / "my poems.txt", [JINGYESI, SHANXING, JINGYESI, "□□□□□，黄河入海流。欲穷千里目，更上一层楼。"]
    )


def test_an_imported_file_becomes_a_corpus(file: Path) -> None:
    corpus = import_poems(open_poems(file))
    assert (corpus.name, corpus.n_poems, corpus.n_han) == ("my-poems", 2, 48)
    assert list(corpus.poems()) == [Poem("", "", JINGYESI), Poem("", "", SHANXING)]
    assert corpus.cleaning.dropped == {"duplicate": 1, "gap": 1}
    assert corpus.source == "my poems.txt"


def test_a_corpus_is_found_again_by_its_name_with_all_that_was_known_of_it(file: Path) -> None:
    imported = import_poems(open_poems(file), "mine")
    opened = open_corpus("mine")
    assert opened == imported
    assert opened.cleaning == imported.cleaning
    assert [corpus.name for corpus in list_corpora()] == ["mine"]


def test_a_file_can_be_opened_as_a_corpus_and_is_read_once(file: Path) -> None:
    first = open_corpus(file)
    written = (first.folder / "poems.jsonl").stat().st_mtime_ns
    assert open_corpus(str(file)) == first
    assert (first.folder / "poems.jsonl").stat().st_mtime_ns == written


def test_a_file_that_changed_is_another_corpus(file: Path) -> None:
    before = open_corpus(file)
    write_poems(file, [DENGGUANQUELOU])
    assert open_corpus(file).folder != before.folder
    assert before.folder.is_dir()


def test_a_folder_can_be_opened_as_a_corpus(tmp_path: Path) -> None:
    poem = {"title": "题", "paragraphs": [JINGYESI]}
    folder = tmp_path / "诗"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([poem]), encoding="utf-8")
    corpus = open_corpus(folder)
    assert [poem.text for poem in corpus.poems()] == [JINGYESI]
    assert open_corpus(folder) == corpus


def test_a_tarball_of_the_package_can_be_imported(tmp_path: Path) -> None:
    assert import_poems(open_poems(small_package(tmp_path / "package.tgz"))).n_poems == 101


def test_traditional_characters_are_simplified_unless_unwanted(tmp_path: Path) -> None:
    file = write_poems(tmp_path / "poems.txt", [TRADITIONAL])
    assert [poem.text for poem in import_poems(open_poems(file), "simple").poems()] == [JINGYESI]
    assert [poem.text for poem in import_poems(open_poems(file), "old", simplify=False).poems()] == [TRADITIONAL]
    assert not open_corpus("old").simplified


def test_importing_again_replaces_the_corpus_only_when_told_so(file: Path, tmp_path: Path) -> None:
    mine = import_poems(open_poems(file), "mine")
    other = write_poems(tmp_path / "other.txt", [DENGGUANQUELOU])
    with pytest.raises(CorpusError, match=r"There is already a corpus called mine\. .* --force"):
        import_poems(open_poems(other), "mine")
    assert open_corpus("mine").sha256 == mine.sha256
    import_poems(open_poems(other), "mine", replaces=True)
    assert [poem.text for poem in open_corpus("mine").poems()] == [DENGGUANQUELOU]
    assert [path.name for path in paths.corpora().iterdir()] == ["mine"]


def test_a_failed_import_leaves_the_old_corpus_alone(file: Path, tmp_path: Path) -> None:
    import_poems(open_poems(file), "mine")
    broken = tmp_path / "broken.txt"
    broken.write_bytes("\n".join(made_up_poems(9000)).encode() + b"\xff\n")
    with pytest.raises(CorpusError, match="damaged"):
        import_poems(open_poems(broken), "mine", replaces=True)
    assert open_corpus("mine").n_poems == 2
    assert [path.name for path in paths.corpora().iterdir()] == ["mine"]


def test_a_file_in_which_nothing_is_verse_is_refused_with_the_reasons(tmp_path: Path) -> None:
    english = tmp_path / "english.txt"
    english.write_text("Shall I compare thee to a summer's day?\n", encoding="utf-8")
    with pytest.raises(
        CorpusError,
        match=r"No poem could be kept from english.txt: 1 read, dropped: it holds letters, digits or signs that are no verse \(1\)",
    ):
        import_poems(open_poems(english))
    assert list_corpora() == []


def test_progress_ends_at_one(file: Path) -> None:
    told: list[tuple[str, float]] = []
    import_poems(open_poems(file), progress=lambda stage, fraction: told.append((stage, fraction)))
    assert told[-1] == ("write", 1.0)


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".hidden", "a b"])
def test_a_name_that_is_no_name_is_refused(file: Path, name: str) -> None:
    with pytest.raises(CorpusError, match="cannot name a corpus"):
        import_poems(open_poems(file), name)


def test_a_removed_corpus_is_gone(file: Path) -> None:
    import_poems(open_poems(file), "mine")
    remove("mine")
    assert list_corpora() == []
    assert list(paths.corpora().iterdir()) == []
    with pytest.raises(CorpusError, match="no corpus called mine"):
        remove("mine")


def test_removing_never_leaves_the_corpora_folder(file: Path) -> None:
    import_poems(open_poems(file), "mine")
    for name in ("..", ".", "../corpora", ""):
        with pytest.raises(CorpusError, match="no corpus called"):
            remove(name)
    assert open_corpus("mine").n_poems == 2


def test_an_unknown_corpus_is_refused_with_the_known_ones(file: Path) -> None:
    import_poems(open_poems(file), "mine")
    with pytest.raises(CorpusError, match="no corpus and no file called theirs") as caught:
        open_corpus("theirs")
    assert "mine" in caught.value.hint
    assert "corpus install" in caught.value.hint


def test_without_any_corpus_the_list_is_empty() -> None:
    assert list_corpora() == []


def test_a_damaged_header_is_said_and_does_not_hide_the_other_corpora(file: Path) -> None:
    import_poems(open_poems(file), "mine")
    damaged = import_poems(open_poems(file), "damaged")
    (damaged.folder / "corpus.json").write_text("{", encoding="utf-8")
    with pytest.raises(CorpusError, match="header of the corpus damaged is damaged"):
        open_corpus("damaged")
    assert [corpus.name for corpus in list_corpora()] == ["mine"]
    assert ["header of the corpus damaged is damaged" in str(problem) for problem in damaged_corpora()] == [True]


def test_a_corpus_of_a_later_version_is_refused(file: Path) -> None:
    corpus = import_poems(open_poems(file), "mine")
    header = json.loads((corpus.folder / "corpus.json").read_text(encoding="utf-8"))
    (corpus.folder / "corpus.json").write_text(json.dumps({**header, "format": 99}), encoding="utf-8")
    with pytest.raises(CorpusError, match="format 99"):
        open_corpus("mine")


def test_a_damaged_line_is_named(file: Path) -> None:
    corpus = import_poems(open_poems(file), "mine")
    path = corpus.folder / "poems.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CorpusError, match="Line 2 of the corpus mine is damaged"):
        list(corpus.poems())


def test_a_corpus_without_its_poems_is_refused(file: Path) -> None:
    corpus = import_poems(open_poems(file), "mine")
    (corpus.folder / "poems.jsonl").unlink()
    with pytest.raises(CorpusError, match="cannot be read"):
        list(corpus.poems())
    with pytest.raises(CorpusError, match="cannot be read"):
        check(corpus)


def test_checking_counts_what_is_there(tmp_path: Path) -> None:
    poems = [*made_up_poems(300), SHANXING]
    corpus = import_poems(open_poems(write_poems(tmp_path / "poems.txt", poems)))
    found = check(corpus)
    assert found.intact
    assert (found.n_poems, found.n_han, found.longest_han) == (301, 300 * 20 + 28, 28)
    assert found.forms == {"wujue": 300, "qijue": 1, "wulv": 0, "qilv": 0}
    assert sum(found.splits.values()) == 301
    assert found.splits["test"] == sum(split_of(poem) == "test" for poem in corpus.poems())
    assert json.loads(json.dumps(found.to_dict()))["cleaning"]["n_read"] == 301


def test_checking_notices_a_changed_poem(file: Path) -> None:
    corpus = import_poems(open_poems(file))
    path = corpus.folder / "poems.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("故乡", "他乡"), encoding="utf-8")
    assert not check(corpus).intact


def test_a_file_to_be_judged_keeps_every_poem(file: Path) -> None:
    cleaner = Cleaner(unique=False, lenient=True)
    assert [poem.text for poem in cleaner.clean_all(open_poems(file))] == [JINGYESI, SHANXING, JINGYESI]
    assert cleaner.report.dropped == {"gap": 1}


def test_a_file_to_be_judged_without_poems_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poems = write_poems(tmp_path / "poems.txt", ["no poem"])
    assert main(["evaluate", "--poems", str(poems)]) == 1
    assert "No poem could be read" in capsys.readouterr().err


@unprivileged
def test_a_folder_that_cannot_be_written_is_said(file: Path) -> None:
    paths.corpora().mkdir(parents=True)
    paths.corpora().chmod(0o500)
    with pytest.raises(CorpusError, match="cannot be written"):
        import_poems(open_poems(file))


def test_a_home_that_is_a_file_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(file))
    with pytest.raises(CorpusError, match="cannot be written") as caught:
        import_poems(open_poems(file))
    assert paths.HOME_VARIABLE in caught.value.hint


@unprivileged
def test_a_file_that_may_not_be_read_is_said(file: Path) -> None:
    file.chmod(0)
    with pytest.raises(CorpusError, match="cannot be read"):
        import_poems(open_poems(file))


def test_without_opencc_the_message_says_how_to_go_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.corpus import cleaning as simplified

    simplified._converter.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "opencc", None)
    with pytest.raises(CorpusError, match="OpenCC is not installed") as caught:
        import_poems(open_poems(file))
    assert "pip install opencc" in caught.value.hint
    assert import_poems(open_poems(file), simplify=False).n_poems == 2
