"""The begin characters as chips: arrow keys or mouse choose one; space or ctrl+click choose several, with one poem for each."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from poetry_tui.preferences.themes import FAINT

_PER_ROW = 4
_CELLS = 5


class BeginPicker(Widget, can_focus=True):
    """`chosen` holds the chosen characters in the order of the chips; `is_active` is False while another prompt is used."""

    DEFAULT_CSS = """
    BeginPicker {
        height: auto;
        width: 1fr;
        &:hover { pointer: pointer; }
    }
    """
    ALLOW_SELECT = False
    is_active: reactive[bool] = reactive(True)

    class Picked(Message):
        """The choice has changed."""

    def __init__(self, characters: str, *, id: str) -> None:
        super().__init__(id=id)
        self.characters = characters
        self._cursor = 0
        self._chosen = {0}

    @property
    def chosen(self) -> list[str]:
        return [self.characters[index] for index in sorted(self._chosen)]

    def choose_only(self, index: int) -> None:
        self._cursor, self._chosen = index, {index}
        self._tell()

    def toggle(self, index: int) -> None:
        """Add a character to the choice, or remove it; the last one stays."""
        self._cursor = index
        self._chosen = (self._chosen ^ {index}) or {index}
        self._tell()

    def _tell(self) -> None:
        self.refresh()
        self.post_message(self.Picked())

    def render(self) -> Content:
        chips = [self._chip(index) for index in range(len(self.characters))]
        rows = [Content("").join(chips[start : start + _PER_ROW]) for start in range(0, len(chips), _PER_ROW)]
        return Content("\n").join(rows)

    def _chip(self, index: int) -> Content:
        character = self.characters[index]
        is_here = self.has_focus and index == self._cursor
        if index not in self._chosen:
            return Content.styled(f"[{character}]" if is_here else f" {character} ", "bold" if is_here else "") + " "
        colours = "bold $background on $accent" if self.is_active else f"{FAINT} on $panel"
        return Content.styled(f"[{character}]" if is_here else f" {character} ", colours) + " "

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.x >= _PER_ROW * _CELLS:
            return
        index = offset.y * _PER_ROW + offset.x // _CELLS
        if index < len(self.characters):
            (self.toggle if event.ctrl or event.shift else self.choose_only)(index)

    def on_key(self, event: events.Key) -> None:
        by = {"left": -1, "right": 1, "up": -_PER_ROW, "down": _PER_ROW}.get(event.key)
        if by is not None and 0 <= self._cursor + by < len(self.characters):
            event.stop()
            self._cursor += by
            if len(self._chosen) == 1:
                self.choose_only(self._cursor)
            self.refresh()
        elif by in (-1, 1):
            event.stop()
        elif event.key == "space":
            event.stop()
            self.toggle(self._cursor)
        elif event.key == "down":
            event.stop()
            self.screen.focus_next()
