"""Rows of text: `Rows` for text that changes many times a second, `Lines` for a pane that scrolls."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from poetry_tui.preferences.themes import FAINT

# A text and the name of its part, which has a component class.
Cells = tuple[str, str]


class Rows(Widget):
    """Rows of which only the changed ones are rendered and sent to the terminal.

    Plain pieces of text, because Textual's `Content` takes ten times as long to render. A part is styled by its component class,
    `PREFIX--PART`; the part `blank` has the widget's own style.
    """

    ALLOW_SELECT = False
    PREFIX: ClassVar[str] = "rows"
    COMPONENT_CLASSES = {"rows--label", "rows--value", "rows--done", "rows--rest", "rows--curve"}
    DEFAULT_CSS = """
    Rows {
        & > .rows--label { color: $foreground 75%; }
        & > .rows--value { text-style: bold; }
        & > .rows--done { color: $accent; }
        & > .rows--rest { color: $foreground 25%; }
        & > .rows--curve { color: $primary; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[Sequence[Cells]] = ()
        # Our own cache: Textual clears its cache of styles at every refresh.
        self._part_styles: dict[str, Style] = {}

    def show_rows(self, rows: Sequence[Sequence[Cells]]) -> None:
        """Replace the rows."""
        before, self._rows = self._rows, rows
        if len(before) != len(rows):
            self.refresh()
            return
        width = self.content_size.width
        changed = [y for y, (old, new) in enumerate(zip(before, rows, strict=True)) if new != old]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        row = self._rows[y] if y < len(self._rows) else ()
        segments = [
            Segment("".join([text for text, _ in pieces]), self._style_of(part))
            for part, pieces in groupby(row, key=itemgetter(1))
        ]
        return Strip(segments).adjust_cell_length(self.content_size.width, self._style_of("blank"))

    def _style_of(self, part: str) -> Style:
        style = self._part_styles.get(part)
        if style is None:
            style = self.rich_style if part == "blank" else self.get_component_rich_style(f"{self.PREFIX}--{part}")
            self._part_styles[part] = style
        return style

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._part_styles.clear()


class Lines(Static):
    """Unwrapped rows, with a height equal to their number; or a note, which is wrapped.

    The height of rows is set explicitly, not `auto`: Textual does not measure an automatic height again when it was measured
    between two updates, and the pane would scroll over rows that no longer exist.
    """

    DEFAULT_CSS = """
    Lines { width: 1fr; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, text: Content) -> None:
        """Replace the rows."""
        self.styles.text_wrap = "nowrap"
        self.styles.height = text.plain.count("\n") + 1
        self.update(text, layout=False)

    def show_note(self, sentence: str) -> None:
        """Show a sentence in place of rows, such as that there are none yet."""
        self.styles.text_wrap = "wrap"
        self.styles.height = "auto"
        self.update(Content.styled(sentence, FAINT))
