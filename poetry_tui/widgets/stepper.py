"""One setting on one line, with the value between two arrows: arrow keys and clicks change it, a list offers all values."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import next_with
from poetry_tui.preferences.themes import FAINT

# So many values are quicker found in a list than one after another.
_MIN_IN_LIST = 5


class Stepper(Widget, can_focus=True):
    """Chooses among `values` by index; `Stepped` says when someone did."""

    DEFAULT_CSS = """
    Stepper {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { background: $surface; }
        &:hover { background: $surface; pointer: pointer; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Stepped(Message):
        stepper: "Stepper"

        @property
        def control(self) -> "Stepper":
            return self.stepper

    def __init__(self, words: str, values: Sequence[str], index: int = 0, *, id: str) -> None:
        super().__init__(id=id)
        self.words = words
        self.values = list(values)
        self.index = index

    @property
    def value(self) -> str:
        return self.values[self.index] if self.values else ""

    def offer(self, values: Sequence[str], index: int) -> None:
        """Other values to choose from; this is not a choice, and is not told."""
        self.values, self.index = list(values), index
        self.refresh()

    def step(self, by: int) -> None:
        """Choose a neighbour; at either end nothing happens."""
        index = min(max(self.index + by, 0), len(self.values) - 1)
        if index != self.index:
            self.index = index
            self.refresh()
            self.post_message(self.Stepped(self))

    def render(self) -> Content:
        width = self.content_size.width
        label = Content.styled(tr(self.words), FAINT)
        arrow = "bold $accent" if self.has_focus else FAINT
        back = Content.styled("‹ " if self.index > 0 else "  ", arrow)
        forth = Content.styled(" ›" if self.index < len(self.values) - 1 else "  ", arrow)
        room = max(width - label.cell_length - 5, 4)
        value = back + Content(self.value).truncate(room, ellipsis=True) + forth
        return label + Content(" " * max(width - label.cell_length - value.cell_length, 1)) + value

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        right = self.content_size.width
        left = right - Content(self.value).cell_length - 4
        if len(self.values) >= _MIN_IN_LIST and left + 2 <= offset.x < right - 2:
            self.open_list()
        else:
            self.step(1 if offset.x >= (left + right) // 2 else -1)

    def open_list(self) -> None:
        """Offer all values at once."""
        # Lists of options take their time to load, and the first paint is without them.
        from poetry_tui.widgets.choose import Choose

        self.app.push_screen(Choose(tr_label(self.words), self.values, self.index), self._choose)

    def _choose(self, index: int | None) -> None:
        if index is not None:
            self.step(index - self.index)

    def on_key(self, event: events.Key) -> None:
        by = {"left": -1, "right": 1}.get(event.key)
        found = next_with(self.values, event.character, self.index)
        if by is not None or found is not None:
            event.stop()
            self.step(by if by is not None else (found or 0) - self.index)
        elif event.key == "space":
            event.stop()
            self.open_list()
