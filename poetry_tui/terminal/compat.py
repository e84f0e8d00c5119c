"""Replacements of private parts of Textual 8.2 and of Rich.

`tests/poetry_tui/terminal/test_compat.py` fails when a new release moves them.
"""

import codecs
import functools
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import rich._wrap
import textual.screen
from rich.console import Console
from rich.control import Control
from textual import _time, events
from textual._compositor import ChopsUpdate, Compositor
from textual._queue import Queue
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingsMap
from textual.command import CommandList, CommandPalette
from textual.content import Content
from textual.dom import DOMNode
from textual.geometry import Region
from textual.keys import key_to_character
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr
from poetry_tui.terminal import background
from poetry_tui.terminal.pastes import PasteReader

if sys.platform == "win32":
    linux_driver = None
else:
    from textual.drivers import linux_driver

# Bindings with the nodes that own them, from the focused widget to the app.
BindingChain = list[tuple[DOMNode, BindingsMap]]

# An unbreakable part of a line: a Han character or a word, with the marks that must stay with it.
_UNBROKEN = re.compile(
    r"(?=\s*\S)\s*[{opening}]*(?:[{han}]|[^\s{han}{opening}{closing}]+)?[{closing},.;:!?)\]]*\s*".format(
        han="\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
        opening="（《〈「『【“",
        closing="，。、；：？！）》〉」』】”…",
    )
)

_dismiss = Screen.dismiss
_dispatch, _handle_exception = MessagePump._dispatch_message, App._handle_exception
_parse, _parser_tick = XTermParser.feed, XTermParser.tick
_move_page, _click = OptionList._move_page, OptionList._on_click


def replace_private_parts() -> None:
    """Apply all replacements. Call it before the first screen is created."""
    use_whole_characters()
    break_lines_between_han()
    dismiss_once()
    read_pastes_whole()
    guard_option_lists()
    translate_no_matches()


def survive_errors(notify: Callable[[App[Any], StudioError], None]) -> None:
    """Notify of a StudioError raised by a key action, message handler, timer or callback; in Textual any error there ends the app."""

    async def dispatch(pump: MessagePump, message: Message) -> None:
        try:
            await _dispatch(pump, message)
        except StudioError as error:
            notify(pump.app, error)

    def handle(app: App[Any], error: Exception) -> None:
        if isinstance(error, StudioError):
            notify(app, error)
        else:
            _handle_exception(app, error)

    MessagePump._dispatch_message = dispatch  # type: ignore[assignment, method-assign]
    App._handle_exception = handle  # type: ignore[assignment, method-assign]


def use_whole_characters() -> None:
    """Use `WholeCharacterCompositor` for every screen created from now on, including Textual's own."""
    vars(textual.screen)["Compositor"] = WholeCharacterCompositor


def break_lines_between_han() -> None:
    """Allow line breaks at any Han character, except before a closing mark and after an opening one.

    Rich breaks only at spaces: a phrase that does not fit moves to the next line as a whole, and leaves half of a line empty.
    """
    rich._wrap.re_word = _UNBROKEN


