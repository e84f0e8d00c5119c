"""An installation that is interrupted, however rudely, leaves nothing for ever; what is here already is not got again."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.corpus import install as installer
from engine.corpus.cleaning import Cleaner
from engine.corpus.poem import RawPoem
from engine.corpus.store import create, open_corpus
from poetry_tui.commands.cli import main
from tests.terminals import wait_until, wait_until_gone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the pretended npm is a shell script")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that downloads for ever, and a temporary folder of our own."""
    script = tmp_path / "bin" / "npm"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho $$ > began\nsleep 1000\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def installing(temporary: Path) -> "subprocess.Popen[bytes]":
    """An installation whose download has begun."""
    before = set(temporary.glob("*/began"))
    process = subprocess.Popen(
        [sys.executable, "-m", "poetry_tui", "corpus", "install", "tang"], stderr=subprocess.DEVNULL
    )
    wait_until(lambda: set(temporary.glob("*/began")) - before)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_installation_leaves_nothing(number: signal.Signals, temporary: Path, studio_home: Path) -> None:
    process = installing(temporary)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    assert process.wait() == 130
    wait_until_gone(below)
    assert not list(temporary.iterdir())
    assert not list(studio_home.glob("corpora/.*"))


def test_what_a_killed_installation_left_is_swept_and_a_running_one_is_let_be(temporary: Path) -> None:
    killed, running = installing(temporary), installing(temporary)
    orphans = [each for process in (killed, running) for each in psutil.Process(process.pid).children(recursive=True)]
    try:
        killed.kill()
        killed.wait()
        assert len(list(temporary.iterdir())) == 2
        third = installing(temporary)
        orphans += psutil.Process(third.pid).children(recursive=True)
        assert len(list(temporary.iterdir())) == 2
        third.terminate()
        assert third.wait() == 130
        assert len(list(temporary.iterdir())) == 1
        running.terminate()
        assert running.wait() == 130
        assert not list(temporary.iterdir())
    finally:
        for process in (killed, running):
            process.kill()
            process.wait()
        for orphan in orphans:
            if orphan.is_running():
                orphan.kill()


def write_tang(source: str) -> None:
    poem = RawPoem("静夜思", "李白", "床前明月光，疑是地上霜。举头望明月，低头思故乡。")
    create("tang", [poem], licence="MIT", source=source, cleaner=Cleaner())


def test_what_is_here_is_not_got_again_unless_that_is_wanted(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tang(installer.SOURCE)
    assert main(["corpus", "install", "tang"]) == 0
    said = capsys.readouterr()
    assert "is here already, and nothing was downloaded" in said.err
    assert said.out.startswith("tang: 1 poem,")
    monkeypatch.setenv("PATH", "")
    assert main(["corpus", "install", "tang", "--again"]) == 1
    assert "npm" in capsys.readouterr().err
    # A damaged one is not here.
    (open_corpus("tang").folder / "poems.jsonl").write_text("{}\n")
    assert main(["corpus", "install", "tang"]) == 1
    assert "npm" in capsys.readouterr().err


def test_a_corpus_of_the_persons_own_is_not_replaced_unasked(
    temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tang("mine.txt")
    assert main(["corpus", "install", "tang"]) == 1
    assert "comes from mine.txt" in capsys.readouterr().err
    assert open_corpus("tang").source == "mine.txt"
