"""Leaving the studio while a report is being written: nothing half-written stays."""

import asyncio
import contextlib
import signal
from typing import Any

import pytest

from poetry_tui.tracking.report.write import HTML, folder_for
from poetry_tui.tracking.run_state.status import Status
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio

pytestmark = pytest.mark.usefixtures("train_first")


async def test_whoever_leaves_while_a_report_is_written_leaves_nothing_half_written(
    heartbeats: None, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make([*make_run.life(300), make_run.finished(300)])
    writers: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*command: str, **options: Any) -> asyncio.subprocess.Process:
        process = await start(*command, **options)
        if "report" in command:
            writers.append(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("R")
        await until(pilot, lambda: writers)
        # However quick it is, it is not done before we leave.
        writers[0].send_signal(signal.SIGSTOP)
        await pilot.press("q")
    # It may be gone already: a polite kill that comes before it listens ends it at once.
    with contextlib.suppress(ProcessLookupError):
        writers[0].send_signal(signal.SIGCONT)
    code = await asyncio.wait_for(writers[0].wait(), 60)
    reports = folder_for([folder]).parent
    left = sorted(reports.iterdir()) if reports.exists() else []
    if code:
        assert not left
    else:
        # Python drops an interrupt that reaches it in a callback of its own; then the report is written to its end.
        assert left == [folder_for([folder])]
        assert (left[0] / HTML).read_text(encoding="utf-8").endswith("</html>\n")
