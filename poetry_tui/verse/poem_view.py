"""The stage: a poem that appears character by character, centred, with a caret; done, it can be stepped through."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.prosody.text import HAN_CELLS, LINE_MARKS
from engine.service.protocol import Token
from poetry_tui.verse.typesetting import Page, Place, lines_so_far, typeset, wide
from poetry_tui.verse.typesetting_vertical import typeset_upright

if TYPE_CHECKING:
    from poetry_tui.verse.annotations import Sign

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
    surprisal_nats: float = 0.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What lies on the stage. `hint` stands on an empty one.

    `faces`: how the characters are shown, where that is not as they are. `signs` stand beside them by place, and None leaves
    them no room. `held` are the places that are locked.
    """

    glyphs: Sequence[Token] = ()
    is_written: bool = True
    cursor: int | None = None
    hint: str = ""
    faces: str = ""
    signs: "Mapping[int, Sign] | None" = None
    held: Collection[int] = field(default=frozenset())
    is_upright: bool = False


class Verse(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws single lines of cells, so that a new character costs one small repaint."""

    DEFAULT_CSS = """
    Verse {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        scrollbar-color: $panel;
        scrollbar-background: $background;
        .verse--plain { color: $foreground; background: $background; }
        .verse--given { color: $accent; background: $background; text-style: bold; }
        .verse--cursor { color: $background; background: $accent; text-style: bold; }
        .verse--cursor-held { color: $background; background: $accent; text-style: bold underline; }
        .verse--held { color: $foreground; background: $panel; text-style: bold; }
        .verse--hint { color: $text-muted; background: $background; }
        .verse--tone { color: $foreground 45%; background: $background; }
        .verse--wrong { color: $error; background: $background; text-style: bold; }
        .verse--rescued { color: $success; background: $background; }
        .verse--rhyme { color: $accent; background: $background; }
    }
    """
    COMPONENT_CLASSES = {
        "verse--plain",
        "verse--given",
        "verse--cursor",
        "verse--cursor-held",
        "verse--held",
        "verse--hint",
        "verse--tone",
        "verse--wrong",
        "verse--rescued",
        "verse--rhyme",
    }
    ALLOW_SELECT = False

    class Stepped(Message):
        """A character of the verse was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, hint: str = "") -> None:
        super().__init__()
        self.sheet = Sheet(hint=hint)
        self.ink = False
        self._page = Page((), (0, 0), 0)
        self._rows: dict[int, list[Piece]] = {}

    def show(self, sheet: Sheet) -> None:
        """Put a poem, or the part of it that is there, on the stage."""
        if sheet != self.sheet:
            self.sheet = sheet
            self._lay_out()

    def toggle_ink(self) -> None:
        """Show how surprising each character was, or stop showing it."""
        self.ink = not self.ink
        self.refresh()

    @property
    def text_as_shown(self) -> str:
        """The verse in the characters that are shown; its rows, or its columns from the right, are the lines of the text."""
        characters = [glyph.character for glyph in self.sheet.glyphs]
        faces = self.sheet.faces or characters
        text, row = "", None
        for line in lines_so_far(characters):
            place = self._page.places[line[0]]
            # Two lines of verse that stand side by side make one row.
            begins_row = self._page.is_upright or place.y != row
            text += ("\n" if text and begins_row else "") + "".join(faces[index] for index in line)
            row = place.y
        return text

    def place_of(self, index: int) -> Place | None:
        return self._page.places[index] if 0 <= index < len(self._page.places) else None

    def in_next_line(self, index: int, by: int) -> int:
        """The character in the line before (-1) or after (+1), as near as there is: above and below, or right and left."""
        here = self.place_of(index)
        if here is None:
            return index
        is_upright = self._page.is_upright

        def line_of(place: Place) -> int:
            return -place.x if is_upright else place.y

        lines = sorted({line_of(place) for place in self._page.places})
        wanted = lines.index(line_of(here)) + by
        if not 0 <= wanted < len(lines):
            return index
        there = [place for place in self._page.places if line_of(place) == lines[wanted]]
        return min(there, key=lambda place: abs(place.y - here.y if is_upright else place.x - here.x)).index

    def _lay_out(self) -> None:
        """Find every character's place again, and repaint the rows that changed."""
        sheet = self.sheet
        width, height = self.scrollable_content_region.size
        characters = [glyph.character for glyph in sheet.glyphs]
        manner = typeset_upright if sheet.is_upright else typeset
        self._page = manner(characters, max(width, 2), height, sheet.is_written, with_signs=sheet.signs is not None)
        before, self._rows = self._rows, self._pieces(width, height)
        n_rows = max(self._page.height, 0 if sheet.is_written else self._page.caret[1] + 1)
        size = Size(width, n_rows if sheet.glyphs else height)
        if size != self.virtual_size:
            self.virtual_size = size
        focus = self.place_of(sheet.cursor) if sheet.cursor is not None else None
        y = focus.y if focus else (0 if sheet.is_written else self._page.caret[1])
        self.scroll_to_region(Region(0, y, 1, 1), animate=False, force=True)
        for row in before.keys() | self._rows.keys():
            if before.get(row) != self._rows.get(row):
                self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def _pieces(self, width: int, height: int) -> dict[int, list["Piece"]]:
        """What stands in each row, from left to right."""
        sheet = self.sheet
        if not sheet.glyphs:
            left = max(0, (width - cell_len(sheet.hint)) // 2)
            return {height // 2: [Piece(left, sheet.hint, "hint")]} if sheet.hint else {}
        rows: dict[int, list[Piece]] = {}
        for place in self._page.places:
            glyph = sheet.glyphs[place.index]
            face = sheet.faces[place.index] if place.index < len(sheet.faces) else glyph.character
            piece = Piece(place.x, wide(face), self._look(glyph, place.index), glyph.surprisal_nats)
            rows.setdefault(place.y, []).append(piece)
            sign = sheet.signs.get(place.index) if sheet.signs is not None else None
            if sign is not None:
                x, y = (place.x + HAN_CELLS, place.y) if self._page.is_upright else (place.x, place.y + 1)
                rows.setdefault(y, []).append(Piece(x, sign.text, sign.look))
        if not sheet.is_written:
            x, y = self._page.caret
            rows.setdefault(y, []).append(Piece(x, _CARET, "given"))
        return {y: sorted(pieces) for y, pieces in rows.items()}

    def _look(self, glyph: Token, index: int) -> str:
        is_held = index in self.sheet.held
        if index == self.sheet.cursor:
            return "cursor-held" if is_held else "cursor"
        is_given = glyph.is_forced and glyph.character not in LINE_MARKS
        return "held" if is_held else "given" if is_given else "plain"

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
        return style + Style(color=inked(styles.background, styles.color, piece.surprisal_nats).rich_color)


def inked(paper: Color, ink: Color, surprisal_nats: float) -> Color:
    """The more surprising a character, the stronger its ink."""
    strength = min(max(surprisal_nats, 0.0) / _STRONGEST_INK_NATS, 1.0)
    return paper.blend(ink, _PALEST + (1 - _PALEST) * strength)
