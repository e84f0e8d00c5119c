"""The comparison of runs: a table with a column for each run and rows of figures and settings, and the card that shows it."""

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Button

from poetry_tui.preferences.i18n import TRANSLATIONS, tr, tr_label
from poetry_tui.preferences.keymap import bind, translated
from poetry_tui.preferences.themes import FAINT
from poetry_tui.tracking.comparison import Comparison, Row, format_value
from poetry_tui.train.followed_runs import FOLLOWED_LETTER, OVERLAY_LETTERS
from poetry_tui.widgets.cards import Card

# The colours of the curves: the followed run, then the overlays.
RUN_STYLES = ("bold $accent", "bold $secondary", "bold $warning", "bold $success", "bold $error")
RUN_LETTERS = FOLLOWED_LETTER + OVERLAY_LETTERS
GAP = 2
MIN_COLUMN_CELLS = 8
READ_PERIOD_S = 1.0


class ComparisonTable(Widget):
    """The table of a `Comparison`; a value too long for its column is wrapped.

    `with_equal`: include the settings that all runs share.
    """

    DEFAULT_CSS = """
    ComparisonTable { width: auto; height: auto; }
    """

    def __init__(self, comparison: Comparison, with_equal: bool) -> None:
        super().__init__()
        self._comparison = comparison
        self._with_equal = with_equal

    def show(self, comparison: Comparison, with_equal: bool) -> None:
        """Show this comparison; redraw only when it has changed."""
        if (comparison, with_equal) != (self._comparison, self._with_equal):
            self._comparison, self._with_equal = comparison, with_equal
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        # 6 cells are for the card's borders, padding and scroll bar.
        return min(self._label_width + sum(self._natural_widths), viewport.width - 6)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    @property
    def _settings(self) -> Sequence[Row]:
        return self._comparison.settings if self._with_equal else self._comparison.differing

    @property
    def _label_width(self) -> int:
        rows = (*self._comparison.figures, *self._settings)
        return max((cell_len(label_of(row)) for row in rows), default=0) + GAP

    @property
    def _natural_widths(self) -> list[int]:
        """The width of each run's column without wrapping, gap included, in cells."""
        rows = (*self._comparison.figures, *self._settings)
        columns = zip(self._comparison.names, *(row.values for row in rows), strict=True)
        return [max(cell_len(name) + 2, *map(cell_len, values)) + GAP for name, *values in columns]

    def _column_widths(self, room: int) -> list[int]:
        """The natural widths, the widest columns narrowed until all fit into `room` cells."""
        widths = self._natural_widths
        while sum(widths) > room and max(widths) > MIN_COLUMN_CELLS:
            widths[widths.index(max(widths))] -= 1
        return widths

    def _lines(self, width: int) -> list[Content]:
        label_width = self._label_width
        widths = self._column_widths(width - label_width)
        names = [f"{letter} {name}" for letter, name in zip(RUN_LETTERS, self._comparison.names, strict=False)]
        lines = _row("", label_width, names, widths, ["", *RUN_STYLES])
        for row in self._comparison.figures:
            styles = ["bold $text-success" if column in row.best else "" for column in range(len(names))]
            lines += _row(label_of(row), label_width, row.values, widths, [FAINT, *styles])
        if len(names) < 2:
            lines += Content.styled(tr("train.compare_one"), FAINT).wrap(max(width, 1))
        if not self._comparison.validates_alike:
            lines += Content.styled(tr("train.compare_other_poems"), "$text-warning").wrap(max(width, 1))
        lines += [Content(), Content.styled(tr_label("train.settings"), "bold") + self._how_many()]
        for row in self._settings:
            styles = ["" if value == row.values[0] else "bold $text-warning" for value in row.values]
            values = list(map(format_value, row.values))
            lines += _row(label_of(row), label_width, values, widths, ["" if row.differs else FAINT, *styles])
        return lines

    def _how_many(self) -> Content:
        n_all, n_differing = len(self._comparison.settings), len(self._comparison.differing)
        if len(self._comparison.names) < 2:
            return Content()
        note = tr("train.compare_differ", n=n_differing, all=n_all) if n_differing else tr("train.compare_same")
        return Content.styled(f"  {note}", FAINT)


