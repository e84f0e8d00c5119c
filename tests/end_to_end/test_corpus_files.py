"""Files of poems at the command line: how one was read is told, pipes are read once, and waiting for one can be ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from poetry_tui.commands.cli import main
from tests.children import child

posix = pytest.mark.skipif(os.name != "posix", reason="pipes with names, signals")
JINGYESI = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
WERNEROR = f'"题目","朝代","作者","内容"\n"静夜思","唐","李白","{JINGYESI}"\n'
WAITED_S = 60


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "poetry_tui", *arguments]
    return subprocess.run(line, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False)


def test_importing_tells_how_the_file_was_read_and_how_to_choose_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    couplets = [
        "空山不见人，但闻人语响。",
        "松下问童子，言师采药去。",
        "白日依山尽，黄河入海流。",
        "独坐幽篁里，弹琴复长啸。",
    ]
    (tmp_path / "short.txt").write_text("\n".join(couplets * 10), encoding="utf-8")
    assert main(["corpus", "import", str(tmp_path / "short.txt"), "--name", "short"]) == 0
    said = capsys.readouterr().err
    assert (
        "short.txt is read as one-a-line: each line a whole poem, perhaps below its title; 40 poems came of it." in said
    )
    assert "--format title-colon | blank-lines | verse-lines | plain" in said
    assert main(["corpus", "import", str(tmp_path / "short.txt"), "--format", "plain", "--name", "whole"]) == 0
    assert "read as plain" in capsys.readouterr().err
    assert main(["corpus", "check", "short"]) == 0
    checked = capsys.readouterr()
    assert "duplicate  36     the same characters were there before" in checked.out
    assert "short.txt was read as one-a-line" in checked.err


def test_a_table_is_imported_by_its_names_and_refused_in_one_sentence_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text(WERNEROR, encoding="utf-8")
    assert main(["corpus", "import", str(tmp_path / "a.csv")]) == 0
    assert "is read as table (columns title=1,author=3,content=4)" in capsys.readouterr().err
    (tmp_path / "b.csv").write_text(WERNEROR.partition("\n")[2], encoding="utf-8")
    assert main(["corpus", "import", str(tmp_path / "b.csv")]) == 1
    said = capsys.readouterr().err
    assert "b.csv is a table, and which of its columns holds the poems is not known: 静夜思, 唐, 李白" in said
    assert "Traceback" not in said
    assert main(["check", str(tmp_path / "b.csv"), "--columns", "title=1,author=3,content=4", "--json"]) == 0
    poem = json.loads(capsys.readouterr().out)
    assert (poem["title"], poem["author"], poem["text"]) == ("静夜思", "李白", JINGYESI)


@posix
@pytest.mark.parametrize("file", ["-", "/dev/stdin"])
def test_what_comes_through_a_pipe_is_checked(file: str) -> None:
    done = run("check", file, "--json", stdin=f"静夜思\n李白\n{JINGYESI}\n")
    assert done.returncode == 0, done.stderr
    poem = json.loads(done.stdout)
    assert (poem["title"], poem["author"], poem["text"]) == ("静夜思", "李白", JINGYESI)


def opened_by_a_reader(fifo: Path) -> int:
    """Wait until somebody opens a pipe to read; returns its other end, into which nobody writes."""
    until_s = time.monotonic() + WAITED_S
    while time.monotonic() < until_s:
        with contextlib.suppress(OSError):  # ENXIO: nobody reads yet
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.05)
    raise AssertionError("nobody opened the pipe")


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_waits_for_a_pipe_can_be_ended_and_leaves_no_run(
    tmp_path: Path, studio_home: Path, number: signal.Signals
) -> None:
    os.mkfifo(tmp_path / "poems")
    line = [sys.executable, "-m", "engine", "train", "--preset", "tiny", "--corpus", str(tmp_path / "poems")]
    with child(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as training:
        writer = opened_by_a_reader(tmp_path / "poems")
        training.send_signal(number)
        _, said = training.communicate(timeout=WAITED_S)
        os.close(writer)
    assert training.returncode in (130, -number), said.decode()
    assert b"Traceback" not in said
    assert not (studio_home / "runs").exists()


@posix
def test_a_training_on_a_pipe_goes_on_with_the_corpus_that_it_became(tmp_path: Path, studio_home: Path) -> None:
    from tests.engine.corpus.corpus_samples import made_up_poems

    os.mkfifo(tmp_path / "poems")
    line = [sys.executable, "-m", "engine", "train", "--preset", "tiny", "--device", "cpu", "--max-steps", "2"]
    line += ["--run", str(tmp_path / "run"), "--corpus", str(tmp_path / "poems")]
    with child(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as training:
        os.set_blocking(writer := opened_by_a_reader(tmp_path / "poems"), True)
        with os.fdopen(writer, "w", encoding="utf-8") as poems:
            poems.write("\n".join(made_up_poems(300)))
        _, said = training.communicate(timeout=3 * WAITED_S)
    assert training.returncode == 0, said.decode()
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert (studio_home / "corpora" / config["corpus"] / "corpus.json").is_file()
