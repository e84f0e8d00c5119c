"""A trainer that is suspended is shown as stalled, and as running again when it goes on; a real one, by real signals."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.config.presets import preset
from engine.runs.folder import HEARTBEAT
from poetry_tui.commands.cli import main
from poetry_tui.preferences.i18n import set_language
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import summarise
from poetry_tui.tracking.wording import status_sentence
from tests.small_corpus import write_corpus

DEADLINE_S = 120.0


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second is long enough for a network whose steps take milliseconds; nobody wants to wait for more."""
    for module in ("stall_detector", "status"):
        monkeypatch.setattr(f"poetry_tui.tracking.run_state.{module}.MIN_STALL_TIMEOUT_S", 1.0)


def watch_until(follower: RunFollower, is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s:
        follower.fold(follower.read())
        if is_so():
            return
        time.sleep(0.02)
    pytest.fail(f"the run is {follower.status} at step {follower.state.step}: {follower.last_log_line}")


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[RunFollower]:
    """A follower of a training that goes on and on; it ends with the test."""
    corpus = write_corpus(tmp_path / "poems.txt")
    follower = RunFollower(runs.start_run(preset("tiny").replace(corpus=str(corpus), n_epochs=100_000)))
    yield follower
    if runs.is_alive(follower.folder):
        os.kill(int((follower.folder / HEARTBEAT).read_text(encoding="utf-8")), signal.SIGKILL)


def test_a_suspended_trainer_is_stalled_and_runs_again_when_it_is_woken(
    follower: RunFollower, capsys: pytest.CaptureFixture[str]
) -> None:
    set_language("en")
    folder = follower.folder
    watch_until(follower, lambda: follower.status is Status.RUNNING and len(follower.state.loss) > 2)
    assert follower.state.started is not None
    pid = follower.state.started.pid

    os.kill(pid, signal.SIGSTOP)
    try:
        watch_until(follower, lambda: follower.status is Status.STALLED)
        assert f"process {pid} lives" in status_sentence(follower)
        assert summarise(folder).status is Status.STALLED
        assert main(["runs", "show", folder.name]) == 0
        assert "stalled" in capsys.readouterr().out
        silent_s = follower.silent_s
        watch_until(follower, lambda: follower.silent_s > silent_s)
        step = follower.state.step
    finally:
        os.kill(pid, signal.SIGCONT)

    watch_until(follower, lambda: follower.status is Status.RUNNING and follower.state.step > step)
    assert summarise(folder).status is Status.RUNNING
    runs.stop_run(folder)
    watch_until(follower, lambda: follower.status is Status.STOPPED)
    watch_until(follower, lambda: not runs.is_alive(folder))
