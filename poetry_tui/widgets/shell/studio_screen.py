"""The base of the studio's screens: tabs above, keys below, and a sentence when the terminal is too small."""

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
    """The state of the engine service has changed."""

    state: EngineState


@dataclass
class ModelWanted(Message):
    """Compose with this model: its name, or the folder of a model or a run."""

    model: str


@dataclass
class CopyWanted(Message):
    """Copy a text to the clipboard, and notify by which way."""

    text: str


@dataclass(slots=True)
class Services:
    """Shared by every screen.

    `engine`: the client of the composing service, which starts when a screen first needs it. `settings`: the user's settings,
    in memory and on disk. `input_gate`: holds keys back while an earlier one is handled, and detects keys typed blind.
    """

    engine: EngineClient
    settings: SettingsStore
    input_gate: InputGate


# The smallest supported terminal, in cells.
MIN_COLUMNS = 60
MIN_ROWS = 16


class StudioScreen(Screen[None]):
    """A mode of the studio. Subclasses set `MODE` and yield the widgets between header and footer from `compose_body`.

    The style sheet gets width and height as classes: `-narrow` (below 100 columns) or `-wide`, and `-low` (below 30 rows) or
    `-tall`. Make key bindings with `poetry_tui.preferences.keymap.bind`.
    """

    MODE: ClassVar[str] = ""
    # For the help: by figure as the screen shows it, the i18n key of its meaning.
    FIGURES: ClassVar[Mapping[str, str]] = {}
    HORIZONTAL_BREAKPOINTS = [(0, "-too-narrow"), (MIN_COLUMNS, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-too-low"), (MIN_ROWS, "-low"), (30, "-tall")]
    # Textual repaints the whole screen when the focus moves, but the two widgets concerned repaint themselves.
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
        """Set the size classes before the widgets are mounted; Textual sets them later, which styles every widget again."""
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
        """Textual's active bindings with descriptions in the current language, for footer, help and key panel."""
        active = {key: translated(one) for key, one in super().active_bindings.items()}
        return dict(sorted(active.items(), key=lambda item: self._key_rank(item[1])))

    @property
    def known_bindings(self) -> list[ActiveBinding]:
        """All keys of the screen, inactive ones included, then the other active keys; for the help."""
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
        """Show a new state of the engine service in the header; screens that use the engine extend this."""
        self.query_one(StudioHeader).status = in_short(state)

    @property
    def is_whole(self) -> bool:
        """Whether the screen's widgets exist: not before it is mounted, nor while the studio quits."""
        return self.is_mounted and bool(self.query(StudioHeader))

    @on(events.ScreenResume)
    def style_once(self, event: events.ScreenResume) -> None:
        """Restyle the widgets only if the screen was hidden before; otherwise they were styled when they were mounted."""
        event.refresh_styles, self._was_hidden = event.refresh_styles and self._was_hidden, False

    def on_screen_suspend(self) -> None:
        self._was_hidden = True

    def on_screen_resume(self) -> None:
        if self.is_whole:
            self.engine_changed(self.services.engine.state)

    def refuse_blind(self) -> bool:
        """Whether the current key or click was made blind (see `InputGate.is_blind`); if so, notify the user. Actions that start or
        end something call this first."""
        if not self.services.input_gate.is_blind:
            return False
        self.notify(tr("shell.typed_blind"), severity="warning", markup=False)
        return True

    def _watch_focused(self) -> None:
        """Do nothing: Textual refreshes the bindings here, and again after the next paint, which suffices."""

    def _update_focus_styles(self, focused: Widget | None = None, blurred: Widget | None = None) -> None:
        update_focus_styles(self, focused, blurred)

    def refresh_labels(self) -> None:
        """Write all texts in the new language; screens whose widgets hold texts extend this."""
        for widget in self.walk_children(Widget):
            widget.refresh(layout=True)
        self.refresh_bindings()

    @on(Worker.StateChanged)
    def notify_unforeseen(self, event: Worker.StateChanged) -> None:
        """Notify of an error in a background worker; a bug there must neither end the studio nor go unnoticed."""
        if event.state is not WorkerState.ERROR:
            return
        if isinstance(event.worker.error, StudioError):
            notify_error(self, event.worker.error)
        else:
            self.notify(tr("shell.unforeseen", error=repr(event.worker.error)), severity="error", markup=False)

    def on_resize(self) -> None:
        self.query_one(TooSmall).refresh()


class ScreenKeys(Widget):
    """An invisible widget: the keys of one concern, which work everywhere on a studio screen, and their actions."""

    DEFAULT_CSS = "ScreenKeys { display: none; }"

    def refuse_blind(self) -> bool:
        """Call `StudioScreen.refuse_blind` of the screen."""
        return isinstance(self.screen, StudioScreen) and self.screen.refuse_blind()

    @on(Worker.StateChanged)
    def notify_unforeseen(self, event: Worker.StateChanged) -> None:
        """Notify as the screen does; the message is sent only to the widget that owns the worker."""
        if isinstance(self.screen, StudioScreen):
            self.screen.notify_unforeseen(event)


def notify_error(
    node: App[None] | Widget, error: StudioError, severity: SeverityLevel = "error", timeout: float | None = None
) -> None:
    """Notify of an error, with its hint if it has one. `timeout`: in seconds; None for Textual's default."""
    title, text = (tr_error(error.message), tr_error(error.hint)) if error.hint else ("", tr_error(error.message))
    node.notify(text, title=title, severity=severity, markup=False, timeout=timeout)


def notify_problem(app: App[None], state: EngineState) -> None:
    """Notify of the reason why the engine is being restarted or cannot compose."""
    if state.problem is not None and state.phase in (Phase.RESTARTING, Phase.NO_MODEL, Phase.FAILED):
        notify_error(app, state.problem, "warning" if state.phase is Phase.RESTARTING else "error")


def in_short(state: EngineState) -> str:
    """The engine's state as a short text for the right end of the header."""
    if state.phase is Phase.READY and state.model is not None:
        return f"{tr('shell.model')} {state.model.name} · {state.model.device}"
    if state.phase is Phase.ASLEEP:
        return ""
    short = {Phase.NO_MODEL: "engine.no_model", Phase.FAILED: "engine.failed_short"}
    return tr(short.get(state.phase, f"engine.{state.phase}"))


class TooSmall(Widget):
    """A sentence that the terminal is too small; shown by the screen's classes `-too-narrow` and `-too-low`."""

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
