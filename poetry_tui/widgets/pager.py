"""The poems of this sitting in one line below the verse: a number and a score each, the one on the stage marked."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from poetry_tui.themes import FAINT


class Pager(Widget):
    """A click on a number wants that poem on the stage; where there is no room for all, those around it are shown."""

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

    class Turned(Message):
        """A poem is wanted on the stage: how many places further."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__()
        self._scores: tuple[float | None, ...] = ()
        self._index = 0
        # Which columns each number took when it was last drawn.
        self._columns: dict[int, range] = {}

    def show(self, scores: Sequence[float | None], index: int) -> None:
        """Show as many poems as there are scores, a mean of nats a character each, or None."""
        if (tuple(scores), index) != (self._scores, self._index):
            self._scores, self._index = tuple(scores), index
            self.display = len(scores) > 1
            self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        labels = [_label(number, score) for number, score in enumerate(self._scores, start=1)]
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


def _label(number: int, score: float | None) -> str:
    return f" {number} " if score is None else f" {number} −{abs(score):.2f} "


def around(index: int, widths: Sequence[int], room: int) -> range:
    """As many places around one as have room."""
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
