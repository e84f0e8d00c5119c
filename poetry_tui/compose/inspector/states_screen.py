"""The card with the heat map of a poem's states: its layer and kind, the value at the cursor, and the scale."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

import msgspec
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.composing.replies import PoemStates
from engine.composing.requests import InspectStates
from engine.system.errors import StudioError
from poetry_tui.compose.inspector.rows import decimals
from poetry_tui.compose.inspector.states_map import LABEL_CELLS, StatesMap
from poetry_tui.preferences.chart_glyphs import shade
from poetry_tui.preferences.i18n import tr, tr_error, tr_label
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.cards import Card

_SCALE_STEPS = 9
# Cells beside the map: border, padding.
_FRAME_CELLS = 4
# Rows beside those of the units: border, characters, blank, value, scale, keys.
_FRAME_ROWS = 7
_MIN_CELLS = 72


class StatesScreen(Card[int | None]):
    """Dismissed with the index of the character to move the cursor to, or with None."""

    DEFAULT_CSS = """
    StatesScreen {
        & > Vertical { max-width: 98%; max-height: 96%; padding: 0 1; }
        Static { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #states-value { margin-top: 1; height: 2; }
        #states-keys { color: $text-muted; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("H,q", "dismiss", show=False),
        bind("enter", "go", "inspector.states_go", display="⏎"),
        bind("g", "next_layer", "inspector.next_layer"),
        bind("c", "next_kind", "inspector.states_kind"),
    ]

    def __init__(
        self,
        ask: Callable[[InspectStates], Awaitable[PoemStates | None]],
        request: InspectStates,
        displayed: str,
        column: int,
    ) -> None:
        """`ask` requests the states from the engine. `displayed`: the poem as displayed, simplified or traditional."""
        super().__init__()
        self._ask, self._request = ask, request
        self.map = StatesMap(displayed, column)
        self._value = Static(id="states-value", markup=False)
        self._card = Vertical()

    def compose(self) -> ComposeResult:
        with self._card:
            yield self.map
            yield self._value
            yield Static(Content(tr("inspector.states_keys")), id="states-keys")

    def on_mount(self) -> None:
        self._card.border_title = Content(tr_label("inspector.states"))
        self._card.styles.width = max(LABEL_CELLS + 2 * len(self._request.text) + _FRAME_CELLS, _MIN_CELLS)
        self._card.styles.height = self._request.n_units + _FRAME_ROWS
        self._value.update(tr("inspector.looking"))
        self._load()

    @work(group="states", exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        try:
            states = await self._ask(self._request)
        except StudioError as error:
            self._value.update(f"{tr_error(error.message)} {tr_error(error.hint)}")
            return
        if states is not None:
            kind = tr(f"inspector.states_{states.kind}")
            names = {"cell": states.cell.upper(), "number": states.layer + 1, "n": states.n_layers}
            self._card.border_title = Content(tr("inspector.states_title", kind=kind, **names))
            self._card.border_subtitle = Content(tr("inspector.states_units", n=len(states.units), all=states.n_hidden))
            self.map.show(states)

    @on(StatesMap.Moved)
    def show_value(self) -> None:
        """Show the value at the cursor, and below it the colour scale."""
        states, column, row = self.map.states, self.map.column, self.map.row
        if states is None:
            return
        letter = "C" if states.kind == "memory" else "H"
        value = tr(
            "inspector.states_value",
            unit=states.units[row],
            number=column + 1,
            character=self.map.text[column],
            value=f"{letter} = {decimals(states.values[row][column])}",
        )
        palette = self.map.palette
        scale = Content(f"{decimals(palette.low)} ")
        for step in range(_SCALE_STEPS):
            at = palette.low + (palette.high - palette.low) * step / (_SCALE_STEPS - 1)
            colour = f"on {palette.colour_of(at).hex}" if palette.colours else ""
            scale += Content.styled("  " if colour else shade(palette.share_of(at)) * 2, colour)
        self._value.update(Content(f"{value}\n") + scale + Content(f" {decimals(palette.high)}"))

    def action_next_layer(self) -> None:
        """Show the next higher layer; after the highest, the lowest."""
        if self.map.states is not None:
            self._change(layer=(self.map.states.layer + 1) % self.map.states.n_layers)

    def action_next_kind(self) -> None:
        """Switch an LSTM between memory cell and hidden state."""
        if self.map.states is not None and self.map.states.cell == "lstm":
            self._change(kind="hidden" if self._request.kind == "memory" else "memory")

    def _change(self, **fields: object) -> None:
        self._request = msgspec.structs.replace(self._request, **fields)
        self._load()

    def action_go(self) -> None:
        self.dismiss(self.map.column)
