"""What every screen of the studio has: tabs above, keys below, one sentence where the terminal is too small."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.dom import DOMNode
from textual.geometry import Size
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from engine.system.errors import StudioError
from poetry_tui.engine_client.client import EngineClient, EngineState, Phase
from poetry_tui.preferences.i18n import tr, tr_error
from poetry_tui.preferences.keymap import KEY_ORDER, translated
from poetry_tui.preferences.settings import SettingsStore
from poetry_tui.terminal.compat import BindingChain, bindings_of, update_focus_styles, with_pane_keys
from poetry_tui.terminal.input_gate import InputGate
from poetry_tui.widgets.shell.footer import StudioFooter
from poetry_tui.widgets.shell.header import StudioHeader


@dataclass
class EngineChanged(Message):
    """The engine service starts, is ready, died, was given up."""

    state: EngineState


@dataclass
class ModelWanted(Message):
    """Somebody wants to compose with a model: its name, or the folder of a model or a run."""

    model: str


@dataclass
class CopyWanted(Message):
    """Somebody wants a text in the clipboard, and to be told how it got there."""

    text: str


@dataclass(slots=True)
class Services:
    """Shared by every screen.

    `engine`: the client of the composing service, which starts when a screen first needs it. `settings`: the user's settings,
    in memory and on disk. `input_gate`: holds keys back while an earlier one is handled; tells whether one was typed blind.
    """

    engine: EngineClient
    settings: SettingsStore
    input_gate: InputGate


# The smallest terminal, in cells, that has room for a screen.
MIN_COLUMNS = 60
MIN_ROWS = 16


class StudioScreen(Screen[None]):
    """A mode of the studio. Subclasses set `MODE` and yield what lies between header and footer from `compose_body`.

    Width and height show as classes, for the style sheet: `-narrow` (below 100 columns) or `-wide`, and `-low` (below
    30 rows) or `-tall`. Key bindings are made with `poetry_tui.preferences.keymap.bind`.
    """

    MODE: ClassVar[str] = ""
    # Figures as the screen shows them, and the translation keys of their meanings, for the help.
    FIGURES: ClassVar[Mapping[str, str]] = {}
    HORIZONTAL_BREAKPOINTS = [(0, "-too-narrow"), (MIN_COLUMNS, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-too-low"), (MIN_ROWS, "-low"), (30, "-tall")]
    # Textual paints the whole screen again when the focus moves; the widgets that lose and have it repaint themselves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.services = services
        # Widgets whose keys work wherever the focus is on the screen.
        self.pane_keys: Sequence[Widget] = ()
        self._was_hidden = False

    def compose(self) -> ComposeResult:
        self._fit(self.app.size)
        yield StudioHeader(self.MODE)
        yield from self.compose_body()
        yield StudioFooter()
        yield TooSmall()

    def _fit(self, size: Size) -> None:
        """Have the classes of a size before the widgets are mounted: Textual's own come later and style each once more."""
        points = ((size.width, self.HORIZONTAL_BREAKPOINTS), (size.height, self.VERTICAL_BREAKPOINTS))
        for cells, breakpoints in points:
            self.add_class([name for least, name in breakpoints if cells >= least][-1])

    def compose_body(self) -> Iterable[Widget]:
        """The widgets between header and footer."""
        raise NotImplementedError

    @property
    def _binding_chain(self) -> BindingChain:
        return with_pane_keys(super()._binding_chain, self, self.pane_keys)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """Textual's, described in the current language: footer, help and key panel read them here."""
        active = {key: translated(one) for key, one in super().active_bindings.items()}
        return dict(sorted(active.items(), key=lambda item: self._key_rank(item[1])))

    @property
    def known_bindings(self) -> list[ActiveBinding]:
        """Every key of the screen, also those that would do nothing now, and then what else can be pressed: for the help."""
        nodes: tuple[DOMNode, ...] = (self, *self.pane_keys)
        own = [
            translated(ActiveBinding(node, binding, True, binding.tooltip))
            for node in nodes
            for binding in bindings_of(node)
        ]
        others = (active for active in self.active_bindings.values() if active.node not in nodes)
        return [*sorted(own, key=self._key_rank), *others]

    def _key_rank(self, active: ActiveBinding) -> int:
        label, order = active.binding.id, KEY_ORDER.get(self.MODE, ())
        return order.index(label) if label in order else len(order)

    def engine_changed(self, state: EngineState) -> None:
        """The engine service starts, is ready, died; the header says so, and screens that use it extend this."""
        self.query_one(StudioHeader).status = in_short(state)

    @property
    def is_whole(self) -> bool:
        """Whether its widgets are there: not yet while it is made, and no longer while the studio is left."""
        return self.is_mounted and bool(self.query(StudioHeader))

    @on(events.ScreenResume)
    def style_once(self, event: events.ScreenResume) -> None:
        """Have no widget styled once more where the screen was not hidden before: each was when it was mounted."""
        event.refresh_styles, self._was_hidden = event.refresh_styles and self._was_hidden, False

    def on_screen_suspend(self) -> None:
        self._was_hidden = True

    def on_screen_resume(self) -> None:
        if self.is_whole:
            self.engine_changed(self.services.engine.state)

    def refuse_blind(self) -> bool:
        """Whether a key or click that starts or ends something was made before its place was on the screen; says so."""
        if not self.services.input_gate.is_blind:
            return False
        self.notify(tr("shell.typed_blind"), severity="warning", markup=False)
        return True

    def _watch_focused(self) -> None:
        """Textual refreshes the bindings here, and again after the next painting: once is enough."""

    def _update_focus_styles(self, focused: Widget | None = None, blurred: Widget | None = None) -> None:
        update_focus_styles(self, focused, blurred)

    def refresh_labels(self) -> None:
        """Say everything again in the new language; screens with words in their widgets extend this."""
        for widget in self.walk_children(Widget):
            widget.refresh(layout=True)
        self.refresh_bindings()

    @on(Worker.StateChanged)
    def notify_unforeseen(self, event: Worker.StateChanged) -> None:
        """A mistake of ours in the background is said; it must not end the studio, nor vanish."""
        if event.state is not WorkerState.ERROR:
            return
        if isinstance(event.worker.error, StudioError):
            notify_error(self, event.worker.error)
        else:
            self.notify(tr("shell.unforeseen", error=repr(event.worker.error)), severity="error", markup=False)

    def on_resize(self) -> None:
        self.query_one(TooSmall).refresh()


