"""Every key of the screen below, made from the same bindings as its footer."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from poetry_tui.keys import words_of
from poetry_tui.words import heading, word


class HelpScreen(ModalScreen[None]):
    """A card over the screen; any of Esc, ? and q closes it, and so does a click beside it."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        #help-card {
            width: 84;
            max-width: 95%;
            height: auto;
            max-height: 90%;
            padding: 1 3;
            background: $surface;
            border: round $panel;
        }
        Static { height: auto; }
        #help-title { text-style: bold; color: $accent; padding-bottom: 1; }
        #help-close { color: $text-muted; padding-top: 1; }
    }
    """
    BINDINGS = [Binding("escape,question_mark,q", "dismiss", show=False)]

    def __init__(self, bindings: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self._bindings_below = list(bindings)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-card"):
            yield Static(Content(heading("shell.help_title")), id="help-title")
            yield Static(Content("\n").join(self._lines()), id="help-keys")
            yield Static(Content(word("shell.help_close")), id="help-close")

    def _lines(self) -> list[Content]:
        """One line for each action that has words, its keys together."""
        keys: dict[str, list[str]] = {}
        tips: dict[str, str] = {}
        for active in self._bindings_below:
            name = words_of(active.binding)
            if name is not None:
                keys.setdefault(name, []).append(self.app.get_key_display(active.binding))
                tips[name] = active.tooltip
        shown = {name: " ".join(dict.fromkeys(displays)) for name, displays in keys.items()}
        width = max((Content(text).cell_length for text in shown.values()), default=0)
        return [
            Content.styled(text + " " * (width + 3 - Content(text).cell_length), "bold $accent") + Content(tips[name])
            for name, text in shown.items()
        ]

    def on_click(self) -> None:
        if self.get_widget_at(*self.app.mouse_position)[0] is self:
            self.dismiss()
