"""What the train screen looks like, cell by cell, in every state of a run.

`pytest tests/poetry_tui/train/test_snapshots.py --snapshot-update` makes the pictures again; look at them before they are committed.
"""

from typing import Any

import pytest
from msgspec.structs import replace

from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK, PAPER
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.run_list import RunList
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio

pytestmark = pytest.mark.usefixtures("train_first")


STATES: dict[str, tuple[list[Any], bool, Status]] = {
    "running": (make_run.life(1000), True, Status.RUNNING),
    "paused": ([*make_run.life(300), make_run.paused(300)], True, Status.PAUSED),
    "failed": ([*make_run.life(300), make_run.failed(300)], False, Status.FAILED),
    "lost": (make_run.life(300), False, Status.LOST),
    "starting": ([], True, Status.STARTING),
}


@pytest.mark.parametrize(
    ("state", "size", "theme"),
    [
        ("running", (80, 24), INK),
        ("running", (120, 40), INK),
        ("running", (120, 40), PAPER),
        ("running", (200, 60), PAPER),
        ("paused", (80, 24), PAPER),
        ("failed", (120, 40), INK),
        ("lost", (80, 24), INK),
        ("starting", (120, 40), PAPER),
    ],
)
def test_it_looks_right(
    state: str, size: tuple[int, int], theme: str, heartbeats: None, until: Until, snap_compare: Any
) -> None:
    said, alive, status = STATES[state]
    folder = make(said, alive=alive)
    if state == "paused":
        runs.pause_run(folder)
    app = studio(theme)

    async def settle(pilot: Any) -> None:
        await until(pilot, lambda: is_shown(app, status))
        await until(pilot, lambda: app.screen.query_one(RunList).highlighted is not None)

    assert snap_compare(app, terminal_size=size, run_before=settle)


@pytest.mark.parametrize(("size", "theme"), [((80, 24), INK), ((120, 40), PAPER)])
def test_an_empty_studio_says_how_to_begin(
    size: tuple[int, int], theme: str, monkeypatch: pytest.MonkeyPatch, until: Until, snap_compare: Any
) -> None:
    corpora = ["tang"] if size[0] > 100 else []
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: corpora)
    app = studio(theme)

    async def settle(pilot: Any) -> None:
        await until(pilot, lambda: app.focused is not None)

    assert snap_compare(app, terminal_size=size, run_before=settle)


async def shown(pilot: Any, until: Until, status: Status) -> None:
    await until(pilot, lambda: is_shown(pilot.app, status))
    await until(pilot, lambda: pilot.app.screen.query_one(RunList).highlighted is not None)


def test_a_stalled_run_looks_it(
    heartbeats: None, until: Until, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [replace(make_run.started(), pid=4711), *make_run.life(777)[1:]]
    make(said, alive=True)
    now_s = make_run.records(said)[-1].time_s + 125
    monkeypatch.setattr("poetry_tui.tracking.run_state.status.now_s", lambda: now_s)

    async def settle(pilot: Any) -> None:
        await shown(pilot, until, Status.STALLED)

    assert snap_compare(studio(), terminal_size=(80, 24), run_before=settle)


def test_a_run_in_plain_ascii(heartbeats: None, until: Until, snap_compare: Any) -> None:
    make(make_run.life(1000), alive=True)

    async def settle(pilot: Any) -> None:
        await shown(pilot, until, Status.RUNNING)

    app = PoetryApp(Settings(theme=INK, charts="ascii"))
    assert snap_compare(app, terminal_size=(120, 40), run_before=settle)
