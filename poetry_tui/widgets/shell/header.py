"""The first line of every screen: the studio's name, the three tabs, the model on the right."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from poetry_tui.preferences.i18n import tr, tr_label

TABS = ("compose", "train", "favourites")
_SEAL = "詩"
_MIN_STATUS_CELLS = 8


class StudioHeader(Widget):
    """One line; a click on a tab posts `TabChosen`."""

    DEFAULT_CSS = """
    StudioHeader {
        height: 1;
        padding: 0 1;
        background: $surface;
        color: $text-muted;
        text-wrap: nowrap;
        &:hover { pointer: pointer; }
    }
    """
    ALLOW_SELECT = False

    status: reactive[str] = reactive("")

    @dataclass
    class TabChosen(Message):
        """A tab was clicked."""

        mode: str

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.mode = mode
        # The columns of each tab when it was last drawn, to find the tab of a click.
        self._columns: dict[str, range] = {}

    def render(self) -> Content:
        width = self.content_size.width
        wanted = Content(self.status).cell_length + 3
        short = Content.styled(_SEAL, "bold $accent")
        full = short + Content(tr("shell.title").removeprefix(_SEAL))
        choices: list[tuple[Content, Callable[[str], str]]] = [(full, tr_label), (short, tr_label), (short, tr)]
        for title, name in choices:
            line = self._with_tabs(title, name)
            room = width - line.cell_length
            if room >= wanted:
                break
        if room < _MIN_STATUS_CELLS:
            return line
        status = Content(self.status).truncate(room - 2, ellipsis=True)
        return line + Content(" " * (room - status.cell_length)) + status

    def _with_tabs(self, title: Content, name: Callable[[str], str]) -> Content:
        line = title + Content("   ")
        self._columns = {}
        for number, tab in enumerate(TABS, start=1):
            label = f" {number} {name(f'shell.{tab}')} "
            style = "bold $accent" if tab == self.mode else ""
            start = line.cell_length
            line += Content.styled(label, style)
            self._columns[tab] = range(start, line.cell_length)
            line += Content(" ")
        return line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for tab, columns in self._columns.items():
            if offset.x in columns:
                self.post_message(self.TabChosen(tab))
