"""Names, notes and tags of runs, and the list of many runs, through the commands."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config.presets import preset
from engine.config.schema import ModelConfig
from engine.system.files import write_atomically
from poetry_tui.commands.cli import main
from poetry_tui.tracking import summary
from poetry_tui.tracking.run_state.state import RunState
from tests.poetry_tui.tracking.make_run import append, finished, life, started, write_run


@pytest.fixture
def runs_folder(studio_home: Path) -> Path:
    return studio_home / "runs"


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """What a process keeps of runs is read again in each test."""
    summary._open_cache.cache_clear()
    yield
    summary._open_cache.cache_clear()


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    return list(json.loads(capsys.readouterr().out))


def test_a_run_is_known_by_its_name_and_by_its_folder(runs_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(runs_folder / "20261101-1", life(20))
    assert main(["runs", "rename", "20261101-1", "夜雨 first"]) == 0
    assert main(["runs", "note", "夜雨 first", "the one of the report"]) == 0
    assert main(["runs", "tag", "夜雨 first", "课程", "good"]) == 0
    assert main(["runs", "tag", "20261101-1", "good", "--remove"]) == 0
    (run,) = listed(capsys)
    assert (run["id"], run["name"], run["note"], run["tags"]) == (
        "20261101-1",
        "夜雨 first",
        "the one of the report",
        ["课程"],
    )
    assert main(["runs", "show", "夜雨 first"]) == 0
    assert "the one of the report" in capsys.readouterr().out
    assert main(["runs"]) == 0
    assert "夜雨 first" in capsys.readouterr().out
    assert main(["runs", "rename", "夜雨 first", ""]) == 0
    assert main(["runs", "show", "夜雨 first"]) == 1


def test_two_runs_never_have_one_name(runs_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        write_run(runs_folder / name, life(20))
    assert main(["runs", "rename", "one", "mine"]) == 0
    assert main(["runs", "rename", "two", "mine"]) == 1
    assert main(["runs", "rename", "two", "one"]) == 1
    assert main(["runs", "rename", "one", "mine"]) == 0
    assert main(["runs", "rename", "two", "a\nb"]) == 2
    assert {run["id"]: run["name"] for run in listed(capsys)} == {"one": "mine", "two": ""}


def test_damaged_labels_are_not_overwritten(runs_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = write_run(runs_folder / "one", life(20)) / "labels.json"
    labels.write_text('{"name": "mine", "tags"', encoding="utf-8")
    assert main(["runs", "tag", "one", "good"]) == 1
    assert "labels.json is damaged" in capsys.readouterr().err
    assert labels.read_text(encoding="utf-8") == '{"name": "mine", "tags"'
    assert listed(capsys)[0]["name"] == ""


def test_the_list_shows_what_makes_a_run_differ(runs_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = preset("nndl").replace(corpus="mine")
    wide = base.replace(model=base.model.replace(hidden_size=300))
    other = preset("tiny").replace(model=ModelConfig(cell="gru"))
    for name, config in (("one", base), ("two", wide), ("three", other)):
        write_run(runs_folder / name, [started(config), *life(20)[1:]])
    assert main(["runs"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "nndl lstm hidden_size 300 " in rows["two"]
    assert "nndl lstm  " in rows["one"]
    assert "corpus mine" not in rows["one"] + rows["two"]
    assert "tiny gru" in rows["three"]


def test_a_list_reads_a_run_again_only_when_it_has_changed(
    runs_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (write_run(runs_folder / name, life(60)) for name in ("one", "two"))
    before = listed(capsys)
    summary._open_cache.cache_clear()
    read: list[Path] = []
    outline_of = summary._outline_of

    def reading(path: Path) -> RunState:
        read.append(path.parent)
        return outline_of(path)

    monkeypatch.setattr(summary, "_outline_of", reading)
    assert listed(capsys) == before
    assert read == []
    append(two, [finished(60)])
    assert {run["id"]: run["status"] for run in listed(capsys)} == {"one": "lost", "two": "completed"}
    assert read == [two]
    assert main(["runs", "rm", "one", "--yes"]) == 0
    write_run(one, life(30))
    assert {run["id"]: run["step"] for run in listed(capsys)} == {"one": 30, "two": 60}


@pytest.mark.parametrize("content", ["", "[]", '{"x": {"stamp": [1], "summary": {}}}', "\x00"])
def test_a_damaged_cache_is_made_again(content: str, studio_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(studio_home / "runs" / "one", life(60))
    before = listed(capsys)
    cache = studio_home / "cache" / summary.CACHE
    assert cache.is_file()
    write_atomically(cache, content)
    summary._open_cache.cache_clear()
    assert listed(capsys) == before


def test_three_hundred_runs_are_listed_without_reading_one(runs_folder: Path) -> None:
    """The first list sums them up; the next process opens no events file, which is what takes long."""
    first = write_run(runs_folder / "run-0", life(40))
    events, config = (first / name for name in ("events.jsonl", "config.json"))
    for number in range(1, 300):
        folder = runs_folder / f"run-{number}"
        folder.mkdir()
        for file in (events, config):
            os.link(file, folder / file.name)
    command = [sys.executable, "-c", _LIST]
    n_read = [int(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(2)]
    assert n_read == [300, 0]


_LIST = """
from poetry_tui.tracking import summary
from poetry_tui.tracking.run_state.state import RunState
read = []
outline_of = summary._outline_of
summary._outline_of = lambda path: read.append(path) or outline_of(path)
assert len(summary.list_runs()) == 300
print(len(read))
"""
