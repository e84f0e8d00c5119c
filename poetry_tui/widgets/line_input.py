"""A field of one line, into which a paste of several lines goes whole; a card that asks for a line."""

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from poetry_tui.preferences.i18n import tr
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


class AskLine(ModalScreen[str | None]):
    """Dismissed with the line, or with None when it was cancelled."""

    DEFAULT_CSS = """
    AskLine {
        align: center middle;
        & > Vertical { width: 64; max-width: 90%; height: auto; padding: 1 2; background: $surface; border: round $accent; }
        & Static { height: auto; color: $text-muted; }
        & Input { margin: 1 0; }
    }
    """
    BINDINGS = [Binding("escape", "dismiss", show=False)]

    def __init__(self, question: str, line: str = "") -> None:
        super().__init__()
        self._question = question
        self._line = line

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._question))
            yield LineInput(self._line, select_on_focus=False)
            yield Static(Content(tr("favourites.ask_keys")))

    @on(Input.Submitted)
    def answer(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)
