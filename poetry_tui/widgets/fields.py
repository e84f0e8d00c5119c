"""Fields of a form: a line of text, a choice among values, the help of the focused field; and the card that asks for a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content, ContentType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import next_with
from poetry_tui.preferences.themes import FAINT
from poetry_tui.terminal.pastes import one_line
from poetry_tui.widgets.cards import Card, Choose

# From this number of values on, a click opens a list.
_MIN_IN_LIST = 5


class LineInput(Input):
    """Textual's Input, which keeps only the first line of a paste. This one joins the lines with `joint` (see `pastes.one_line`)."""

    def __init__(self, *arguments: Any, joint: str | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._joint = joint

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if line := one_line(event.text, self._joint):
            self.replace(line, *self.selection)


class AskLine(Card[str | None]):
    """Dismissed with the line, or with None when cancelled."""

    DEFAULT_CSS = """
    AskLine {
        & > Vertical { width: 64; max-width: 90%; }
        & Static { height: auto; color: $text-muted; }
        & Input { margin: 1 0; }
    }
    """

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


class Stepper(Widget, can_focus=True):
    """One setting on one line, its value between two arrows: keys and clicks change it, a list offers all values.

    Chooses among `values` by index; posts `Stepped` when the user changes it.
    """

    DEFAULT_CSS = """
    Stepper {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { background: $surface; }
        &:hover { background: $surface; pointer: pointer; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class Stepped(Message):
        stepper: "Stepper"

        @property
        def control(self) -> "Stepper":
            return self.stepper

    def __init__(self, words: str, values: Sequence[str], index: int = 0, *, id: str) -> None:
        super().__init__(id=id)
        self.words = words
        self.values = list(values)
        self.index = index

    @property
    def value(self) -> str:
        return self.values[self.index] if self.values else ""

    def offer(self, values: Sequence[str], index: int) -> None:
        """Replace the values and the index, without posting `Stepped`."""
        self.values, self.index = list(values), index
        self.refresh()

    def step(self, by: int) -> None:
        """Choose the value `by` positions on, within the ends."""
        index = min(max(self.index + by, 0), len(self.values) - 1)
        if index != self.index:
            self.index = index
            self.refresh()
            self.post_message(self.Stepped(self))

    def render(self) -> Content:
        width = self.content_size.width
        label = Content.styled(tr(self.words), FAINT)
        arrow = "bold $accent" if self.has_focus else FAINT
        back = Content.styled("‹ " if self.index > 0 else "  ", arrow)
        forth = Content.styled(" ›" if self.index < len(self.values) - 1 else "  ", arrow)
        room = max(width - label.cell_length - 5, 4)
        value = back + Content(self.value).truncate(room, ellipsis=True) + forth
        return label + Content(" " * max(width - label.cell_length - value.cell_length, 1)) + value

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        right = self.content_size.width
        left = right - Content(self.value).cell_length - 4
        if len(self.values) >= _MIN_IN_LIST and left + 2 <= offset.x < right - 2:
            self.open_list()
        else:
            self.step(1 if offset.x >= (left + right) // 2 else -1)

    def open_list(self) -> None:
        """Open a list of all values."""
        self.app.push_screen(Choose(tr_label(self.words), self.values, self.index), self._choose)

    def _choose(self, index: int | None) -> None:
        if index is not None:
            self.step(index - self.index)

    def on_key(self, event: events.Key) -> None:
        by = {"left": -1, "right": 1}.get(event.key)
        found = next_with(self.values, event.character, self.index)
        if by is not None or found is not None:
            event.stop()
            self.step(by if by is not None else (found or 0) - self.index)
        elif event.key == "space":
            event.stop()
            self.open_list()


class FocusHelp(Widget):
    """The tooltip of the focused widget, or of its nearest ancestor within `fields`, at the lower edge of a form.

    Has the class `-shown` when there is one.
    """

    DEFAULT_CSS = """
    FocusHelp { dock: bottom; width: 1fr; color: $text-muted; background: $background; }
    """

    def __init__(self, fields: Widget) -> None:
        super().__init__()
        self._fields = fields

    def on_mount(self) -> None:
        self.watch(self.screen, "focused", self._follow)

    def _follow(self) -> None:
        self.set_class(bool(self._tip), "-shown")
        self.refresh()
        self.call_after_refresh(self._uncover)

    def _uncover(self) -> None:
        """Scroll the focused widget out from under the help; Textual counts a widget under a docked one as visible."""
        focused, form = self.screen.focused, self.parent
        if not self.region or focused is None or focused.styles.overlay == "screen" or not isinstance(form, Widget):
            return
        if form in focused.ancestors and (covered := focused.region.bottom - self.region.y) > 0:
            form.scroll_relative(y=covered, animate=False)

    @property
    def _tip(self) -> ContentType:
        focused = self.screen.focused
        around = [] if focused is None else list(focused.ancestors_with_self)
        if self._fields not in around:
            return ""
        tips = (node.tooltip for node in around[: around.index(self._fields)] if isinstance(node, Widget))
        return next((tip for tip in tips if isinstance(tip, str | Content)), "")

    def render(self) -> Content:
        tip = self._tip
        return tip if isinstance(tip, Content) else Content(tip)
