"""Scratch folders go with their process; what a kill left is swept, and nothing that lives or is the last of its kind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.system import scratch
from engine.system.files import replace_folder

AT_WORK = """
import sys, time
from pathlib import Path
from engine.system.files import replace_folder
with replace_folder(Path(sys.argv[1])) as aside:
    (aside / "half").write_text("written")
    print("at work", flush=True)
    time.sleep(1000)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders are not locked there")


def worker(path: Path) -> "subprocess.Popen[bytes]":
    """A process in the middle of replacing a folder."""
    process = subprocess.Popen([sys.executable, "-c", AT_WORK, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"at work\n"
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def make(path: Path) -> None:
    with replace_folder(path) as aside:
        (aside / "whole").touch()


def test_what_a_killed_process_left_is_swept_by_the_next_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    dead, living = worker(tmp_path / "made"), worker(tmp_path / "made")
    try:
        end(dead)
        assert len(list(tmp_path.iterdir())) == 2
        make(tmp_path / "made")
        left = sorted(path.name for path in tmp_path.iterdir() if path.name != "made")
        assert len(left) == 1
        assert (tmp_path / left[0] / "half").read_text() == "written"
    finally:
        end(living)
    make(tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_folder_that_had_stepped_aside_when_its_process_was_killed_comes_back(tmp_path: Path) -> None:
    aside = tmp_path / ".poems.a1b2c3d4.old"
    (aside / "old").mkdir(parents=True)
    (aside / "old" / "kept").touch()
    scratch.sweep_below(tmp_path)
    assert (tmp_path / "poems" / "kept").exists()
    assert not aside.exists()


def test_folders_that_are_named_otherwise_stay(tmp_path: Path) -> None:
    names = [
        "poems",
        ".poems",
        ".git",
        ".poems.tmp",
        ".poems.a1b2c3d4.tmp.txt",
        "poems.a1b2c3d4.tmp",
        ".other.a1b2c3d4.tmp",
    ]
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / ".poems.a1b2c3d4.tmp").touch()
    make(tmp_path / "made")
    scratch.sweep_beside(tmp_path / "poems")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, ".poems.a1b2c3d4.tmp", "made"])


def test_an_interrupt_while_one_folder_replaces_another_loses_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "made")
    (tmp_path / "made" / "old").touch()
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == tmp_path / "made" and path.suffix == scratch.ASIDE:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert (tmp_path / "made" / "old").exists()


def test_without_locks_only_what_is_old_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    new, old = tmp_path / "x-aaaaaaaa", tmp_path / "x-bbbbbbbb"
    new.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    scratch.sweep(tmp_path, "x-")
    assert (new.exists(), old.exists()) == (True, False)
    make(tmp_path / "made")
    assert (tmp_path / "made" / "whole").exists()
