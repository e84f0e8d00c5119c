"""Cards over a screen: their frame, and the one with a list to choose from."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import OptionList

from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import TypeAhead


class Card(ModalScreen[ScreenResultType]):
    """A framed container in the middle of the screen. Esc dismisses it with None."""

    DEFAULT_CSS = """
    Card {
        align: center middle;
        & > Vertical, & > Horizontal, & > VerticalScroll, & > OptionList {
            height: auto; max-width: 96%; max-height: 94%; padding: 1 2; background: $surface; border: round $accent;
            border-title-color: $accent; border-subtitle-color: $text-muted;
            scrollbar-size-vertical: 1; scrollbar-background: $surface;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]


class Choose(Card[int | None]):
    """A list to choose from by arrows, a click, or the typed name. Dismissed with the index of the choice, or with None."""

    DEFAULT_CSS = """
    Choose > OptionList {
        width: auto; min-width: 32; max-width: 90%; max-height: 80%; padding: 0 1;
        &:focus { border: round $accent; }
    }
    """

    def __init__(self, title: str, values: Sequence[str], index: int) -> None:
        super().__init__()
        self._title = title
        self._values = values
        self._index = index
        self._type_ahead = TypeAhead()

    def compose(self) -> ComposeResult:
        options = OptionList(*map(Content, self._values), markup=False)
        options.border_title = Content(self._title)
        options.border_subtitle = tr("shell.choose_keys")
        yield options

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = self._index

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_index)

    def on_key(self, event: events.Key) -> None:
        options = self.query_one(OptionList)
        found = self._type_ahead.find(self._values, event.character, options.highlighted or 0)
        if found is not None:
            event.stop()
            options.highlighted = found

    def on_click(self, event: events.Click) -> None:
        if self.get_widget_at(event.screen_x, event.screen_y)[0] is self:
            self.dismiss(None)
