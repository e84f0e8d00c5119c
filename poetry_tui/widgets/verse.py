"""The stage: a poem that appears character by character, centred, with a caret; done, it can be stepped through."""

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from poetry_tui.engine_protocol import Glyph
from poetry_tui.typeset import Page, Place, typeset, wide

_CARET = "▌ "
# A character this surprising is drawn in the strongest ink.
_STRONGEST_INK_NATS = 6.0
# What the most expected character keeps of the ink: still easy to read.
_PALEST = 0.35


class Verse(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws single lines of cells, so that a new character costs one small repaint."""

    DEFAULT_CSS = """
    Verse {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-color: $panel;
        scrollbar-background: $background;
    }
    """
    COMPONENT_CLASSES = {"verse--plain", "verse--given", "verse--cursor", "verse--hint"}
    ALLOW_SELECT = False

    class Stepped(Message):
        """A character of the verse was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.glyphs: list[Glyph] = []
        self.hint = ""
        self.cursor: int | None = None
        self.ink = False
        self._is_written = False
        self._page = Page((), (0, 0), 0)
        self._rows: dict[int, list[Place]] = {}

    def show(self, glyphs: list[Glyph], *, is_written: bool, cursor: int | None, hint: str = "") -> None:
        """Put a poem, or the part of it that is there, on the stage; `hint` stands on an empty one."""
        self.glyphs, self._is_written, self.cursor, self.hint = glyphs, is_written, cursor, hint
        self._lay_out()

    def place_of(self, index: int) -> Place | None:
        return self._page.places[index] if 0 <= index < len(self._page.places) else None

    def in_next_row(self, index: int, by: int) -> int:
        """The character above (-1) or below (+1) another one, as near as there is."""
        here = self.place_of(index)
        if here is None:
            return index
        rows = sorted(self._rows)
        row = rows.index(here.y) + by
        if not 0 <= row < len(rows):
            return index
        return min(self._rows[rows[row]], key=lambda place: abs(place.x - here.x)).index

    def _lay_out(self) -> None:
        width, height = self.scrollable_content_region.size
        characters = [glyph.character for glyph in self.glyphs]
        self._page = typeset(characters, max(width, 2), height, self._is_written)
        self._rows = {}
        for place in self._page.places:
            self._rows.setdefault(place.y, []).append(place)
        below = max(self._page.height, 0 if self._is_written else self._page.caret[1] + 1)
        self.virtual_size = Size(width, below)
        focus = self.place_of(self.cursor) if self.cursor is not None else None
        y = focus.y if focus else (0 if self._is_written else self._page.caret[1])
        self.scroll_to_region(Region(0, y, 1, 1), animate=False, force=True)
        self.refresh()

    def on_resize(self) -> None:
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for place in self._rows.get(offset.y + self.scroll_offset.y, []):
            if place.x <= offset.x < place.x + 2:
                self.post_message(self.Stepped(place.index))

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if not self.glyphs and self.hint and y == self.size.height // 2:
            return self._hint_line(width)
        y += self.scroll_offset.y
        plain = self.get_component_rich_style("verse--plain")
        segments: list[Segment] = []
        x = 0
        for place in self._rows.get(y, []):
            segments.append(Segment(" " * (place.x - x), plain))
            segments.append(Segment(wide(self.glyphs[place.index].character), self._style(place.index)))
            x = place.x + 2
        if self.glyphs and not self._is_written and self._page.caret[1] == y:
            segments.append(Segment(" " * (self._page.caret[0] - x), plain))
            segments.append(Segment(_CARET, self.get_component_rich_style("verse--given")))
        return Strip(segments).adjust_cell_length(width, plain)

    def _hint_line(self, width: int) -> Strip:
        style = self.get_component_rich_style("verse--hint")
        left = max(0, (width - cell_len(self.hint)) // 2)
        return Strip([Segment(" " * left + self.hint, style)]).adjust_cell_length(width, style)

    def _style(self, index: int) -> Style:
        glyph = self.glyphs[index]
        if index == self.cursor:
            return self.get_component_rich_style("verse--cursor")
        if glyph.given:
            return self.get_component_rich_style("verse--given")
        if not self.ink:
            return self.get_component_rich_style("verse--plain")
        styles = self.get_component_styles("verse--plain")
        return self.get_component_rich_style("verse--plain") + Style(
            color=inked(styles.background, styles.color, glyph.surprise_nats).rich_color
        )


def inked(paper: Color, ink: Color, surprise_nats: float) -> Color:
    """The more surprising a character, the stronger its ink."""
    strength = min(max(surprise_nats, 0.0) / _STRONGEST_INK_NATS, 1.0)
    return paper.blend(ink, _PALEST + (1 - _PALEST) * strength)
