"""The lesson panel: a band at the lower edge of a screen that displays the current step."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Static

from poetry_tui.preferences.i18n import tr, with_keys
from poetry_tui.preferences.themes import FAINT

# The buttons by name, and the placeholder of the key with the same action.
_BUTTONS = {"next": "<lessons.next:^g>", "back": "<lessons.back:^o>", "leave": "<lessons.open:^l>"}


@dataclass(frozen=True, slots=True)
class PanelText:
    """The texts of the panel. `title`: lesson and step; `text`: the step; `hint`: how to go on."""

    title: str
    text: str
    hint: str


class LessonPanel(Vertical):
    """The panel. It is laid out above the footer, so it covers nothing; it never takes the focus."""

    DEFAULT_CSS = """
    LessonPanel {
        height: auto; max-height: 40%; padding: 0 1; background: $surface;
        & Horizontal { height: 1; }
        & #lesson-title { width: 1fr; height: 1; text-style: bold; color: $accent; text-wrap: nowrap; text-overflow: ellipsis; }
        & #lesson-text { height: auto; }
        & Button { width: auto; min-width: 0; margin: 0 0 0 2; background: $surface; color: $text-muted; text-style: none; }
    }
    """

    @dataclass
    class Pressed(Message):
        """A button was clicked: next, back or leave."""

        what: str

    def __init__(self) -> None:
        super().__init__(id="lesson")
        self._shown: PanelText | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="lesson-title", markup=False)
            for name in _BUTTONS:
                # Created with its label: Textual would draw a later one in the width of an empty label.
                button = Button(_label(name), id=f"lesson-{name}", compact=True)
                button.can_focus = False
                yield button
        yield Static(id="lesson-text", markup=False)

    def show(self, shown: PanelText) -> None:
        """Display a step; redraw only when its texts have changed."""
        if not self.is_mounted or shown == self._shown:
            return
        self._shown = shown
        self.query_one("#lesson-title", Static).update(Content(shown.title))
        self.query_one("#lesson-text", Static).update(Content.assemble(f"{shown.text} ".lstrip(), (shown.hint, FAINT)))
        for name in _BUTTONS:
            self.query_one(f"#lesson-{name}", Button).label = _label(name)

    @on(Button.Pressed)
    def tell(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Pressed(str(event.button.id).removeprefix("lesson-")))


def _label(name: str) -> Content:
    return Content(f"{with_keys(_BUTTONS[name])} {tr(f'lessons.{name}')}")
