"""The commands that list, show, compare, export and remove: corpora, runs, favourites; and the doctor."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config.presets import preset
from engine.config.schema import ModelConfig
from engine.runs.folder import write_config
from poetry_tui.commands.cli import main
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.tracking.summary import summarise
from tests.poetry_tui.tracking.make_run import life, write_run

POEMS = """\
春晓:春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。
登鹳雀楼：白日依山尽，黄河入海流。欲穷千里目，更上一层楼。
春晓:春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。
"""


COMMAND = [sys.executable, "-m", "poetry_tui"]


def kept(text: str = "日暮江头一笛风，满船明月照归篷。", **changes: object) -> Favourite:
    return FavouriteStore().add(Favourite(id=0, text=text, begin=text[0], model="studio-lstm", seed=7, **changes))  # type: ignore[arg-type]


def poems_file(folder: Path) -> Path:
    path = folder / "mine.txt"
    path.write_text(POEMS, encoding="utf-8")
    return path


def test_a_file_of_poems_becomes_a_corpus_and_goes_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "import", str(poems_file(tmp_path)), "--name", "mine"]) == 0
    assert capsys.readouterr().out.startswith("mine: 2 poems, 40 Han characters")
    assert main(["corpus", "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["n_poems"]) == ("mine", 2)
    assert main(["corpus", "check", "mine"]) == 0
    assert "duplicate" in capsys.readouterr().out
    assert main(["corpus", "rm", "mine"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert main(["corpus", "rm", "mine", "--yes"]) == 0
    assert main(["corpus", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_can_be_checked_without_being_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "check", str(poems_file(tmp_path)), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["n_read"], report["n_kept"], report["dropped"]) == (3, 2, {"duplicate": 1})
    assert main(["corpus", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_malformed_lines_of_a_run_are_counted_in_the_list(
    studio_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(studio_home / "runs" / "whole", life(100))
    events = write_run(studio_home / "runs" / "broken", life(100)) / "events.jsonl"
    lines = events.read_text(encoding="utf-8").splitlines()
    lines[3], lines[5] = '{"half', lines[5].replace('"loss_nats":', '"loss_nats":"x","was":')
    events.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["runs"]) == 0
    whole, broken = sorted(capsys.readouterr().out.splitlines()[1:], key=lambda row: row.startswith("broken"))
    assert "malformed" not in whole
    assert "2 lines of its events are malformed" in broken
    assert main(["runs", "--json"]) == 0
    counts = {run["id"]: run["n_malformed"] for run in json.loads(capsys.readouterr().out)}
    assert counts == {"whole": 0, "broken": 2}


def test_malformed_lines_are_counted_once_and_again_when_the_run_has_grown(
    studio_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def count() -> int:
        assert main(["runs", "--json"]) == 0
        return int(json.loads(capsys.readouterr().out)[0]["n_malformed"])

    events = write_run(studio_home / "runs" / "broken", life(100)) / "events.jsonl"
    with events.open("a", encoding="utf-8") as file:
        file.write("nothing\n")
    assert count() == 1
    with monkeypatch.context() as patch:
        patch.setattr("poetry_tui.tracking.reader.EventTail.poll", lambda tail: pytest.fail("it was read again"))
        assert count() == 1
    with events.open("a", encoding="utf-8") as file:
        file.write("nothing again\n")
    assert count() == 2
    (events.parent / "malformed.json").write_text("not json", encoding="utf-8")
    assert count() == 2


def test_runs_are_compared_by_what_differs(studio_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = preset("tiny")
    write_config(studio_home / "runs" / "one", tiny)
    write_config(studio_home / "runs" / "two", tiny.replace(seed=2, model=ModelConfig(cell="gru", hidden_size=24)))
    assert main(["runs", "compare", "one", "two"]) == 0
    text, narration = capsys.readouterr()
    assert "validated on different poems" not in narration
    assert text.splitlines()[0].split() == ["one", "two"]
    assert "cell" in text
    assert "hidden_size" not in text
    assert "nats per Han" in text
    write_run(studio_home / "runs" / "three", life(100))
    assert main(["runs", "compare", "one", "three"]) == 0
    text, narration = capsys.readouterr()
    assert "100 of 2,000" in text
    assert "validated on different poems" in narration  # tiny judges by 20 poems, nndl by 1,000
    loss = summarise(studio_home / "runs" / "three").loss_nats_per_han
    assert loss is not None
    assert f"{loss:.3f} ({math.exp(loss):,.0f})" in text
    assert main(["runs", "compare", "one", "two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differing"]["seed"] == [1, 2]


def test_a_run_is_listed_shown_and_removed(studio_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_config(studio_home / "runs" / "one", preset("tiny"))
    assert main(["runs"]) == 0
    assert "one" in capsys.readouterr().out
    assert main(["runs", "show", "one"]) == 0
    assert "hidden_size" in capsys.readouterr().out
    assert main(["runs", "rm", "one", "two", "--yes"]) == 1
    assert (studio_home / "runs" / "one").is_dir()
    assert main(["runs", "rm", "one", "--yes"]) == 0
    assert not (studio_home / "runs" / "one").exists()


def test_a_deleted_favourite_is_listed_and_restored(capsys: pytest.CaptureFixture[str]) -> None:
    store = FavouriteStore()
    poem = store.add(Favourite(0, "山中有客不知年。", "山", "m", 1))
    store.delete(poem.id)
    assert main(["favourites", "list", "--deleted"]) == 0
    assert "山中有客不知年" in capsys.readouterr().out
    assert main(["favourites", "restore", str(poem.id)]) == 0
    assert store.list() == [poem]
    assert main(["favourites", "restore", "99"]) == 1


def test_favourites_are_listed_shown_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poem = kept(tags=("江",), settings={"temperature": 0.8})
    assert main(["favourites"]) == 0
    assert "日暮江头一笛风" in capsys.readouterr().out
    assert main(["favourites", "show", str(poem.id)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("日暮江头一笛风，满船明月照归篷。\n")
    assert "temperature" in shown
    assert main(["favourites", "export", "--format", "jsonl", "--tag", "江"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 7
    target = tmp_path / "poems.md"
    assert main(["favourites", "export", "-o", str(target)]) == 0
    assert "## 日暮江头一笛风" in target.read_text(encoding="utf-8")
    target.write_text("mine", encoding="utf-8")
    assert main(["favourites", "export", "-o", str(target)]) == 1
    assert target.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "out.png"], "not written to .png files"),
        (["-o", "poems.pdf"], ".md, .jsonl, .txt"),
        (["-o", "poems.txt", "--format", "jsonl"], "ends like text, but --format says jsonl"),
    ],
)
def test_favourites_are_exported_to_files_of_the_known_kinds_only(
    arguments: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept()
    monkeypatch.chdir(tmp_path)
    assert main(["favourites", "export", *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if path.suffix]


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [(["-o", "a.TXT"], "日暮"), (["-o", "a.jsonl"], "{"), (["-o", "a.md"], "# 詩"), (["-o", "a"], "# 詩")],
)
def test_an_exported_file_has_the_format_of_its_ending(
    arguments: list[str], beginning: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept()
    monkeypatch.chdir(tmp_path)
    assert main(["favourites", "export", *arguments]) == 0
    assert (tmp_path / arguments[1]).read_text(encoding="utf-8").startswith(beginning)


def test_favourites_are_put_into_a_collection_and_listed_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    kept()
    kept("山月照人。")
    assert main(["favourites", "collect", "江湖", "1", "9"]) == 1
    assert main(["favourites", "collect", "江湖", "1"]) == 0
    capsys.readouterr()
    assert main(["favourites", "list", "--collection", "江湖"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["favourites", "export", "--format", "jsonl"]) == 0
    assert [json.loads(line)["collection"] for line in capsys.readouterr().out.splitlines()] == ["", "江湖"]


def test_a_file_in_a_folder_that_is_missing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept()
    missing = tmp_path / "missing"
    for arguments in (["export", "-o", str(missing / "a.md")], ["poster", "1", str(missing / "a.png")]):
        assert main(["favourites", *arguments]) == 1
        assert f"There is no folder {missing}." in capsys.readouterr().err
    assert not missing.exists()


def test_a_poem_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    poem = kept("日\x1b[2J暮。", title="\x1b]0;gone\x07")
    assert main(["favourites"]) == 0
    assert main(["favourites", "show", str(poem.id)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_doctor_tells_what_is_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, no_bundled: None, studio_home: Path
) -> None:
    device = {"device": "cpu", "name": "cpu", "cores": 2}
    monkeypatch.setattr("poetry_tui.commands.doctor.ask_for_device", lambda: device)
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["device"] == device
    assert found["paths"]["home"] == str(studio_home)
    assert found["paths"]["home_is_writable"] is True
    assert found["packages"]["textual"].startswith("8.")
    assert "model is missing" in found["problems"][0]
    assert main(["doctor"]) == 1
    said = capsys.readouterr()
    assert "textual 8." in said.out
    assert "model is missing" in said.err


def test_a_reader_that_stops_reading_is_no_error() -> None:
    for number in range(300):
        kept(f"山{number}。", title="长" * 80)
    process = subprocess.Popen([*COMMAND, "favourites", "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (0, b"")
