"""The studio opened on its favourites, for the tests of that screen."""

from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from poetry_tui.app import PoetryApp
from poetry_tui.favourites.poem_list import PoemShelf
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK

POEMS = (
    "日暮江头一笛风，满船明月照归篷。扁舟不系随流去，人在芦花浅水中。",
    "山中有客不知年，水上无人月满船。一夜西风吹雁去，满天霜露落花前。",
    "夜深人静月如霜，独坐江头望故乡。",
    "湖上春来似画图，乱峰围绕水平铺。松排山面千重翠，月点波心一颗珠。碧毯线头抽早稻，青罗裙带展新蒲。",
)
# Noon in Greenwich, so that the day is the same nearly everywhere.
FIRST_KEPT_S = 1_800_014_400.0


class Shelf(PoetryApp):
    """The studio, opened on its favourites."""

    DEFAULT_MODE = "favourites"

    def __init__(self, theme: str = INK) -> None:
        super().__init__(Settings(theme=theme))
        self.said: list[str] = []

    def notify(self, message: str, **options: Any) -> None:
        self.said.append(f"{options.get('title', '')} {message}".strip())
        super().notify(message, **options)

    @property
    def shelf(self) -> list[str]:
        """The begin characters of the poems on the shelf, from the top."""
        return [poem.begin for poem in self.screen.query_one(PoemShelf)._poems]


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app work until something holds; it fails the test when it never does."""
    for _ in range(500):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("it never came to that")


async def loaded(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
