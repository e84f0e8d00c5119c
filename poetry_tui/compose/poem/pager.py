"""The pager: number and nats per Han character of each poem of the session in one line, the displayed one marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from engine.prosody.text import shown_nats
from poetry_tui.preferences.themes import FAINT


class Pager(Widget):
    """A click on a number displays that poem. If not all numbers fit, those around the displayed one are listed."""

    DEFAULT_CSS = """
    Pager {
        height: 1;
        width: 1fr;
        display: none;
        text-align: center;
        text-wrap: nowrap;
        &:hover { pointer: pointer; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Turned(Message):
        """Display the poem `by` positions later."""

        by: int

    def __init__(self) -> None:
        super().__init__()
        self._figures: tuple[float | None, ...] = ()
        self._index = 0
        # The columns of each label when it was last drawn.
        self._columns: dict[int, range] = {}

    def show(self, figures: Sequence[float | None], index: int) -> None:
        """Show one label for each poem. `figures`: nats per Han character, or None where unknown; `index`: the displayed poem."""
        if (tuple(figures), index) != (self._figures, self._index):
            self._figures, self._index = tuple(figures), index
            self.display = len(figures) > 1
            self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        shown_figures = ["" if nats is None else f"{shown_nats(nats)} " for nats in self._figures]
        labels = [f" {number} {figure}" for number, figure in enumerate(shown_figures, start=1)]
        shown = around(self._index, [Content(label).cell_length for label in labels], width - 4)
        line = Content.styled("‹ " if shown.start else "  ", FAINT)
        columns: dict[int, range] = {}
        for index in shown:
            start = line.cell_length
            line += Content.styled(labels[index], "bold $accent" if index == self._index else FAINT)
            columns[index] = range(start, line.cell_length)
        line += Content.styled(" ›" if shown.stop < len(labels) else "  ", FAINT)
        left = (width - line.cell_length) // 2
        self._columns = {index: range(at.start + left, at.stop + left) for index, at in columns.items()}
        return line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for index, columns in self._columns.items():
            if offset.x in columns:
                self.post_message(self.Turned(index - self._index))


def around(index: int, widths: Sequence[int], room: int) -> range:
    """The largest range of indices around `index` whose labels fit into `room` cells."""
    first = last = index
    left = room - widths[index]
    while True:
        if last + 1 < len(widths) and widths[last + 1] <= left:
            last += 1
            left -= widths[last]
        elif first > 0 and widths[first - 1] <= left:
            first -= 1
            left -= widths[first]
        else:
            return range(first, last + 1)
