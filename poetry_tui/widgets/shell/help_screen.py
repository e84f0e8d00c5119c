"""Every key of the screen below, made from the same bindings as its footer."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import translation_key


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
            scrollbar-size-vertical: 1;
            scrollbar-color: $panel;
            scrollbar-background: $surface;
        }
        Static { height: auto; }
        #help-title { text-style: bold; color: $accent; padding-bottom: 1; }
        #help-figures { padding-top: 1; }
        #help-close { color: $text-muted; padding-top: 1; }
    }
    """
    BINDINGS = [Binding("escape,question_mark,q", "dismiss", show=False)]

    def __init__(self, bindings: Iterable[ActiveBinding], figures: Mapping[str, str] = MappingProxyType({})) -> None:
        """`figures`: figures as the screen below shows them, and the translation keys of their meanings."""
        super().__init__()
        self._bindings_below = list(bindings)
        self._figures = figures

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-card"):
            yield Static(Content(tr_label("shell.help_title")), id="help-title")
            yield KeyList(self._keys_and_tips(), id="help-keys")
            if self._figures:
                yield KeyList([(figure, tr(key)) for figure, key in self._figures.items()], id="help-figures")
            yield Static(Content(tr("shell.help_close")), id="help-close")

    def _keys_and_tips(self) -> list[tuple[str, str]]:
        """One pair for each action that has words, its keys together."""
        keys: dict[str, list[str]] = {}
        tips: dict[str, str] = {}
        for active in self._bindings_below:
            name = translation_key(active.binding)
            if name is not None:
                keys.setdefault(name, []).append(self.app.get_key_display(active.binding))
                tips[name] = active.tooltip
        return [(" ".join(dict.fromkeys(displays)), tips[name]) for name, displays in keys.items()]

    def on_click(self) -> None:
        if self.get_widget_at(*self.app.mouse_position)[0] is self:
            self.dismiss()


class KeyList(Widget):
    """Keys on the left, what they do on the right; a long sentence goes on below itself."""

    DEFAULT_CSS = """
    KeyList { width: 1fr; height: auto; }
    """

    def __init__(self, keys_and_tips: Sequence[tuple[str, str]], *, id: str) -> None:
        super().__init__(id=id)
        self._pairs = keys_and_tips

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        left = max((Content(keys).cell_length for keys, _ in self._pairs), default=0) + 3
        lines: list[Content] = []
        for keys, tip in self._pairs:
            first, *others = Content(tip).wrap(max(width - left, 1))
            pad = " " * (left - Content(keys).cell_length)
            lines.append(Content.styled(keys + pad, "bold $accent") + first)
            lines += [Content(" " * left) + line for line in others]
        return lines
