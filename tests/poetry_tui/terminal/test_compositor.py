"""What is drawn of a change is what Textual would have drawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region

from poetry_tui.app import PoetryApp
from poetry_tui.runs.state import Status
from poetry_tui.terminal.compositor import NearCompositor
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.runs import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio

REGIONS = (
    {Region(0, 0, 120, 1)},
    {Region(45, 12, 70, 1)},
    {Region(3, 2, 1, 1), Region(100, 38, 20, 2)},
    {Region(0, 20, 60, 15)},
    {Region(0, 0, 120, 40)},
)

pytestmark = pytest.mark.usefixtures("train_first", "heartbeats")


@asynccontextmanager
async def watching(until: Until) -> AsyncIterator[PoetryApp]:
    """The train screen with a run on it."""
    app = studio()
    make(make_run.life(200), alive=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        yield app


async def test_a_part_of_the_screen_is_drawn_as_textual_draws_it(until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(until) as app:
        compositor = app.screen._compositor
        assert isinstance(compositor, NearCompositor)

        def drawn(regions: set[Region]) -> str:
            compositor._dirty_regions = set(regions)
            update = compositor.render_partial_update()
            assert isinstance(update, ChopsUpdate)
            return update.render_segments(app.console)

        ours = [drawn(regions) for regions in REGIONS]
        with monkeypatch.context() as patch:
            patch.setattr(NearCompositor, "_get_renders", Compositor._get_renders)
            assert [drawn(regions) for regions in REGIONS] == ours


async def test_a_change_of_one_row_asks_no_widget_beside_it(until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(until) as app:
        asked: list[str] = []
        render_lines = type(app.screen).render_lines
        for name in ("StudioHeader", "RunHeadline"):
            widget = app.screen.query_one(name)

            def say(crop: Region, widget: object = widget, name: str = name) -> object:
                asked.append(name)
                return render_lines(widget, crop)  # type: ignore[arg-type]

            monkeypatch.setattr(widget, "render_lines", say)
        app.screen._compositor._dirty_regions = {app.screen.query_one("StudioHeader").region}
        app.screen._compositor.render_partial_update()
        assert asked == ["StudioHeader"]
