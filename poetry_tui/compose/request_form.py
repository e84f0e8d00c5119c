"""What a poem shall begin with and be like: the chips of begin characters, and below them every other wish."""

import functools
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from poetry_tui.compose.begin_picker import BeginPicker
from poetry_tui.i18n import tr, tr_label
from poetry_tui.settings import SettingsStore

if TYPE_CHECKING:
    from poetry_tui.compose.request_fields import WishFields

BEGIN_CHARACTERS = "日红山夜湖海月君"
# Typed instead of a begin character: let the model begin.
_ANY = ("?", "？", "*")


class WishPanel(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The chips stand in the first paint; the fields come right after it, and hold their values before."""

    DEFAULT_CSS = """
    WishPanel {
        width: 27;
        padding: 1 1;
        border: round $panel;
        border-title-color: $text-muted;
        scrollbar-size-vertical: 1;
        scrollbar-color: $panel;
        scrollbar-background: $background;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
    }
    """

    def __init__(self, settings: SettingsStore) -> None:
        super().__init__()
        self._settings = settings
        self.picker = BeginPicker(BEGIN_CHARACTERS, id="picker")

    @property
    def has_fields(self) -> bool:
        """Whether the fields are loaded yet; asking for `fields` loads them."""
        return "fields" in self.__dict__

    @functools.cached_property
    def fields(self) -> "WishFields":
        from poetry_tui.compose.request_fields import WishFields

        return WishFields(self._settings.current)

    def compose(self) -> ComposeResult:
        yield self.picker

    def on_mount(self) -> None:
        self.border_title = Content(tr_label("compose.begin"))
        self.picker.tooltip = tr("compose.picker.tip")
        self.call_after_refresh(self._mount_fields)

    async def _mount_fields(self) -> None:
        # Whoever leaves at once is gone before this.
        if self.is_attached:
            await self.mount(self.fields)

    def refresh_labels(self) -> None:
        """Put the words of the current language in their places."""
        self.border_title = Content(tr_label("compose.begin"))
        self.picker.tooltip = tr("compose.picker.tip")
        self.fields.refresh_labels()

    @property
    def beginnings(self) -> list[str]:
        """What each poem shall begin with: what was typed, if anything, else the chosen chips; an acrostic begins by itself."""
        typed = ["" if text in _ANY else text for text in self.fields.own.value.split()]
        if typed:
            return typed
        return [""] if self.fields.acrostic.value.strip() else self.picker.chosen

    @on(BeginPicker.Picked)
    def chips_instead_of_own(self) -> None:
        self.fields.own.value = ""

    def mark_what_counts(self) -> None:
        """Draw the chips pale while something else says how to begin."""
        self.picker.is_active = not (self.fields.own.value.strip() or self.fields.acrostic.value.strip())
