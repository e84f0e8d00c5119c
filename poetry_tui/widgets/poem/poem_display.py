"""The display settings of poems, shared by all screens: lines or columns, simplified or traditional characters. No Textual import."""

import asyncio
from collections.abc import Callable

from poetry_tui.preferences.settings import SettingsStore


class PoemDisplay:
    """Changes the display settings, then calls `on_change`."""

    def __init__(self, settings: SettingsStore, on_change: Callable[[], None]) -> None:
        self._settings, self._on_change = settings, on_change

    @property
    def is_upright(self) -> bool:
        """Whether poems are set in columns from right to left."""
        return self._settings.current.is_upright

    @property
    def is_traditional(self) -> bool:
        return self._settings.current.is_traditional

    def toggle_upright(self) -> None:
        self._settings.change(is_upright=not self.is_upright)
        self._on_change()

    def toggle_traditional(self) -> None:
        """Toggle the setting; the caller must then run `load`."""
        self._settings.change(is_traditional=not self.is_traditional)

    async def load(self) -> None:
        """Load the tables of traditional characters if they are displayed, then call `on_change`."""
        from poetry_tui.widgets.poem import display_chars

        if self.is_traditional:
            await asyncio.to_thread(display_chars.load)
        self._on_change()

    def to_display_chars(self, text: str) -> str:
        """Convert a text to the displayed characters, traditional or unchanged."""
        if not self.is_traditional:
            return text
        from poetry_tui.widgets.poem.display_chars import to_display_chars

        return to_display_chars(text)
