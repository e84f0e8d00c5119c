"""The glass box: one character of the verse, what might have stood there, and what went on in the network.

The screen says which place to `show`. What a glyph carries stands there at once; for the rest the box posts `Wanted` when the
cursor has come to rest, and the screen answers with `tell`. `Chosen` says which character shall stand there instead.
"""

from collections.abc import Sequence
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

from engine.service.protocol import Alternative, InspectCharacter, Inspection, Token
from poetry_tui.compose.inspector.alternatives import Chances, chance_rows
from poetry_tui.compose.inspector.character_box import HEAD_ROWS, head_rows
from poetry_tui.compose.inspector.gates import fold, gate_rows, n_rows
from poetry_tui.compose.inspector.rows import Inks, Row, piece
from poetry_tui.compose.revision_request import is_for_the_form
from poetry_tui.i18n import language, tr
from poetry_tui.keymap import bind
from poetry_tui.widgets.heat_strip import palettes_of, spread

# A cursor that runs through the verse shall not have every place looked at.
REST_S = 0.12
N_REMEMBERED = 64
# From this height on there are blank rows between the parts.
_AIRY_HEIGHT = 26
_FEWEST_CHANCES = 4


class ThisCharacter(Widget, can_focus=True):
    """Draws rows of segments; no text of a model is ever read as markup."""

    DEFAULT_CSS = """
    ThisCharacter {
        height: 1fr;
        background: $background;
        .this-character--plain { color: $foreground; background: $background; }
        .this-character--faint { color: $text-muted; background: $background; }
        .this-character--strong { color: $accent; background: $background; text-style: bold; }
        .this-character--bar { color: $secondary; background: $background; }
        .this-character--allowed { color: $secondary 45%; background: $background; }
        .this-character--forbidden { color: $text-disabled; background: $background; }
        .this-character--picked { background: $panel; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"this-character--{name}" for name in ("plain", "faint", "strong", "bar", "allowed", "forbidden", "picked")
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

    class Chosen(Message):
        """Another character is wanted at the place. It may be one that the constraint forbids: `alternative` says."""

        def __init__(self, alternative: Alternative) -> None:
            super().__init__()
            self.alternative = alternative

        @property
        def character(self) -> str:
            return self.alternative.character

    class Wanted(Message):
        """The cursor rests on a place that nothing is known of yet."""

        def __init__(self, place: InspectCharacter) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__()
        self.glyph: Token | None = None
        self.place: InspectCharacter | None = None
        self.inspection: Inspection | None = None
        self.chances = Chances((), "")
        self.unit: int | None = None
        self._layer: int | None = None
        # The newest last.
        self._remembered: list[tuple[InspectCharacter, Inspection]] = []
        self._resting: Timer | None = None
        self._rows: list[Row] = []
        self._drawn_for: object = None

    # What is shown

    def show(self, glyph: Token | None, place: InspectCharacter | None = None) -> None:
        """Show a character; with its place, the network while it wrote it too."""
        if glyph is self.glyph and place == self.place:
            return
        is_same_place = glyph is self.glyph and place is not None and self.place is None
        self.glyph, self.place = glyph, place
        self.inspection = self._recall(place)
        self._set_chances(picked=self.chances.picked if is_same_place else None)
        if self._resting is not None:
            self._resting.stop()
        if place is not None and self.inspection is None and self.is_mounted:
            self._resting = self.set_timer(REST_S, self._want)

    def tell(self, place: InspectCharacter, inspection: Inspection) -> None:
        """What the engine found at a place; if the cursor has gone on it is only remembered."""
        self._remembered = [*(known for known in self._remembered if known[0] != place), (place, inspection)]
        del self._remembered[:-N_REMEMBERED]
        if place == self.place:
            self.inspection = inspection
            self._set_chances(picked=self.chances.picked)

    def _want(self) -> None:
        if self.place is not None and self.inspection is None and self.is_on_screen:
            self.post_message(self.Wanted(self.place))

    def on_show(self) -> None:
        self._want()

    def _recall(self, place: InspectCharacter | None) -> Inspection | None:
        return next((inspection for known, inspection in self._remembered if known == place), None)

    def _set_chances(self, picked: int | None) -> None:
        self.chances = Chances(_alternatives(self.glyph, self.inspection), self._character, picked)
        self._draw_again()

    @property
    def _character(self) -> str:
        return self.glyph.character if self.glyph is not None else ""

    # What can be done

    def action_move(self, by: int) -> None:
        """Pick the alternative above (-1) or below (+1), from the character that stands there."""
        n = len(self.chances.alternatives)
        if n:
            here = self.chances.picked if self.chances.picked is not None else self.chances.place_of_character
            self._set_chances(picked=0 if here is None else min(max(here + by, 0), n - 1))

    def action_choose(self) -> None:
        """Ask for the picked alternative."""
        if self.chances.picked is None:
            return
        alternative, place = self.chances.alternatives[self.chances.picked], self.place
        if place is not None and is_for_the_form(place.config, place.text, place.index, alternative.character):
            self.notify(tr("inspector.marks_stay"), markup=False)
        else:
            self.post_message(self.Chosen(alternative))

    def action_next_layer(self) -> None:
        """Look at the layer above; from the highest, at the lowest."""
        if self.inspection is not None:
            self._layer = (self.layer_in_view + 1) % len(self.inspection.layers)
            self._draw_again()

    def action_step_unit(self, by: int) -> None:
        """Look at the unit before or after; beyond either end, at the means of all."""
        if self.inspection is not None:
            n = len(self.inspection.units)
            places = [None, *range(n)]
            self.unit = places[(places.index(self.unit if self.unit in places else None) + by) % (n + 1)]
            self._draw_again()

    @property
    def layer_in_view(self) -> int:
        """The layer looked at: the highest until another one is wanted."""
        n = len(self.inspection.layers) if self.inspection is not None else 1
        return n - 1 if self._layer is None or self._layer >= n else self._layer

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or not 0 <= offset.y < len(self._rows):
            return
        row = self._rows[offset.y]
        if row.alternative is not None:
            self._set_chances(picked=row.alternative)
            self.action_choose()
        elif row.layer is not None and (row.strip is None or row.layer != self.layer_in_view):
            self._layer = row.layer
            self._draw_again()
        elif row.strip is not None:
            self._look_at_unit(offset.x - row.strip[0], row.strip[1])

    def _look_at_unit(self, x: int, width: int) -> None:
        """The unit in a cell of a strip, or the means again when it is looked at already."""
        if self.inspection is None:
            return
        places = spread(len(self.inspection.units), width)
        if 0 <= x < len(places):
            self.unit = None if self.unit == places[x] else places[x]
            self._draw_again()

    # How it is drawn

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
        plain = self.get_component_rich_style("this-character--plain")
        segments: Sequence[Segment] = self._rows[y].segments if y < len(self._rows) else ()
        return Strip(segments).adjust_cell_length(width, plain)

    def _all_rows(self, width: int, height: int) -> list[Row]:
        """Head, chances and gates, in as many rows as there are: chances give way to gates, down to a few."""
        inks = self._inks()
        if self.glyph is None:
            lines = Content(tr("compose.no_character")).wrap(max(width, 1))
            return [Row([piece(line.plain, inks.faint)]) for line in lines]
        gap = [Row()] if height >= _AIRY_HEIGHT else []
        head = head_rows(self.glyph, self.inspection, self.chances.is_constrained, width, inks)
        n_chances = len(self.chances.alternatives)
        room = height - HEAD_ROWS - 2 * len(gap)
        if self.inspection is None:
            waiting = [Row([piece(tr("inspector.looking"), inks.faint)])] if self.place is not None else []
            return [*head, *gap, *chance_rows(self.chances, width, room - 1, inks), *gap, *waiting]
        choice = fold(self.inspection, self.layer_in_view, width, room - n_chances)
        n_chances = max(min(n_chances, room - n_rows(self.inspection, choice, width)), min(_FEWEST_CHANCES, n_chances))
        chances = chance_rows(self.chances, width, n_chances, inks)
        gates = gate_rows(self.inspection, choice, self.layer_in_view, self.unit, width, inks)
        return [*head, *gap, *chances, *gap, *gates]

    def _inks(self) -> Inks:

        def ink(name: str) -> Style:
            return self.get_component_rich_style(f"this-character--{name}")

        has_colour = not self.app.no_color and (
            self.app.is_headless or self.app.console.color_system not in (None, "standard")
        )
        return Inks(
            plain=ink("plain"),
            faint=ink("faint"),
            strong=ink("strong"),
            bar=ink("bar"),
            allowed=ink("allowed"),
            forbidden=ink("forbidden"),
            picked=ink("picked").background_style,
            palettes=palettes_of(self.app.theme_variables, has_colour),
        )


def _alternatives(glyph: Token | None, inspection: Inspection | None) -> tuple[Alternative, ...]:
    """The likeliest characters of a place, and the one that stands there, last, where it is none of them."""
    if glyph is None or (inspection is None and not glyph.is_known):
        return ()
    told = inspection if inspection is not None else glyph
    found = told.alternatives
    it = Alternative(glyph.character, told.probability, told.allowed_probability)
    return found if any(other.character == it.character for other in found) else (*found, it)
