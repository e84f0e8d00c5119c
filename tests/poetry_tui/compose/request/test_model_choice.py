"""The model that the screen shows is the one that composes, whichever of them is told first."""

import time
from pathlib import Path

import pytest

from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.engine_client.client import Phase
from poetry_tui.preferences.settings import Settings
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.widgets.shell.header import StudioHeader
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make

INSTALLED = ["studio-lstm", "studio-small", "mine"]


def compose_screen(app: PoetryApp) -> ComposeScreen:
    assert isinstance(app.screen, ComposeScreen)
    return app.screen


@pytest.mark.parametrize("reading_s", [0.0, 0.3], ids=["list_first", "model_first"])
async def test_a_run_that_is_composed_with_is_the_model_that_is_shown(
    reading_s: float, heartbeats: None, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0

    def names() -> list[str]:
        nonlocal reads
        time.sleep(reading_s)
        reads += 1
        return INSTALLED

    monkeypatch.setattr("poetry_tui.compose.request.form._model_names", names)
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: ["tang"])
    folder = make([*make_run.life(300), make_run.finished(300)])
    app = PoetryApp(Settings(pace=3, n_candidates=1, form="free"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        for _ in range(2):
            n_read = reads
            await pilot.press("o")
            await until(pilot, lambda: app.current_mode == "compose")
            await until(pilot, lambda n_read=n_read: reads > n_read and app.services.engine.state.phase is Phase.READY)  # type: ignore[misc]
            await pilot.pause(0.05)
            screen = compose_screen(app)
            assert screen.fields.model == str(folder)
            assert screen.fields._model.values[:3] == INSTALLED
            assert screen.fields._model.value in screen.query_one(StudioHeader).status
            await pilot.press("2")
        await pilot.press("1")
        await pilot.press("enter")
        await until(pilot, lambda: screen.session.current is not None and screen.session.current.is_over)
        assert screen.session.current is not None
        assert screen.session.current.request.model == str(folder)


async def test_a_model_that_is_gone_is_shown_as_what_is_asked_for(until: Until, tmp_path: Path) -> None:
    """Nothing composes then: to show another model would be to promise that it does."""
    app = PoetryApp(Settings(model="gone"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(compose_screen(app).fields.form.values) > 4)
        assert compose_screen(app).fields._model.value == "gone"
        assert app.services.engine.model == "gone"
