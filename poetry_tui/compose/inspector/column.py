"""The panel on the right: the character under the cursor, or the newest one."""

import functools
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content

from engine.service.protocol import InspectCharacter, Token
from poetry_tui.i18n import tr_label

if TYPE_CHECKING:
    from poetry_tui.compose.inspector.panel import ThisCharacter


class CharacterPanel(Vertical):
    """The frame around the glass box."""

    DEFAULT_CSS = """
    CharacterPanel {
        width: 30%;
        min-width: 32;
        max-width: 60;
        padding: 0 1;
        border: round $panel;
        border-title-color: $text-muted;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
    }
    """

    @functools.cached_property
    def character(self) -> "ThisCharacter":
        from poetry_tui.compose.inspector.panel import ThisCharacter

        return ThisCharacter()

    def on_mount(self) -> None:
        self.refresh_labels()
        # The first paint is sooner without it.
        self.call_after_refresh(self._mount_character)

    async def _mount_character(self) -> None:
        # Whoever leaves at once is gone before this.
        if self.is_attached:
            await self.mount(self.character)

    def refresh_labels(self) -> None:
        self.border_title = Content(tr_label("compose.this_character"))

    def show(self, glyph: Token | None, place: InspectCharacter | None) -> None:
        if self.is_mounted and self.character.is_mounted:
            self.character.show(glyph, place)
