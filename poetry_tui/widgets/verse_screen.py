"""Screens with a verse on them: in lines or in columns, in the characters as they are or in traditional ones."""

import asyncio

from textual import work

from poetry_tui.widgets.studio_screen import StudioScreen


class ViewsScreen(StudioScreen):
    """The choice is a setting, the same for all of them; subclasses show their verse by it in `show_verse`."""

    def show_verse(self) -> None:
        raise NotImplementedError

    def on_mount(self) -> None:
        if self.services.settings.current.is_traditional:
            self.call_after_refresh(self._load_traditional)

    def action_upright(self) -> None:
        """Columns from right to left, or lines again."""
        self.services.settings.change(is_upright=not self.services.settings.current.is_upright)
        self.show_verse()

    def action_traditional(self) -> None:
        """Show the poem in traditional characters, or as it is; only the display changes."""
        self.services.settings.change(is_traditional=not self.services.settings.current.is_traditional)
        self._load_traditional()

    @work(group="traditional", exclusive=True, exit_on_error=False)
    async def _load_traditional(self) -> None:
        from poetry_tui.verse import display_chars as traditional

        if self.services.settings.current.is_traditional:
            await asyncio.to_thread(traditional.load)
        self.show_verse()

    def to_display_chars(self, text: str) -> str:
        """How a text is shown, "" for as it is."""
        if not self.services.settings.current.is_traditional:
            return ""
        from poetry_tui.verse import display_chars as traditional

        return traditional.to_display_chars(text)
