"""What the table of runs side by side looks like, cell by cell.

`pytest tests/poetry_tui/train/monitor/test_compare_snapshots.py --snapshot-update` makes the pictures again;
look at them before they are committed.
"""

from typing import Any

import pytest

from engine.config.presets import preset
from engine.system import paths
from poetry_tui.preferences.themes import INK, PAPER
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.monitor.comparison import CompareScreen
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio, train

pytestmark = pytest.mark.usefixtures("train_first")


@pytest.mark.parametrize(("size", "theme"), [((80, 24), INK), ((120, 40), PAPER)], ids=str)
def test_three_runs_side_by_side(
    size: tuple[int, int], theme: str, heartbeats: None, until: Until, snap_compare: Any
) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    model = preset("nndl").model
    others = []
    for cell in ("gru", "rnn"):
        config = preset("nndl").replace(model=model.replace(cell=cell), learning_rate=1e-3)
        said = [make_run.started(config), *make_run.life(250)[1:], make_run.finished(250)]
        others.append(make_run.write_run(paths.runs() / f"20261122-101500-nndl-{cell}", said))
    app = studio(theme)

    async def settle(pilot: Any) -> None:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        train(app).follow(paths.runs() / "20261123-101500-nndl-lstm")
        for other in others:
            train(app).toggle_overlay(other)
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await until(
            pilot,
            lambda: all(one.is_settled for one in train(app).runs.overlays.values()) and not train(app).runs.is_dirty,
        )
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settle)
