"""An open Compose screen, driven by keys and mouse, with a service that needs no torch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.compose.session.state import Composition
from poetry_tui.engine_client.client import EngineClient
from poetry_tui.preferences.settings import Settings
from tests.poetry_tui.conftest import FAKE_SERVICE, Until

AT_ONCE = Settings(pace=3, n_candidates=1, form="free")
REGULAR = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"


class OpenStudio:
    """An open studio, and what a test wants to know of it."""

    def __init__(self, app: PoetryApp, pilot: Any, until: Until) -> None:
        self.app, self.pilot, self._until = app, pilot, until

    @property
    def screen(self) -> ComposeScreen:
        return cast(ComposeScreen, self.app.screen)

    @property
    def current(self) -> Composition:
        assert self.screen.session.current is not None
        return self.screen.session.current

    @property
    def said(self) -> list[str]:
        return [f"{notice.title} {notice.message}" for notice in self.app._notifications]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, is_so: Any) -> None:
        await self._until(self.pilot, is_so)

    async def written(self, n: int = 1) -> None:
        """Wait until there are `n` poems, and all of them stand there."""
        await self.until(lambda: len(self.screen.session.compositions) == n and self.current.is_over)


@asynccontextmanager
async def open_studio(
    until: Until, *manner: str, settings: Settings = AT_ONCE, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[OpenStudio]:
    app = PoetryApp(settings)
    if manner:
        app.services.engine = EngineClient(app._tell_engine, command=(*FAKE_SERVICE, *manner), pauses_s=())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield OpenStudio(app, pilot, until)