def label_of(row: Row) -> str:
    """The label of a row: a figure's short label if there is one, else its label; a setting's label, else its field name."""
    keys = (f"train.short.{row.name.removeprefix('report.')}", row.name, f"train.field.{row.name}")
    return next((tr(key) for key in keys if key in TRANSLATIONS), row.name)


def _row(
    label: str, label_width: int, values: Sequence[str], widths: Sequence[int], styles: Sequence[str]
) -> list[Content]:
    """A label and one value for each column, on as many lines as the longest value needs. `styles`: of the label, then of the
    values."""
    folded = [fold(value, max(width - GAP, 1)) for value, width in zip(values, widths, strict=True)]
    lines = []
    for number, parts in enumerate(zip_longest(*folded, fillvalue="")):
        line = _padded(label if number == 0 else "", label_width, styles[0])
        for part, width, style in zip(parts, widths, styles[1:], strict=False):
            line += _padded(part, width, style)
        lines.append(line)
    return lines


def fold(text: str, width: int) -> list[str]:
    """Wrap a text to `width` cells, after spaces, hyphens and slashes where possible."""
    lines = [""]
    for part in re.findall(r"[^ /-]*[ /-]+|[^ /-]+", text):
        for piece in chop_cells(part, width) if cell_len(part.rstrip()) > width else [part]:
            if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
                lines.append("")
            lines[-1] += piece
    return [line.rstrip() for line in lines]


def _padded(text: str, width: int, style: str) -> Content:
    return Content.styled(text, style) + Content(" " * max(width - cell_len(text), 0))


class CompareScreen(Card[None]):
    """A card with the comparison, refreshed every `READ_PERIOD_S`. Equal settings are hidden until the user shows them."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS = [
        bind("h", "equal", "train.equal"),
        Binding("t,q", "dismiss", show=False),
    ]
    DEFAULT_CSS = """
    CompareScreen {
        & > Vertical { width: auto; max-width: 100%; max-height: 100%; padding: 0 1; }
        & VerticalScroll {
            width: auto; height: auto; max-height: 100h; scrollbar-size-vertical: 1; scrollbar-background: $surface;
        }
        & Horizontal { width: auto; height: 1; dock: bottom; }
        & Button { margin: 0 2 0 0; }
    }
    """

    def __init__(self, read: Callable[[], Comparison]) -> None:
        """`read` returns the comparison of the runs in their current state."""
        super().__init__()
        self._read = read
        # With one run no setting differs, so all are shown.
        self._with_equal = len(read().names) < 2

    def compose(self) -> ComposeResult:
        with Vertical() as card:
            card.border_title = tr_label("train.compare_title")
            with Horizontal():
                yield Button(f"h {tr('train.equal')}", id="compare-equal", compact=True)
                yield Button(f"esc {tr('train.compare_close')}", id="compare-close", compact=True)
            with VerticalScroll():
                yield ComparisonTable(self._read(), self._with_equal)

    def on_mount(self) -> None:
        self.set_interval(READ_PERIOD_S, self._look)
        self._look()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        return {key: translated(active) for key, active in super().active_bindings.items()}

    def _look(self) -> None:
        self.query_one(ComparisonTable).show(self._read(), self._with_equal)

    @on(Button.Pressed, "#compare-equal")
    def action_equal(self) -> None:
        """Show or hide the settings that all runs share."""
        self._with_equal = not self._with_equal
        self._look()

    @on(Button.Pressed, "#compare-close")
    def close(self) -> None:
        self.dismiss()

    def on_click(self) -> None:
        if self.get_widget_at(*self.app.mouse_position)[0] is self:
            self.dismiss()
