"""The active keys on one line: as many as fit, the palette's key at the right end; a click presses a key.

First come the keys with `show=True`; if there is room for more, the screen's other keys in the order of `FOOTER_FILLERS`.

Textual's footer rebuilds a widget for each key whenever the focus moves, and lays out the whole screen again, which took half of
the time of a Tab. This one draws a single line.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from poetry_tui.preferences.chart_glyphs import is_ascii
from poetry_tui.preferences.keymap import FOOTER_FILLERS, translation_key


@dataclass(frozen=True, slots=True)
class FooterItem:
    """A key in the footer: its name, its display text, its short description, and its tooltip."""

    key: str
    display: str
    description: str
    tooltip: str

    @property
    def cell_length(self) -> int:
        return Content(f"{self.display} {self.description}").cell_length


class StudioFooter(Widget):
    """Follows the screen's active bindings; redraws only when its items have changed."""

    DEFAULT_CSS = """
    StudioFooter {
        dock: bottom;
        height: 1;
        background: $footer-background;
        &:hover { pointer: pointer; }
        .footer--key { color: $footer-key-foreground; background: $footer-background; text-style: bold; }
        .footer--text { color: $footer-description-foreground; background: $footer-background; }
        .footer--edge { color: $foreground 20%; background: $footer-background; }
        .footer--hovered { background: $block-hover-background; }
    }
    """
    COMPONENT_CLASSES = {"footer--key", "footer--text", "footer--edge", "footer--hovered"}
    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        # The `_n_own` keys of the screen, then those of every screen; the fillers go between them.
        self.items: tuple[FooterItem, ...] = ()
        self._fillers: tuple[FooterItem, ...] = ()
        self._n_own = 0
        self._palette: FooterItem | None = None
        # The columns of each item when it was last drawn.
        self._columns: dict[range, FooterItem] = {}
        self._hovered: FooterItem | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Read the active keys of the screen."""
        if not self.is_attached or screen is not self.screen or not self.app.app_focus:
            return
        active = {key: one for key, one in screen.active_bindings.items() if not self._is_typed(one)}
        palette = active.get(self.app.COMMAND_PALETTE_BINDING)
        own_nodes = (screen, *getattr(screen, "pane_keys", ()))
        own = [one for one in _shown(active.values()) if one.node in own_nodes]
        common = [one for one in _shown(active.values()) if one.node not in own_nodes]
        items = tuple(self._item([one]) for one in (*own, *common))
        fillers = tuple(map(self._item, _fillers(active.values(), screen, own_nodes)))
        shown = items, fillers, len(own), None if palette is None else self._item([palette])
        if shown != (self.items, self._fillers, self._n_own, self._palette):
            self.items, self._fillers, self._n_own, self._palette = shown
            self.refresh()

    def _is_typed(self, active: ActiveBinding) -> bool:
        """Whether the focused field would consume a key as text, such as +, whose name Textual does not recognise as a character."""
        focused, display = self.screen.focused, active.binding.key_display or ""
        return focused is not None and len(display) == 1 and focused.check_consume_key(active.binding.key, display)

    def _item(self, keys: Sequence[ActiveBinding]) -> FooterItem:
        """One item for several keys with the same description: ← → step."""
        binding, tooltip = keys[0].binding, keys[0].tooltip
        displays = " ".join(self.app.get_key_display(one.binding) for one in keys)
        return FooterItem(binding.key, displays, binding.description, tooltip)

    def _fitting(self, room: int) -> Sequence[FooterItem]:
        """The items that fit into `room` cells, the fillers between the screen's own and the common ones."""
        free = room - sum(item.cell_length + 1 for item in self.items)
        filling = []
        for item in self._fillers:
            free -= item.cell_length + 1
            if free < 0:
                break
            filling.append(item)
        return [*self.items[: self._n_own], *filling, *self.items[self._n_own :]]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        plain = self.rich_style.background_style
        palette = [] if self._palette is None else self._segments(self._palette)
        edge = [] if is_ascii() else [Segment("▏", self.get_component_rich_style("footer--edge"))]
        end = [*edge, *palette, Segment(" ", plain)]
        room = width - (Strip(end).cell_length if palette else 0)
        self._columns = {} if self._palette is None else {range(room, width): self._palette}
        line: list[Segment] = []
        x = 0
        for item in self._fitting(room):
            if x + item.cell_length > room:
                break
            self._columns[range(x, x + item.cell_length)] = item
            line += [*self._segments(item), Segment(" ", plain)]
            x += item.cell_length + 1
        left = Strip(line).adjust_cell_length(max(room, 0), plain)
        return Strip([*left, *(end if palette else [])]).adjust_cell_length(width, plain)

    def _segments(self, item: FooterItem) -> list[Segment]:
        key, text = self.get_component_rich_style("footer--key"), self.get_component_rich_style("footer--text")
        if item == self._hovered:
            hovered = self.get_component_rich_style("footer--hovered").background_style
            key, text = key + hovered, text + hovered
        return [Segment(item.display, key), Segment(f" {item.description}", text)]

    def _at(self, x: int) -> FooterItem | None:
        return next((item for columns, item in self._columns.items() if x in columns), None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if (item := self._at(event.x)) is not None:
            self.app.simulate_key(item.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        self._hover(self._at(event.x))

    def on_leave(self) -> None:
        self._hover(None)

    def _hover(self, item: FooterItem | None) -> None:
        if item != self._hovered:
            self._hovered = item
            self.tooltip = Content(item.tooltip) if item is not None and item.tooltip else None
            self.refresh()


def _shown(active: Iterable[ActiveBinding]) -> Iterator[ActiveBinding]:
    """The first binding of each action with `show=True`."""
    seen = set[str]()
    for one in active:
        if one.binding.show and one.binding.action not in seen:
            seen.add(one.binding.action)
            yield one


def _fillers(
    active: Iterable[ActiveBinding], screen: Screen[object], own_nodes: Sequence[object]
) -> list[list[ActiveBinding]]:
    """The screen's other keys, grouped by description, in the order of `FOOTER_FILLERS`."""
    by_words: dict[str, list[ActiveBinding]] = {}
    shown = {translation_key(one.binding) for one in active if one.binding.show}
    for one in active:
        words = translation_key(one.binding)
        # A key that does the same in bigger steps (shift+left) is shown in the help only.
        is_variant = "+" in one.binding.key
        if words is None or one.node not in own_nodes or words in shown or is_variant or not one.enabled:
            continue
        same = by_words.setdefault(words, [])
        if one.binding.action not in {other.binding.action for other in same}:
            same.append(one)
    order: Sequence[str] = FOOTER_FILLERS.get(getattr(screen, "MODE", ""), ())
    first = [words for words in order if words in by_words]
    return [by_words[words] for words in dict.fromkeys([*first, *by_words])]
