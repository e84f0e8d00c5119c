"""What stands in place of a screen on a terminal that has no room for it."""

from textual.content import Content
from textual.widget import Widget

from poetry_tui.i18n import tr

MIN_COLUMNS = 60
MIN_ROWS = 16


class TooSmall(Widget):
    """One sentence; shown by the screen's `-too-narrow` and `-too-low` classes."""

    DEFAULT_CSS = """
    TooSmall {
        display: none;
        width: 1fr;
        height: 1fr;
        padding: 1 2;
        content-align: center middle;
        text-align: center;
    }
    """

    def render(self) -> Content:
        size = self.app.size
        return Content(
            tr(
                "shell.too_small",
                columns=size.width,
                rows=size.height,
                least_columns=MIN_COLUMNS,
                least_rows=MIN_ROWS,
            )
        )
