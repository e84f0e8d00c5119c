"""The poem view: a centred poem with a caret while it is being revealed, and a cursor once it is complete."""

import dataclasses
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.composing.replies import Token
from engine.prosody.text import HAN_CELLS, LINE_MARKS
from poetry_tui.widgets.poem.typesetting import Cell, Layout, full_width, line_indices, typeset, typeset_vertical

if TYPE_CHECKING:
    from poetry_tui.widgets.poem.annotations import Annotation

_CARET = "▌ "
# Rows of the title: the title and a blank row.
_TITLE_ROWS = 2
# Separates gaps from characters in an exported SVG, which misplaces longer runs of two-cell characters.
_GAP = Style(meta={"gap": True})
# A character with this surprisal or more has the full foreground colour.
_MAX_SHADED_NATS = 6.0
# Share of the foreground colour at surprisal 0, which is still easy to read.
_MIN_SHADE = 0.35


class Span(NamedTuple):
    """A drawn text: first column, characters, name of its component class, and surprisal."""

    x: int
    text: str
    look: str
    surprisal_nats: float = 0.0


@dataclass(frozen=True, slots=True)
class PoemViewState:
    """The displayed poem, or `hint` without one.

    `display_chars`: the displayed character of each token; "" displays the tokens themselves. `annotations`: by index; None reserves
    no room for them. `locked`: indices of the locked characters. `title`: shown above the verse. `stanza_starts`: indices at which a
    stanza begins.
    """

    tokens: Sequence[Token] = ()
    is_written: bool = True
    cursor: int | None = None
    hint: str = ""
    display_chars: str = ""
    annotations: "Mapping[int, Annotation] | None" = None
    locked: Collection[int] = field(default=frozenset())
    is_upright: bool = False
    title: str = ""
    stanza_starts: Collection[int] = ()