class WholeCharacterCompositor(Compositor):
    """Textual's compositor, except that it cuts a line only where another widget covers it.

    Textual cuts every line at the edges of all widgets on that row, also of those behind it. A cut through a character of two
    cells leaves two spaces (`rich.segment.Segment.split_cells`), so a notice over a panel's border lost characters. Here a line
    is cut only at the edges of widgets in front of it, and is sent to the terminal in whole pieces.
    """

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """The pieces of each row, by first column."""
        return self._pieces({y: [crop.column_span] for y in crop.line_range if is_rendered_line(y)})

    def _pieces(self, spans: Mapping[int, Sequence[tuple[int, int]]]) -> Sequence[Mapping[int, Strip]]:
        """The pieces of each row that touch a span of columns; only widgets with such a piece are rendered.

        Textual renders every widget in the bounding box of all changes, which may be most of the screen.
        """
        width, height = self.size
        rows: list[dict[int, Strip]] = [{} for _ in range(height)]
        # The columns of each row that are not covered yet; widgets are visited from front to back.
        open_spans = {y: [(0, width)] for y in spans if 0 <= y < height}
        for widget, (region, clip) in self.visible_widgets.items():
            visible = region.intersection(clip)
            left, right = visible.column_span
            touched: list[tuple[int, int, int]] = []
            for y in open_spans.keys() & visible.line_range:
                still_open: list[tuple[int, int]] = []
                for start, end in open_spans[y]:
                    first, last = max(start, left), min(end, right)
                    if first >= last:
                        still_open.append((start, end))
                        continue
                    if any(first < x2 and last > x1 for x1, x2 in spans[y]):
                        touched.append((y, first, last))
                    still_open += [(x1, x2) for x1, x2 in ((start, first), (last, end)) if x1 < x2]
                open_spans[y] = still_open
            if not touched:
                continue
            top, bottom = min(touched)[0], max(touched)[0]
            strips = widget.render_lines(Region(left - region.x, top - region.y, visible.width, bottom - top + 1))
            for y, first, last in touched:
                rows[y][first] = strips[y - top].crop(first - left, last - left)
        return [dict(sorted(row.items())) for row in rows]

    def render_partial_update(self) -> ChopsUpdate | None:
        """The changes since the last update; None without any."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not regions:
            return None
        spans = list(self._regions_to_spans(regions))
        columns: dict[int, list[tuple[int, int]]] = {}
        for y, x1, x2 in spans:
            columns.setdefault(y, []).append((x1, x2))
        pieces = self._pieces(columns)
        ends = [[x + strip.cell_length for x, strip in row.items()] for row in pieces]
        return WholePiecesUpdate(pieces, spans, ends)


class WholePiecesUpdate(ChopsUpdate):
    """An update that draws each touched piece as a whole, because a cropped piece could end in half a character."""

    def render_segments(self, console: Console) -> str:
        drawn: dict[tuple[int, int], str] = {}
        for y, x1, x2 in self.spans:
            for (x, strip), end in zip(self.chops[y].items(), self.chop_ends[y], strict=True):
                if strip is not None and x < x2 and end > x1 and (x, y) not in drawn:
                    drawn[x, y] = Control.move_to(x, y).segment.text + strip.render(console)
        return "".join(drawn.values())


def dismiss_once() -> None:
    """Make every screen, including Textual's own, dismissible only while it is in front."""
    Screen.dismiss = dismiss_in_front  # type: ignore[method-assign, assignment]


def dismiss_in_front(screen: Screen[Any], result: Any = None) -> AwaitComplete:
    """Textual's `Screen.dismiss`, without effect while another screen is in front.

    Textual removes the screen in front, whichever it is: a second dismissal (a double Enter) would remove the screen below, or
    crash the studio if there is none.
    """
    return _dismiss(screen, result) if screen.is_active else AwaitComplete()


def read_pastes_whole() -> None:
    """Make the terminal parser cut out pastes first (`poetry_tui.terminal.pastes`), and tolerate bytes that are not UTF-8."""
    XTermParser.feed = _feed  # type: ignore[method-assign, assignment]
    XTermParser.tick = _tick  # type: ignore[method-assign, assignment]
    if linux_driver is not None:
        vars(linux_driver)["getincrementaldecoder"] = _patient_decoder


def _feed(parser: XTermParser, data: str) -> Iterable[Message]:
    # The parser itself handles the end of input.
    if not data:
        return _parse(parser, data)
    return _paste_reader(parser).feed(background.without_answers(data), functools.partial(_parse, parser))


def _tick(parser: XTermParser) -> Iterable[Message]:
    if typed := background.take_typed_ahead():
        yield from _feed(parser, typed)
    yield from _parser_tick(parser)
    yield from _paste_reader(parser).tick(functools.partial(_parse, parser))


def _paste_reader(parser: XTermParser) -> PasteReader:
    reader: PasteReader = vars(parser).setdefault("paste_reader", PasteReader())
    return reader


def _patient_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """A decoder that replaces invalid bytes; Textual's raises an error for them, which ends the app."""
    return functools.partial(codecs.getincrementaldecoder(encoding), errors="replace")


def translate_no_matches() -> None:
    """Translate the "no matches" entry of Textual's palettes."""
    CommandList.add_option = _add_translated  # type: ignore[method-assign, assignment]


