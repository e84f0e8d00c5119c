"""What the model thought at one place of the verse: the likeliest characters, their shares, the surprise."""

from textual.content import Content
from textual.widget import Widget

from poetry_tui.engine_protocol import Glyph
from poetry_tui.themes import FAINT
from poetry_tui.words import word

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class ThisCharacter(Widget):
    """Bars are drawn on one scale: the likeliest character fills the line."""

    DEFAULT_CSS = """
    ThisCharacter { height: auto; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.glyph: Glyph | None = None

    def show(self, glyph: Glyph | None) -> None:
        if glyph is not self.glyph:
            before, self.glyph = self.glyph, glyph
            # A new layout repaints the whole screen: only where the number of rows changes.
            self.refresh(layout=_n_rows(before) != _n_rows(glyph))

    def render(self) -> Content:
        if self.glyph is None:
            return Content.styled(word("compose.no_character"), FAINT)
        glyph = self.glyph
        lines = [self._row(character, share) for character, share in glyph.alternatives]
        if glyph.character not in dict(glyph.alternatives):
            lines += [Content.styled("⋮", FAINT), self._row(glyph.character, glyph.probability)]
        figures = word("compose.surprise", nats=f"{glyph.surprise_nats:.1f}")
        note = word("compose.given") if glyph.given else word("compose.drawn")
        return Content("\n").join([*lines, Content(), Content(figures), Content.styled(note, FAINT)])

    def _row(self, character: str, share: float) -> Content:
        assert self.glyph is not None
        percent = f"{share:6.1%}" if share >= 0.001 else " <0.1%"
        room = max(self.content_size.width - 4 - len(percent), 1)
        largest = max((other for _, other in self.glyph.alternatives), default=share) or 1.0
        is_it = character == self.glyph.character
        name = Content.styled(character or "∎", "bold $accent" if is_it else "")
        line = name + Content(" " * (3 - name.cell_length))
        bar = bar_of(min(share / largest, 1.0), room)
        return line + Content.styled(bar, "$accent" if is_it else "$secondary") + Content.styled(percent, FAINT)


def _n_rows(glyph: Glyph | None) -> tuple[int, bool]:
    """Tells apart what needs another height."""
    return (0, False) if glyph is None else (len(glyph.alternatives), glyph.character in dict(glyph.alternatives))


def bar_of(share: float, cells: int) -> str:
    """A bar of eighths of a cell, filled up with spaces."""
    full, eighth = divmod(round(share * cells * 8), 8)
    return ("█" * full + (_EIGHTHS[eighth] if eighth else "")).ljust(cells)