class PoemView(ScrollView, can_focus=True, inherit_bindings=False):
    """Renders line by line, so that a new character repaints one line only."""

    DEFAULT_CSS = """
    PoemView {
        height: 1fr;
        background: $background;
        scrollbar-size-vertical: 1;
        .poem-view--plain { color: $foreground; background: $background; }
        .poem-view--forced { color: $accent; background: $background; text-style: bold; }
        .poem-view--cursor { color: $background; background: $accent; text-style: bold; }
        .poem-view--cursor-locked { color: $background; background: $accent; text-style: bold underline; }
        .poem-view--locked { color: $foreground; background: $panel; text-style: bold; }
        .poem-view--hint { color: $text-muted; background: $background; }
        .poem-view--title { color: $text-muted; background: $background; text-style: bold; }
        .poem-view--tone { color: $foreground 75%; background: $background; }
        .poem-view--wrong { color: $error; background: $background; text-style: bold; }
        .poem-view--licence { color: $success; background: $background; }
        .poem-view--rhyme { color: $accent; background: $background; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"poem-view--{look}"
        for look in (
            *("plain", "forced", "cursor", "cursor-locked", "locked"),
            *("hint", "title", "tone", "wrong", "licence", "rhyme"),
        )
    }
    ALLOW_SELECT = False

    @dataclass
    class CharacterClicked(Message):
        """A character of the verse was clicked."""

        index: int

    def __init__(self, hint: str = "") -> None:
        super().__init__()
        self.view_state = PoemViewState(hint=hint)
        self.is_shaded = False
        self._page = Layout((), (0, 0), 0)
        self._rows: dict[int, list[Span]] = {}

    def show(self, state: PoemViewState) -> None:
        """Display a poem, or the revealed part of it."""
        if state != self.view_state:
            self.view_state = state
            self._lay_out()

    def toggle_shading(self) -> None:
        """Toggle surprisal shading."""
        self.is_shaded = not self.is_shaded
        self.refresh()

    @property
    def text_as_shown(self) -> str:
        """Title and verse in the displayed characters, with a line for each row, or for each column from the right."""
        characters = [token.character for token in self.view_state.tokens]
        display_chars = self.view_state.display_chars or characters
        text, row = self.view_state.title, None
        for line in line_indices(characters):
            cell = self._page.cells[line[0]]
            # A couplet on one row becomes one line.
            begins_row = self._page.is_upright or cell.y != row
            text += "\n" if row is not None and line[0] in self.view_state.stanza_starts else ""
            text += ("\n" if text and begins_row else "") + "".join(display_chars[index] for index in line)
            row = cell.y
        return text

    def cell_of(self, index: int) -> Cell | None:
        return self._page.cells[index] if 0 <= index < len(self._page.cells) else None

    def in_next_line(self, index: int, by: int) -> int:
        """The index of the nearest character in the previous (-1) or next (+1) row, or column when set vertically."""
        here = self.cell_of(index)
        if here is None:
            return index
        is_upright = self._page.is_upright

        def line_of(cell: Cell) -> int:
            return -cell.x if is_upright else cell.y

        lines = sorted({line_of(cell) for cell in self._page.cells})
        wanted = lines.index(line_of(here)) + by
        if not 0 <= wanted < len(lines):
            return index
        there = [cell for cell in self._page.cells if line_of(cell) == lines[wanted]]
        return min(there, key=lambda cell: abs(cell.y - here.y if is_upright else cell.x - here.x)).index

    def _lay_out(self) -> None:
        """Lay out the characters again, and repaint the changed rows."""
        state = self.view_state
        width, height = self.scrollable_content_region.size
        characters = [token.character for token in state.tokens]
        manner = typeset_vertical if state.is_upright else typeset
        above = _TITLE_ROWS if state.title and state.tokens else 0
        annotation_cells = 0
        if state.annotations is not None:
            annotation_cells = max((cell_len(one.text) for one in state.annotations.values()), default=HAN_CELLS)
        page = manner(
            characters,
            max(width, 2),
            max(height - above, 1),
            state.is_written,
            annotation_cells=annotation_cells,
            stanza_starts=state.stanza_starts,
        )
        self._page = (
            dataclasses.replace(
                page,
                cells=tuple(dataclasses.replace(cell, y=cell.y + above) for cell in page.cells),
                caret=(page.caret[0], page.caret[1] + above),
                height=page.height + above,
            )
            if above
            else page
        )
        before, self._rows = self._rows, self._spans(width, height)
        n_rows = max(self._page.height, 0 if state.is_written else self._page.caret[1] + 1)
        size = Size(width, n_rows if state.tokens else height)
        if size != self.virtual_size:
            self.virtual_size = size
        focus = self.cell_of(state.cursor) if state.cursor is not None else None
        y = focus.y if focus else (0 if state.is_written else self._page.caret[1])
        self.scroll_to_region(Region(0, y, 1, 1), animate=False, force=True)
        for row in before.keys() | self._rows.keys():
            if before.get(row) != self._rows.get(row):
                self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def _spans(self, width: int, height: int) -> dict[int, list["Span"]]:
        """The spans of each row, from left to right."""
        state = self.view_state
        if not state.tokens:
            lines = textwrap.wrap(state.hint, max(1, width))
            return {
                height // 2 + row: [Span(max(0, (width - cell_len(line)) // 2), line, "hint")]
                for row, line in enumerate(lines)
            }
        rows: dict[int, list[Span]] = {}
        for cell in self._page.cells:
            token = state.tokens[cell.index]
            display_char = state.display_chars[cell.index] if cell.index < len(state.display_chars) else token.character
            span = Span(cell.x, full_width(display_char), self._look(token, cell.index), token.surprisal_nats)
            rows.setdefault(cell.y, []).append(span)
            annotation = state.annotations.get(cell.index) if state.annotations is not None else None
            if annotation is not None:
                x, y = (cell.x + HAN_CELLS, cell.y) if self._page.is_upright else (cell.x, cell.y + 1)
                rows.setdefault(y, []).append(Span(x, annotation.text, annotation.look))
        if state.title:
            title = Content(state.title).truncate(width, ellipsis=True).plain
            y = max(min((cell.y for cell in self._page.cells), default=0) - _TITLE_ROWS, 0)
            rows.setdefault(y, []).append(Span(max(0, (width - cell_len(title)) // 2), title, "title"))
        if not state.is_written:
            x, y = self._page.caret
            rows.setdefault(y, []).append(Span(x, _CARET, "forced"))
        return {y: sorted(spans) for y, spans in rows.items()}

    def _look(self, token: Token, index: int) -> str:
        is_locked = index in self.view_state.locked
        if index == self.view_state.cursor:
            return "cursor-locked" if is_locked else "cursor"
        is_forced = token.is_forced and token.character not in LINE_MARKS
        return "locked" if is_locked else "forced" if is_forced else "plain"

    def on_resize(self) -> None:
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for cell in self._page.cells:
            if cell.y == offset.y + self.scroll_offset.y and cell.x <= offset.x < cell.x + HAN_CELLS:
                self.post_message(self.CharacterClicked(cell.index))

    def render_line(self, y: int) -> Strip:
        width, height = self.scrollable_content_region.size
        if not self._rows:
            # The first paint precedes the first resize event, which lays out the poem.
            self._rows = self._spans(width, height)
        plain = self.get_component_rich_style("poem-view--plain")
        segments: list[Segment] = []
        x = 0
        for span in self._rows.get(y + self.scroll_offset.y, []):
            segments.append(Segment(" " * (span.x - x), plain + _GAP))
            segments.append(Segment(span.text, self._style(span)))
            x = span.x + cell_len(span.text)
        return Strip(segments).adjust_cell_length(width, plain)

    def _style(self, span: "Span") -> Style:
        style = self.get_component_rich_style(f"poem-view--{span.look}")
        if not self.is_shaded or span.look != "plain":
            return style
        styles = self.get_component_styles("poem-view--plain")
        return style + Style(color=shaded_by_surprisal(styles.background, styles.color, span.surprisal_nats).rich_color)


def shaded_by_surprisal(paper: Color, ink: Color, surprisal_nats: float) -> Color:
    """The colour of a character: the higher its surprisal, the stronger."""
    strength = min(max(surprisal_nats, 0.0) / _MAX_SHADED_NATS, 1.0)
    return paper.blend(ink, _MIN_SHADE + (1 - _MIN_SHADE) * strength)
