"""What is drawn of a change is what stands there when the whole screen is drawn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual._compositor import ChopsUpdate
from textual.geometry import Region

from poetry_tui.app import PoetryApp
from poetry_tui.terminal.compat import WholeCharacterCompositor
from poetry_tui.tracking.run_state.status import Status
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
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


async def test_a_part_of_the_screen_is_drawn_as_it_stands_in_the_whole(until: Until) -> None:
    async with watching(until) as app:
        compositor = app.screen._compositor
        rows = ["".join(segment.text for segment in strip) for strip in compositor.render_strips()]
        for regions in REGIONS:
            compositor._dirty_regions = set(regions)
            update = compositor.render_partial_update()
            assert isinstance(update, ChopsUpdate)
            for y, x1, x2 in update.spans:
                pieces = update.chops[y].items()
                drawn = [strip.text for x, strip in pieces if strip and x < x2 and x + strip.cell_length > x1]
                assert drawn, (y, x1, x2)
                assert [text for text in drawn if text not in rows[y]] == []


async def test_every_screen_is_composed_in_whole_characters(until: Until) -> None:
    async with watching(until) as app:
        assert isinstance(app.screen._compositor, WholeCharacterCompositor)
        app.action_help()
        assert all(isinstance(screen._compositor, WholeCharacterCompositor) for screen in app.screen_stack)