class ScreenKeys(Widget):
    """A widget without a picture: keys that work everywhere on a studio screen and belong to one concern, and what they do."""

    DEFAULT_CSS = "ScreenKeys { display: none; }"

    def refuse_blind(self) -> bool:
        """`StudioScreen.refuse_blind` of its screen."""
        return isinstance(self.screen, StudioScreen) and self.screen.refuse_blind()

    @on(Worker.StateChanged)
    def notify_unforeseen(self, event: Worker.StateChanged) -> None:
        """As its screen does; the message goes to the widget alone that owns the worker."""
        if isinstance(self.screen, StudioScreen):
            self.screen.notify_unforeseen(event)


def notify_error(
    node: App[None] | Widget, error: StudioError, severity: SeverityLevel = "error", timeout: float | None = None
) -> None:
    """Notify of an error, with its hint below it if it has one, for `timeout` seconds or Textual's usual ones."""
    title, text = (tr_error(error.message), tr_error(error.hint)) if error.hint else ("", tr_error(error.message))
    node.notify(text, title=title, severity=severity, markup=False, timeout=timeout)


def notify_problem(app: App[None], state: EngineState) -> None:
    """Notify of why the engine is being restarted or does not compose."""
    if state.problem is not None and state.phase in (Phase.RESTARTING, Phase.NO_MODEL, Phase.FAILED):
        notify_error(app, state.problem, "warning" if state.phase is Phase.RESTARTING else "error")


def in_short(state: EngineState) -> str:
    """The engine's state for the header's right end."""
    if state.phase is Phase.READY and state.model is not None:
        return f"{tr('shell.model')} {state.model.name} · {state.model.device}"
    if state.phase is Phase.ASLEEP:
        return ""
    short = {Phase.NO_MODEL: "engine.no_model", Phase.FAILED: "engine.failed_short"}
    return tr(short.get(state.phase, f"engine.{state.phase}"))


class TooSmall(Widget):
    """One sentence; shown by the screen's `-too-narrow` and `-too-low` classes."""

    DEFAULT_CSS = """
    TooSmall {
        display: none;
        width: 1fr;
        height: 1fr;
        padding: 1 2;
        content-align: center middle;
        text-align: center;
    }
    """

    def render(self) -> Content:
        size = self.app.size
        return Content(
            tr(
                "shell.too_small",
                columns=size.width,
                rows=size.height,
                least_columns=MIN_COLUMNS,
                least_rows=MIN_ROWS,
            )
        )
