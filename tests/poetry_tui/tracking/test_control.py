"""Starting, telling, listing and removing runs."""

import json
import sys
from pathlib import Path

import pytest

from engine.config.presets import preset
from engine.runs.events import Validated
from engine.runs.folder import CONTROL, EVENTS, read_config
from engine.runs.labels import new_run_folder
from engine.system import paths
from engine.system.errors import RunError
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import find_run, list_runs, summarise
from tests.poetry_tui.tracking import make_run


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return make_run.write_run(tmp_path / "live", make_run.life(50), alive=True)


@pytest.fixture
def over(tmp_path: Path) -> Path:
    return make_run.write_run(tmp_path / "over", [*make_run.life(50), make_run.finished(50)])


def test_pause_and_going_on_are_a_file_that_comes_and_goes(live: Path) -> None:
    runs.pause_run(live)
    assert (live / CONTROL / "pause").exists()
    assert runs.pending_commands(live) == {"pause"}
    runs.resume_run(live)
    assert runs.pending_commands(live) == frozenset()


def test_stopping_a_paused_run_lets_it_go(live: Path) -> None:
    runs.pause_run(live)
    runs.stop_run(live)
    assert runs.pending_commands(live) == {"stop"}


def test_save_and_a_new_learning_rate_are_files_too(live: Path) -> None:
    runs.save_run(live)
    runs.set_learning_rate(live, 3e-4)
    assert runs.pending_commands(live) == {"save", "lr"}
    assert float((live / CONTROL / "lr").read_text(encoding="utf-8")) == 3e-4


def test_nobody_is_told_anything_when_the_run_is_over(over: Path) -> None:
    for tell in (runs.stop_run, runs.pause_run, runs.save_run):
        with pytest.raises(RunError, match="is not running"):
            tell(over)
    assert runs.pending_commands(over) == frozenset()


def test_a_live_run_is_not_removed_and_a_dead_one_is(live: Path, over: Path) -> None:
    with pytest.raises(RunError, match="still running"):
        runs.remove_run(live)
    assert live.is_dir()
    runs.remove_run(over)
    assert not over.exists()


def test_a_folder_that_is_no_run_is_never_removed(tmp_path: Path) -> None:
    precious = tmp_path / "holiday"
    precious.mkdir()
    with pytest.raises(RunError, match="no run folder"):
        runs.remove_run(precious)
    assert precious.is_dir()


def test_a_live_run_is_not_gone_on_with(live: Path) -> None:
    with pytest.raises(RunError, match="still going on"):
        runs.continue_run(live)


def test_the_list_tells_each_run_newest_first() -> None:
    home = paths.runs()
    make_run.write_run(home / "b-long", [*make_run.life(6000, total_steps=8000), make_run.finished(6000, "stopped")])
    make_run.write_run(home / "a-live", make_run.life(500), alive=True)
    (home / "z-strange").mkdir()
    (home / "z-strange" / "events.jsonl").write_text('{"v":9}\n', encoding="utf-8")
    found = {run.id: run for run in list_runs()}
    assert found["a-live"].status is Status.RUNNING
    long = found["b-long"]
    assert (long.status, long.step, long.total_steps) == (Status.STOPPED, 6000, 8000)
    assert long.best_nats_per_han == pytest.approx(5.2, abs=1e-3)
    assert long.config is not None
    assert "version 9" in found["z-strange"].problem
    json.dumps([run.to_dict() for run in found.values()])


def test_the_summary_of_a_long_run_is_that_of_reading_it_all(tmp_path: Path) -> None:
    said = [*make_run.life(6000), make_run.finished(6000)]
    folder = make_run.write_run(tmp_path / "long", said)
    best = min((event for event in said if isinstance(event, Validated)), key=lambda e: e.val_nats_per_han)
    assert summarise(folder).best_nats_per_han == best.val_nats_per_han


def test_no_folder_is_no_runs() -> None:
    assert list_runs() == []


def test_a_run_is_found_by_name_or_folder_and_an_unknown_one_names_the_known() -> None:
    folder = make_run.write_run(paths.runs() / "mine", make_run.life(50))
    assert find_run("mine").folder == folder
    assert find_run(str(folder)).folder == folder
    with pytest.raises(RunError, match="mine"):
        find_run("yours")


def test_run_names_are_never_taken_twice() -> None:
    config = preset("nndl")
    first = new_run_folder(config, now_s=0)
    first.mkdir(parents=True)
    assert new_run_folder(config, now_s=0).name == f"{first.name}-2"
    assert first.name.endswith("-nndl-lstm")


def test_starting_leaves_a_run_that_lives_and_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # In place of python: a program that notes what it was asked and ends when it is told to.
    trainer = tmp_path / "trainer"
    trainer.write_text(
        '#!/bin/sh\necho "$@"\nwhile [ ! -e "$8/control/stop" ]; do sleep 0.02; done\n', encoding="utf-8"
    )
    trainer.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(trainer))
    folder = runs.start_run(preset("tiny"), "test")
    assert runs.is_alive(folder)
    assert runs.started_here() == [folder]
    assert read_config(folder) == preset("tiny")
    with pytest.raises(RunError, match="already a run"):
        runs.start_run(preset("tiny"), "test")
    runs.stop_run(folder)
    runs._children[folder].wait(timeout=30)
    assert not runs.is_alive(folder)
    assert runs.started_here() == []
    log = (folder / "log.txt").read_text(encoding="utf-8")
    assert log.split() == ["-P", "-m", "engine", "train", "--config", str(folder / "config.json"), "--run", str(folder)]


def test_a_run_that_has_grown_is_summed_up_anew(tmp_path: Path) -> None:
    folder = make_run.write_run(tmp_path / "growing", make_run.life(50), alive=True)
    assert summarise(folder).step == 50
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.write('{"v":1,"seq":')
    assert summarise(folder).step == 50
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.write("\n")
    make_run.append(folder, [make_run.step(55), make_run.finished(55)])
    (folder / "heartbeat").unlink()
    assert (summarise(folder).step, summarise(folder).status) == (55, Status.COMPLETED)
    make_run.write_run(folder, make_run.life(10))
    assert summarise(folder).step == 10
