"""Which commands apply to the followed run, and what is overlaid on it: without a screen."""

from pathlib import Path

import pytest

from engine.runs.events import CheckpointSaved, Event
from poetry_tui.tracking import control
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.followed_runs import OVERLAY_LETTERS, FollowedRuns
from poetry_tui.train.run_controls import RunControls
from tests.poetry_tui.tracking import make_run

SAVED = CheckpointSaved(step=50, path="checkpoints/best", is_best=True)
ACTIONS = ("pause", "stop", "continue", "save", "rate", "sample", "compose_with")


def following(folder: Path, *said: Event, status: Status) -> FollowedRuns:
    """A followed run that has said this and is in this state."""
    follower = RunFollower(folder, status=status, is_settled=True)
    for record in make_run.records([make_run.started(), *said]):
        follower.state.fold(record)
    runs = FollowedRuns()
    runs.follow(follower)
    return runs


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (Status.STARTING, [], {"stop"}),
        (Status.RUNNING, [], {"pause", "stop", "save", "rate", "sample"}),
        (Status.PAUSED, [SAVED], {"pause", "stop", "save", "rate", "sample", "compose_with"}),
        (Status.STOPPED, [], set()),
        (Status.STOPPED, [SAVED], {"continue", "compose_with"}),
        (Status.LOST, [SAVED], {"continue", "compose_with"}),
        (Status.COMPLETED, [SAVED], {"compose_with"}),
    ],
)
def test_commands_apply_by_what_the_run_is_doing(
    status: Status, said: list[Event], expected: set[str], tmp_path: Path
) -> None:
    controls = RunControls(following(tmp_path, *said, status=status))
    assert {action for action in ACTIONS if controls.applies(action)} == expected


def test_a_run_that_is_still_read_has_no_commands(tmp_path: Path) -> None:
    runs = following(tmp_path, status=Status.RUNNING)
    assert runs.followed is not None
    runs.followed.is_settled = False
    assert not any(RunControls(runs).applies(action) for action in ACTIONS)
    assert not any(RunControls(FollowedRuns()).applies(action) for action in ACTIONS)


def test_pause_resumes_a_run_that_is_paused_or_was_asked_to_pause(tmp_path: Path) -> None:
    assert RunControls(following(tmp_path, status=Status.RUNNING)).command("pause") is control.pause_run
    assert RunControls(following(tmp_path, status=Status.PAUSED)).command("pause") is control.resume_run
    asked = following(tmp_path, status=Status.RUNNING)
    assert asked.followed is not None
    asked.followed.pending_commands = frozenset(["pause"])
    assert RunControls(asked).command("pause") is control.resume_run


def test_pause_holds_a_replay_and_sends_nothing(tmp_path: Path) -> None:
    runs, replay = FollowedRuns(), RunReplay(tmp_path)
    runs.follow(replay)
    assert RunControls(runs).command("pause") is None
    assert replay.is_held


def test_a_run_stopped_while_it_loads_is_stopped_again_once_when_it_runs(tmp_path: Path) -> None:
    runs = following(tmp_path, status=Status.STARTING)
    controls = RunControls(runs)
    assert controls.command("stop") is control.stop_run
    assert controls.due_command() is None
    assert runs.followed is not None
    runs.followed.status = Status.RUNNING
    assert controls.due_command() is control.stop_run
    assert controls.due_command() is None


def test_overlays_have_letters_as_long_as_there_are_any_and_a_run_is_none_of_itself(tmp_path: Path) -> None:
    runs = following(tmp_path / "followed", status=Status.RUNNING)
    runs.toggle_overlay(tmp_path / "followed")
    assert not runs.overlays
    for number in range(len(OVERLAY_LETTERS) + 1):
        runs.toggle_overlay(tmp_path / str(number))
    assert "".join(runs.letters.values()) == "a" + OVERLAY_LETTERS
    runs.toggle_overlay(tmp_path / "0")
    assert [folder.name for folder in runs.overlays] == ["1", "2", "3"]
    runs.follow(RunFollower(tmp_path / "2"))
    assert [folder.name for folder in runs.letters] == ["2", "1", "3"]
