"""The runs that are drawn beside one another as a table: what came of them, and the settings in which they differ."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button

from poetry_tui.i18n import tr, tr_label
from poetry_tui.keymap import bind, translated
from poetry_tui.runs.comparison import Comparison
from poetry_tui.train.monitor.comparison_table import ComparisonTable

READ_PERIOD_S = 1.0


class CompareScreen(ModalScreen[None]):
    """A card over the screen that keeps up with runs that go on. Equal settings are out of sight until they are wanted."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS = [
        bind("h", "equal", "train.equal"),
        Binding("escape,t,q", "dismiss", show=False),
    ]
    DEFAULT_CSS = """
    CompareScreen {
        align: center middle;
        & > Vertical {
            width: auto; max-width: 100%; height: auto; max-height: 100%; padding: 0 1; background: $surface;
            border: round $accent; border-title-color: $accent; border-subtitle-color: $text-muted;
        }
        & VerticalScroll {
            width: auto; height: auto; max-height: 100h; scrollbar-size-vertical: 1;
            scrollbar-color: $panel; scrollbar-background: $surface;
        }
        & Horizontal { width: auto; height: 1; dock: bottom; }
        & Button { margin: 0 2 0 0; }
    }
    """

    def __init__(self, read: Callable[[], Comparison]) -> None:
        """`read` puts the runs side by side as they are now."""
        super().__init__()
        self._read = read
        # With one run there is nothing to differ from.
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
        """Show the settings that all runs have in common too, or no longer."""
        self._with_equal = not self._with_equal
        self._look()

    @on(Button.Pressed, "#compare-close")
    def close(self) -> None:
        self.dismiss()

    def on_click(self) -> None:
        if self.get_widget_at(*self.app.mouse_position)[0] is self:
            self.dismiss()
