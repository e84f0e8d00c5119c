"""The states of a layer over a poem as a heat map: a row for each unit, a column of two cells for each character."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from engine.composing.replies import PoemStates
from poetry_tui.compose.inspector.rows import GAP, piece
from poetry_tui.widgets.heat_strip import Palette, cell_of, palettes_of_app
from poetry_tui.widgets.poem.typesetting import full_width

# Width of a unit's number and a blank.
LABEL_CELLS = 6
_WHEEL_ROWS = 3


class StatesMap(Widget, can_focus=True):
    """The heat map, scrolled to its cursor, which marks a character and a unit. The header row and the unit column do not scroll."""

    DEFAULT_CSS = """
    StatesMap {
        height: 1fr;
        .states-map--plain { color: $foreground; background: $surface; }
        .states-map--faint { color: $text-muted; background: $surface; }
        .states-map--here { color: $accent; background: $panel; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"states-map--{name}" for name in ("plain", "faint", "here")}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"move({columns}, {rows})", show=False)
        for key, columns, rows in (
            *(("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)),
            *(("home", -(10**6), 0), ("end", 10**6, 0), ("pageup", 0, -10), ("pagedown", 0, 10)),
        )
    ]
    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor or the states have changed."""

    def __init__(self, text: str, column: int) -> None:
        super().__init__()
        self.text = text
        self.column, self.row = column, 0
        self.states: PoemStates | None = None
        self._left = self._top = 0

    def show(self, states: PoemStates) -> None:
        """Display the states of a layer; the cursor stays at its character and row."""
        self.states = states
        self.action_move(0, 0)

    @property
    def palette(self) -> Palette:
        """The colour scale, symmetric about 0: −1 to 1, or wider where a memory cell exceeds that."""
        values = self.states.values if self.states is not None else ()
        largest = max((abs(value) for row in values for value in row), default=1.0)
        return Palette(-max(largest, 1.0), max(largest, 1.0), palettes_of_app(self.app).signed.colours)

    @property
    def _n_columns_shown(self) -> int:
        return max((self.size.width - LABEL_CELLS) // 2, 1)

    def action_move(self, columns: int, rows: int) -> None:
        """Move the cursor, and scroll it into view."""
        if self.states is not None:
            self.column = min(max(self.column + columns, 0), len(self.text) - 1)
            self.row = min(max(self.row + rows, 0), len(self.states.units) - 1)
            self._scroll_to_cursor()
            self.post_message(self.Moved())

    def _scroll_to_cursor(self) -> None:
        self._left = min(max(self._left, self.column - self._n_columns_shown + 1), self.column)
        n_rows_shown = max(self.size.height - 1, 1)
        self._top = min(max(self._top, self.row - n_rows_shown + 1), self.row)
        self.refresh()

    def on_resize(self) -> None:
        self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.x >= LABEL_CELLS:
            down = self._top + offset.y - 1 - self.row if offset.y else 0
            self.action_move(self._left + (offset.x - LABEL_CELLS) // 2 - self.column, down)

    def on_mouse_scroll_down(self) -> None:
        self.action_move(0, _WHEEL_ROWS)

    def on_mouse_scroll_up(self) -> None:
        self.action_move(0, -_WHEEL_ROWS)

    def render_line(self, y: int) -> Strip:
        plain = self.get_component_rich_style("states-map--plain")
        return Strip(self._segments(y)).adjust_cell_length(self.size.width, plain)

    def _segments(self, y: int) -> Sequence[Segment]:
        states, row = self.states, self._top + y - 1
        if states is None or row >= len(states.units):
            return ()
        plain, faint, here = (
            self.get_component_rich_style(f"states-map--{name}") for name in ("plain", "faint", "here")
        )
        columns = range(self._left, min(self._left + self._n_columns_shown, len(self.text)))
        if y == 0:
            characters = [piece(full_width(self.text[at]), here if at == self.column else plain) for at in columns]
            return [piece("", plain + GAP, LABEL_CELLS), *characters]
        label = piece(f"{states.units[row]:>{LABEL_CELLS - 1}} ", here if row == self.row else faint)
        mark = "[]" if row == self.row else "::"
        palette, values = self.palette, states.values[row]
        cells = [
            cell_of(values[at], palette, plain + GAP, mark, n_cells=2)
            if at == self.column
            else cell_of(values[at], palette, plain, n_cells=2)
            for at in columns
        ]
        return [label, *cells]
