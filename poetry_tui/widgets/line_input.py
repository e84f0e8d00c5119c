"""A field of one line, into which a paste of several lines goes whole."""

from typing import Any

from textual import events
from textual.widgets import Input

from poetry_tui.terminal.pastes import one_line


class LineInput(Input):
    """Textual's, which takes the first line of a paste; here `joint` comes between lines, as `pastes.one_line` says."""

    def __init__(self, *arguments: Any, joint: str | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._joint = joint

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if line := one_line(event.text, self._joint):
            self.replace(line, *self.selection)
