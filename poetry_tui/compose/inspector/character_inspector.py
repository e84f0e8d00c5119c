"""The character inspector: one character of a poem, its alternatives, and the state of the network when it was composed.

`show` displays the probabilities that a token carries. When the cursor rests, the inspector posts `InspectionWanted`, which is
answered by `set_inspection`. `Chosen` requests another character for the position.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from engine.composing.replies import Alternative, Inspection, Token
from engine.composing.requests import InspectCharacter
from poetry_tui.compose.inspector.character_rows import HEAD_ROWS, Alternatives, alternative_rows, character_rows
from poetry_tui.compose.inspector.gate_rows import choose_layout, gate_rows, n_rows
from poetry_tui.compose.inspector.rows import InspectorStyles, Row, piece
from poetry_tui.compose.session.revision_request import is_fixed_by_form
from poetry_tui.preferences.i18n import language, tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.heat_strip import palettes_of_app, spread

# Time that the cursor must rest before an inspection is requested.
REST_S = 0.12
# Size of the cache of inspections.
N_REMEMBERED = 64
# Minimum height in rows for blank rows between the parts.
_AIRY_HEIGHT = 26
_MIN_ALTERNATIVES = 4


class CharacterInspector(Widget, can_focus=True):
    """Draws rows of segments, so text of a model is never parsed as markup."""

    DEFAULT_CSS = """
    CharacterInspector {
        height: 1fr;
        background: $background;
        .character-inspector--plain { color: $foreground; background: $background; }
        .character-inspector--faint { color: $text-muted; background: $background; }
        .character-inspector--strong { color: $accent; background: $background; text-style: bold; }
        .character-inspector--bar { color: $secondary; background: $background; }
        .character-inspector--allowed { color: $secondary 45%; background: $background; }
        .character-inspector--forbidden { color: $text-disabled; background: $background; }
        .character-inspector--picked { background: $panel; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"character-inspector--{name}" for name in ("plain", "faint", "strong", "bar", "allowed", "forbidden", "picked")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "move(-1)", "inspector.up", show=False),
        bind("down", "move(1)", "inspector.down", show=False),
        bind("enter", "choose", "inspector.choose", display="⏎"),
        bind("g", "next_layer", "inspector.next_layer"),
        bind("comma", "step_unit(-1)", "inspector.unit_before", display=",", show=False),
        bind("full_stop", "step_unit(1)", "inspector.unit_after", display=".", show=False),
    ]
    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        """Another character is requested for the position. The constraints may forbid it: see `alternative`."""

        alternative: Alternative

    @dataclass
    class InspectionWanted(Message):
        """The cursor rests on a position without an inspection."""

        inspected: InspectCharacter

    def __init__(self) -> None:
        super().__init__()
        self.token: Token | None = None
        self.inspected: InspectCharacter | None = None
        self.inspection: Inspection | None = None
        self.alternatives = Alternatives((), "")
        self.unit: int | None = None
        self._layer: int | None = None
        # The newest last.
        self._remembered: list[tuple[InspectCharacter, Inspection]] = []
        self._resting: Timer | None = None
        self._rows: list[Row] = []
        self._drawn_for: object = None

    # Display

    def show(self, token: Token | None, inspected: InspectCharacter | None = None) -> None:
        """Display a character; with its position, the state of the network too."""
        if token is self.token and inspected == self.inspected:
            return
        is_same_position = token is self.token and inspected is not None and self.inspected is None
        self.token, self.inspected = token, inspected
        self.inspection = next((inspection for known, inspection in self._remembered if known == inspected), None)
        self._set_alternatives(picked=self.alternatives.picked if is_same_position else None)
        if self._resting is not None:
            self._resting.stop()
        if inspected is not None and self.inspection is None and self.is_mounted:
            self._resting = self.set_timer(REST_S, self._want)

    def set_inspection(self, inspected: InspectCharacter, inspection: Inspection) -> None:
        """Cache the inspection of a position, and display it if the position is still displayed."""
        self._remembered = [*(known for known in self._remembered if known[0] != inspected), (inspected, inspection)]
        del self._remembered[:-N_REMEMBERED]
        if inspected == self.inspected:
            self.inspection = inspection
            self._set_alternatives(picked=self.alternatives.picked)

    def _want(self) -> None:
        if self.inspected is not None and self.inspection is None and self.is_on_screen:
            self.post_message(self.InspectionWanted(self.inspected))

    def on_show(self) -> None:
        self._want()

    def _set_alternatives(self, picked: int | None) -> None:
        character = self.token.character if self.token is not None else ""
        self.alternatives = Alternatives(_alternatives(self.token, self.inspection), character, picked)
        self._draw_again()

    # Actions

    def action_move(self, by: int) -> None:
        """Pick the alternative above (-1) or below (+1), starting from the character of the poem."""
        n = len(self.alternatives.items)
        if n:
            here = (
                self.alternatives.picked if self.alternatives.picked is not None else self.alternatives.character_index
            )
            self._set_alternatives(picked=0 if here is None else min(max(here + by, 0), n - 1))

    def action_choose(self) -> None:
        """Request the picked alternative."""
        if self.alternatives.picked is None:
            return
        alternative, inspected = self.alternatives.items[self.alternatives.picked], self.inspected
        if inspected is not None and is_fixed_by_form(
            inspected.config, inspected.text, inspected.index, alternative.character
        ):
            self.notify(tr("inspector.marks_stay"), markup=False)
        else:
            self.post_message(self.Chosen(alternative))

    def action_next_layer(self) -> None:
        """Select the next higher layer; after the highest, the lowest."""
        if self.inspection is not None:
            self._layer = (self.layer_in_view + 1) % len(self.inspection.layers)
            self._draw_again()

    def action_step_unit(self, by: int) -> None:
        """Select the previous or next unit; beyond either end, the means of all units."""
        if self.inspection is not None:
            n = len(self.inspection.units)
            positions = [None, *range(n)]
            self.unit = positions[(positions.index(self.unit if self.unit in positions else None) + by) % (n + 1)]
            self._draw_again()

    @property
    def layer_in_view(self) -> int:
        """The index of the selected layer; by default the highest."""
        n = len(self.inspection.layers) if self.inspection is not None else 1
        return n - 1 if self._layer is None or self._layer >= n else self._layer

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= offset.y < len(self._rows):
            return
        row = self._rows[offset.y]
        if row.alternative is not None:
            self._set_alternatives(picked=row.alternative)
            self.action_choose()
        elif row.layer is not None and (row.strip is None or row.layer != self.layer_in_view):
            self._layer = row.layer
            self._draw_again()
        elif row.strip is not None:
            self._look_at_unit(offset.x - row.strip[0], row.strip[1])

    def _look_at_unit(self, x: int, width: int) -> None:
        """Select the unit in a cell of a strip; if it is selected already, the means of all units."""
        if self.inspection is None:
            return
        positions = spread(len(self.inspection.units), width)
        if 0 <= x < len(positions):
            self.unit = None if self.unit == positions[x] else positions[x]
            self._draw_again()

    # Rendering

    def _draw_again(self) -> None:
        self._drawn_for = None
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn_for = None

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if self._drawn_for != (self.size, language()):
            self._rows = self._all_rows(width, height)
            self._drawn_for = (self.size, language())
        plain = self.get_component_rich_style("character-inspector--plain")
        segments: Sequence[Segment] = self._rows[y].segments if y < len(self._rows) else ()
        return Strip(segments).adjust_cell_length(width, plain)

    def _all_rows(self, width: int, height: int) -> list[Row]:
        """Head, alternatives and gates, fitted to `height` rows; the gates take rows from the alternatives, down to a minimum."""
        styles = self._styles()
        if self.token is None:
            lines = Content(tr("compose.no_character")).wrap(max(width, 1))
            return [Row([piece(line.plain, styles.faint)]) for line in lines]
        gap = [Row()] if height >= _AIRY_HEIGHT else []
        head = character_rows(self.token, self.inspection, self.alternatives.is_constrained, width, styles)
        n_alternatives = len(self.alternatives.items)
        room = height - HEAD_ROWS - 2 * len(gap)
        if self.inspection is None:
            waiting = [Row([piece(tr("inspector.looking"), styles.faint)])] if self.inspected is not None else []
            return [*head, *gap, *alternative_rows(self.alternatives, width, room - 1, styles), *gap, *waiting]
        choice = choose_layout(self.inspection, self.layer_in_view, width, room - n_alternatives)
        n_alternatives = max(
            min(n_alternatives, room - n_rows(self.inspection, choice, width)), min(_MIN_ALTERNATIVES, n_alternatives)
        )
        alternatives = alternative_rows(self.alternatives, width, n_alternatives, styles)
        gates = gate_rows(self.inspection, choice, self.layer_in_view, self.unit, width, styles)
        return [*head, *gap, *alternatives, *gap, *gates]

    def _styles(self) -> InspectorStyles:
        def style(name: str) -> Style:
            return self.get_component_rich_style(f"character-inspector--{name}")

        return InspectorStyles(
            plain=style("plain"),
            faint=style("faint"),
            strong=style("strong"),
            bar=style("bar"),
            allowed=style("allowed"),
            forbidden=style("forbidden"),
            picked=style("picked").background_style,
            palettes=palettes_of_app(self.app),
        )


def _alternatives(token: Token | None, inspection: Inspection | None) -> tuple[Alternative, ...]:
    """The likeliest characters of a position; the poem's own character is appended if it is not among them."""
    if token is None or (inspection is None and not token.is_known):
        return ()
    source = inspection if inspection is not None else token
    found = source.alternatives
    it = Alternative(token.character, source.probability, source.allowed_probability)
    return found if any(other.character == it.character for other in found) else (*found, it)
