"""The compose screen."""

from collections.abc import Iterable

from textual.widget import Widget

from poetry_tui.screens.base import StudioScreen


class ComposeScreen(StudioScreen):
    """Not built yet."""

    MODE = "compose"

    def compose_body(self) -> Iterable[Widget]:
        yield Widget()
