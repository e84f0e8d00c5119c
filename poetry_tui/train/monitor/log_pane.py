"""The last lines of a run's log."""

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import RichLog

from poetry_tui.preferences.i18n import tr, tr_label

MAX_LINES = 500


class LogPane(RichLog):
    """The end of the log; rewritten only when it has changed."""

    def __init__(self) -> None:
        super().__init__(max_lines=MAX_LINES, wrap=True, markup=False, highlight=False, min_width=20)
        self._shown: Sequence[str] | None = None

    def on_mount(self) -> None:
        self.refresh_labels()

    def refresh_labels(self) -> None:
        self.border_title = tr_label("train.log_title")

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines, oldest first."""
        if lines == self._shown:
            return
        self._shown = lines
        self.clear()
        for line in lines or [tr("train.log_none")]:
            # A progress bar in a log overwrites itself after carriage returns; show its last state.
            self.write(Content(line.rsplit("\r", 1)[-1]).plain)
