"""The help: every key of the screen below, from the same bindings as its footer."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import translation_key
from poetry_tui.widgets.cards import Card

_NONE: Mapping[str, Any] = MappingProxyType({})


class HelpScreen(Card[None]):
    """A card over the screen; Esc, ?, q or a click beside it closes it."""

    DEFAULT_CSS = """
    HelpScreen {
        #help-card { width: 84; max-width: 95%; max-height: 90%; padding: 1 3; border: round $panel; }
        Static { height: auto; }
        #help-title { text-style: bold; color: $accent; padding-bottom: 1; }
        #help-figures { padding-top: 1; }
        #help-close { color: $text-muted; padding-top: 1; }
    }
    """
    BINDINGS = [Binding("question_mark,q", "dismiss", show=False)]

    def __init__(
        self,
        bindings: Iterable[ActiveBinding],
        figures: Mapping[str, str] = _NONE,
        groups: Mapping[str, Sequence[str]] = _NONE,
    ) -> None:
        """`figures`: by figure or letter of the screen below, the i18n key of its meaning.
        `groups`: by i18n key of a heading, the labels of its keys; all other keys are listed as keys of every screen."""
        super().__init__()
        self._bindings_below = list(bindings)
        self._figures = figures
        self._groups = groups

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help-card"):
            yield Static(Content(tr_label("shell.help_title")), id="help-title")
            yield KeyList(self._keys_by_heading(), id="help-keys")
            if self._figures:
                meanings = [(figure, tr(key)) for figure, key in self._figures.items()]
                yield KeyList({tr_label("shell.keys_figures"): meanings}, id="help-figures")
            yield Static(Content(tr("shell.help_close")), id="help-close")

    def _keys_by_heading(self) -> dict[str, list[tuple[str, str]]]:
        """By heading, the keys and the tip of each translated action."""
        keys: dict[str, list[str]] = {}
        tips: dict[str, str] = {}
        for active in self._bindings_below:
            name = translation_key(active.binding)
            if name is not None:
                keys.setdefault(name, []).append(self.app.get_key_display(active.binding))
                tips[name] = active.tooltip
        headings = {label: heading for heading, labels in self._groups.items() for label in labels}
        found: dict[str, list[tuple[str, str]]] = {tr_label(heading): [] for heading in self._groups}
        for name, displays in keys.items():
            heading = tr_label(headings.get(name, "shell.keys_everywhere"))
            found.setdefault(heading, []).append((" ".join(dict.fromkeys(displays)), tips[name]))
        return found

    def on_click(self) -> None:
        if self.get_widget_at(*self.app.mouse_position)[0] is self:
            self.dismiss()


class KeyList(Widget):
    """Headings, each above its keys on the left and their actions on the right; a long action is wrapped."""

    DEFAULT_CSS = """
    KeyList { width: 1fr; height: auto; }
    """

    def __init__(self, keys_by_heading: Mapping[str, Sequence[tuple[str, str]]], *, id: str) -> None:
        super().__init__(id=id)
        self.groups = keys_by_heading

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        left = max((cell_len(keys) for pairs in self.groups.values() for keys, _ in pairs), default=0) + 3
        lines: list[Content] = []
        for heading, pairs in self.groups.items():
            lines += [Content(), Content.styled(heading, "bold")]
            for keys, tip in pairs:
                first, *others = Content(tip).wrap(max(width - left, 1))
                lines.append(Content.styled(keys + " " * (left - cell_len(keys)), "bold $accent") + first)
                lines += [Content(" " * left) + line for line in others]
        return lines[1:]