def _add_translated(options: CommandList, option: Option) -> OptionList:
    if option.id == CommandPalette._NO_MATCHES:
        option = Option(Content(tr("shell.no_matches")), id=option.id, disabled=True)
    return OptionList.add_option(options, option)


def withdraw_notices(app: App[Any], text: str) -> None:
    """Remove the notices with this text before their timeout."""
    for notice in list(app._notifications):
        if notice.message == text:
            app._unnotify(notice)


def guard_option_lists() -> None:
    """Make every option list, including Textual's own, ignore keys and clicks on options that do not exist, which crash the app."""
    OptionList._move_page = _move_page_if_laid_out  # type: ignore[method-assign, assignment]
    OptionList._on_click = _click_if_there  # type: ignore[method-assign, assignment]


def _move_page_if_laid_out(options: OptionList, direction: Literal[-1, 1]) -> None:
    # A list that is hidden or was just filled has no layout.
    if (options.highlighted or 0) in options._index_to_line:
        _move_page(options, direction)


async def _click_if_there(options: OptionList, event: events.Click) -> None:
    # The list may have become shorter since it was drawn.
    if (event.style.meta.get("option") or 0) < len(options.options):
        await _click(options, event)


def open_screens(app: App[Any]) -> list[Screen[Any]]:
    """Every open screen of every mode, including those behind others."""
    return [screen for stack in app._screen_stacks.values() for screen in stack]


def bindings_of(node: DOMNode) -> list[Binding]:
    """All bindings of a node, inactive ones included, in order of declaration."""
    return [binding for _, binding in node._bindings]


def with_pane_keys(chain: BindingChain, screen: Screen[Any], panes: Sequence[Widget]) -> BindingChain:
    """Insert the bindings of the panes after the screen's into Textual's chain, which runs from the focused widget to the app.

    A key that a node of the chain consumes as text, as an input does, is left out.
    """
    nodes = [node for node, _ in chain]
    # The chain of a focused widget that is being removed has no screen.
    if screen not in nodes:
        return chain
    added: BindingChain = []
    for pane in panes:
        if pane in nodes:
            continue
        bindings = pane._bindings.copy()
        for key in list(bindings.key_to_bindings):
            if any(node.check_consume_key(key, key_to_character(key)) for node in nodes):
                del bindings.key_to_bindings[key]
        added.append((pane, bindings))
    after_screen = nodes.index(screen) + 1
    return [*chain[:after_screen], *added, *chain[after_screen:]]


def clock_of_events_s() -> float:
    """The current time on the clock of `Event.time`."""
    return _time.get_time()


def busy_pump(app: App[Any]) -> MessagePump | None:
    """The first of app, front screen and its widgets that is busy (see `waits`); None if all are idle."""
    stack = app.screen_stack
    nodes = stack[-1].walk_children(Widget, with_self=True) if stack and waits(app) else ()
    return next((node for node in (app, *nodes) if not waits(node)), None)


def waits(pump: MessagePump) -> bool:
    """Whether a pump is idle or closed: no message is being handled, and its queue is empty."""
    queue: Queue[Message | None] = pump._message_queue
    # Only the pump's own loop waits on its queue. A closed pump counts as idle.
    return pump._closed or (queue.empty() and bool(queue.ready_event._waiters))


def update_focus_styles(screen: Screen[Any], focused: Widget | None, blurred: Widget | None) -> None:
    """Restyle the widgets affected by a change of focus: those that became, or no longer are, ancestors of the focused widget.

    Textual restyles everything below the outermost widget with a `:focus-within` rule: between two fields of a form that was
    the whole form, which took 0.1 s.
    """
    before = set(blurred.ancestors_with_self) if blurred is not None else set()
    after = set(focused.ancestors_with_self) if focused is not None else set()
    nodes: set[DOMNode] = set()
    for node in before ^ after:
        # A rule `A:focus-within B` marks B.
        nodes.update(one for one in node.walk_children(with_self=True) if one._has_focus_within)
    for widget in (focused, blurred):
        if widget is not None:
            # A widget that gains or loses the focus restyles itself and its descendants.
            nodes.difference_update(widget.walk_children(with_self=True))
    if nodes:
        screen.app.stylesheet.update_nodes(nodes, animate=True)
