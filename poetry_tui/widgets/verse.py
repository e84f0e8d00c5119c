"""The stage: a poem that appears character by character, centred, with a caret; done, it can be stepped through."""

from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.verse import HAN_CELLS
from poetry_tui.engine_protocol import Glyph
from poetry_tui.typeset import Page, Place, typeset, wide

_CARET = "▌ "
# Keeps gaps and characters apart in an exported SVG, which misplaces longer runs of two-cell characters.
_GAP = Style(meta={"gap": True})
# A character this surprising is drawn in the strongest ink.
_STRONGEST_INK_NATS = 6.0
# What the most expected character keeps of the ink: still easy to read.
_PALEST = 0.35


class Piece(NamedTuple):
    """Something drawn in one go: the column where it begins, its text, the component class that colours it."""

    x: int
    text: str
    look: str
    surprise_nats: float = 0.0


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

    def __init__(self, hint: str = "") -> None:
        super().__init__()
        self.glyphs: list[Glyph] = []
        self.hint = hint
        self.cursor: int | None = None
        self.ink = False
        self._is_written = True
        self._page = Page((), (0, 0), 0)
        self._rows: dict[int, list[Piece]] = {}

    def show(self, glyphs: list[Glyph], *, is_written: bool, cursor: int | None, hint: str = "") -> None:
        """Put a poem, or the part of it that is there, on the stage; `hint` stands on an empty one."""
        self.glyphs, self._is_written, self.cursor, self.hint = glyphs, is_written, cursor, hint
        self._lay_out()

    def toggle_ink(self) -> None:
        """Show how surprising each character was, or stop showing it."""
        self.ink = not self.ink
        self.refresh()

    def place_of(self, index: int) -> Place | None:
        return self._page.places[index] if 0 <= index < len(self._page.places) else None

    def in_next_row(self, index: int, by: int) -> int:
        """The character above (-1) or below (+1) another one, as near as there is."""
        here = self.place_of(index)
        if here is None:
            return index
        rows = sorted({place.y for place in self._page.places})
        row = rows.index(here.y) + by
        if not 0 <= row < len(rows):
            return index
        there = [place for place in self._page.places if place.y == rows[row]]
        return min(there, key=lambda place: abs(place.x - here.x)).index

    def _lay_out(self) -> None:
        """Find every character's place again, and repaint the rows that changed."""
        width, height = self.scrollable_content_region.size
        characters = [glyph.character for glyph in self.glyphs]
        self._page = typeset(characters, max(width, 2), height, self._is_written)
        before, self._rows = self._rows, self._pieces(width, height)
        n_rows = max(self._page.height, 0 if self._is_written else self._page.caret[1] + 1)
        size = Size(width, n_rows if self.glyphs else height)
        if size != self.virtual_size:
            self.virtual_size = size
        focus = self.place_of(self.cursor) if self.cursor is not None else None
        y = focus.y if focus else (0 if self._is_written else self._page.caret[1])
        self.scroll_to_region(Region(0, y, 1, 1), animate=False, force=True)
        for row in before.keys() | self._rows.keys():
            if before.get(row) != self._rows.get(row):
                self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def _pieces(self, width: int, height: int) -> dict[int, list["Piece"]]:
        """What stands in each row, from left to right."""
        if not self.glyphs:
            left = max(0, (width - cell_len(self.hint)) // 2)
            return {height // 2: [Piece(left, self.hint, "hint")]} if self.hint else {}
        rows: dict[int, list[Piece]] = {}
        for place in self._page.places:
            glyph = self.glyphs[place.index]
            look = "cursor" if place.index == self.cursor else "given" if glyph.given else "plain"
            rows.setdefault(place.y, []).append(Piece(place.x, wide(glyph.character), look, glyph.surprise_nats))
        if not self._is_written:
            x, y = self._page.caret
            rows.setdefault(y, []).append(Piece(x, _CARET, "given"))
        return rows

    def on_resize(self) -> None:
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for place in self._page.places:
            if place.y == offset.y + self.scroll_offset.y and place.x <= offset.x < place.x + HAN_CELLS:
                self.post_message(self.Stepped(place.index))

    def render_line(self, y: int) -> Strip:
        width, height = self.scrollable_content_region.size
        if not self._rows:
            # The first paint comes before the first resize, which lays out.
            self._rows = self._pieces(width, height)
        plain = self.get_component_rich_style("verse--plain")
        segments: list[Segment] = []
        x = 0
        for piece in self._rows.get(y + self.scroll_offset.y, []):
            segments.append(Segment(" " * (piece.x - x), plain + _GAP))
            segments.append(Segment(piece.text, self._style(piece)))
            x = piece.x + cell_len(piece.text)
        return Strip(segments).adjust_cell_length(width, plain)

    def _style(self, piece: "Piece") -> Style:
        style = self.get_component_rich_style(f"verse--{piece.look}")
        if not self.ink or piece.look != "plain":
            return style
        styles = self.get_component_styles("verse--plain")
        return style + Style(color=inked(styles.background, styles.color, piece.surprise_nats).rich_color)


def inked(paper: Color, ink: Color, surprise_nats: float) -> Color:
    """The more surprising a character, the stronger its ink."""
    strength = min(max(surprise_nats, 0.0) / _STRONGEST_INK_NATS, 1.0)
    return paper.blend(ink, _PALEST + (1 - _PALEST) * strength)
