"""The Compose screen: request form, poem pane and inspector, wired to the controllers of generation and revision."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.worker import Worker

from engine.system.errors import StudioError
from poetry_tui.compose.inspector.pane import InspectorPane
from poetry_tui.compose.poem.pane import PoemPane
from poetry_tui.compose.request.form import RequestForm
from poetry_tui.compose.session.generation import GenerationController
from poetry_tui.compose.session.revision_controller import RevisionController
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.saver import SessionSaver
from poetry_tui.compose.session.state import ComposeSession
from poetry_tui.engine_client.client import EngineState, Phase
from poetry_tui.favourites import OWN
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.shell.studio_screen import Services, StudioScreen, notify_error

if TYPE_CHECKING:
    from poetry_tui.compose.inspector.character_inspector import CharacterInspector
    from poetry_tui.compose.request.fields import RequestFields
    from poetry_tui.favourites.store import Favourite


class ComposeScreen(StudioScreen):
    """Owns the session. The panes display it, the controllers change it, and every change comes back to `show`."""

    MODE = "compose"
    FIGURES: ClassVar = {"1 2.58": "compose.pager.tip", "1.7 % → 1.9 %": "compose.odds.tip"}
    DEFAULT_CSS = """
    ComposeScreen {
        #panes { height: 1fr; }
        &.-low RequestForm { padding: 0 1; }
        &.-panel.-narrow RequestForm { display: none; }
        InspectorPane { display: none; }
        &.-wide InspectorPane, &.-panel.-narrow InspectorPane { display: block; }
        &.-wide.-no-panel InspectorPane { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "compose", "compose.go", display="⏎"),
        bind("r", "again", "compose.again"),
        bind("s", "stop", "compose.stop"),
        bind("p", "panel", "compose.panel"),
        bind("escape", "leave", "compose.leave", display="Esc", show=False),
    ]

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.session = ComposeSession()
        self.generation = GenerationController(
            self.session,
            services.engine,
            spawn=self._spawn,
            on_change=self.show,
            on_failure=self._report_failure,
            pace_chars_per_s=lambda: self.fields.pace_chars_per_s,
        )
        self.revisions = RevisionController(self.session, self.show)
        self.session_saver = SessionSaver(self.session, self.revisions, self.generation)
        self.request_form = RequestForm(self.session, services.settings)
        self.poem_pane = PoemPane(self.session, self.revisions, services.settings, self._spawn)
        self.inspector_pane = InspectorPane(
            self.session, self.revisions, services.engine, self._spawn, self.poem_pane.to_display_chars
        )
        self.pane_keys = (self.session_saver, self.request_form, self.poem_pane, self.inspector_pane)
        # The field that the last request was sent from, if any; it gets the focus back when the request is refused.
        self._requested_from: Widget | None = None
        self._shown: tuple[object, ...] = ()

    def compose_body(self) -> Iterable[Widget]:
        yield Horizontal(self.request_form, self.poem_pane, self.inspector_pane, id="panes")
        yield self.session_saver

    def on_mount(self) -> None:
        self.call_after_refresh(self.show)
        # Started after the first paint, which must not wait for the engine.
        self.call_after_refresh(self.services.engine.start)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(
            self.run_worker, self.request_form.offer_choices, group="choices", exclusive=True, exit_on_error=False
        )

    def _spawn(self, coroutine_function: Callable[[], Coroutine[Any, Any, None]]) -> Worker[None]:
        return self.run_worker(coroutine_function, exit_on_error=False)

    @property
    def fields(self) -> "RequestFields":
        return self.request_form.fields

    # Display

    @on(SessionSaver.Changed)
    @on(InspectorPane.Inspected)
    def show(self) -> None:
        """Display the session after a change."""
        self.poem_pane.show(self._hint())
        self.inspector_pane.show()
        if self.services.engine.state.phase is Phase.READY:
            self.generation.look_up_novelty()
        session = self.session
        shown = session.tree, session.index, len(session.compositions), self.generation.is_writing
        # Rebuild the footer when the keys that apply may have changed.
        if not self._shown or shown[0] is not self._shown[0] or shown[1:] != self._shown[1:]:
            self._shown = shown
            self.refresh_bindings()

    @on(SessionSaver.Restored)
    def show_restored(self) -> None:
        """Display the restored poems; unless the user has moved the focus, move it to them, so that the footer shows their keys."""
        if self.focused is self.request_form.picker:
            self.set_focus(self.poem_pane.view)
        self.show()

    def _hint(self) -> str:
        """The text of an empty poem pane."""
        phase = self.services.engine.state.phase
        is_warm = phase in (Phase.READY, Phase.NO_MODEL, Phase.FAILED)
        if not self.generation.is_writing:
            return tr("compose.hint" if is_warm else "compose.hint_warming_up")
        if not is_warm:
            return tr("compose.hint_loading" if phase is Phase.LOADING else "compose.hint_starting")
        progress = self.session.current.progress if self.session.current is not None else None
        if progress is None:
            return tr("compose.hint_thinking")
        key = "compose.hint_candidates" if progress.share < 1 else "compose.hint_ranking"
        return tr(key, number=progress.n_poems, percent=int(100 * progress.share))

    def engine_changed(self, state: EngineState) -> None:
        super().engine_changed(state)
        self.show()
        # An engine asleep has no model to show, and the fields must not be loaded before the first paint.
        if state.phase is not Phase.ASLEEP:
            self.fields.model_is(self.services.engine.model, state.model.name if state.model is not None else None)

    def refresh_labels(self) -> None:
        super().refresh_labels()
        for pane in (self.request_form, self.poem_pane, self.inspector_pane):
            pane.refresh_labels()
        self.show()

    def action_panel(self) -> None:
        self.toggle_class("-no-panel" if self.has_class("-wide") else "-panel")

    @on(InspectorPane.Opened)
    def open_inspector(self) -> None:
        if not self.inspector_pane.display:
            self.action_panel()

    # Composing

    def action_compose(self) -> None:
        """Compose a poem for each chosen begin; if an alternative is picked at the cursor, put that there instead."""
        is_in_form = self.focused is not None and self.request_form in self.focused.ancestors
        if self.inspector_pane.is_picking and not is_in_form:
            self.inspector_pane.choose()
            return
        requests = self.request_form.requests(self.services.engine.model)
        if requests:
            self.write(requests, self.fields.n_candidates)
        else:
            self.notify(tr("compose.nothing_chosen"), markup=False)

    def on_input_submitted(self) -> None:
        self.action_compose()

    def action_again(self) -> None:
        """Compose with the same begin, a new seed and the current options."""
        if self.session.current is not None:
            begin = str(self.session.current.config["begin"])
            self.write([self.request_form.request(begin, self.services.engine.model)], self.fields.n_candidates)

    def recreate(self, favourite: "Favourite") -> None:
        """Compose a favourite again with its model, seed and settings; a poem of the user is displayed."""
        if favourite.settings.get(OWN):
            self.add_own_poem(f"《{favourite.title}》{favourite.text}" if favourite.title else favourite.text)
            return
        config = {**favourite.settings, "begin": favourite.begin, "seed": favourite.seed}
        self.write([ComposeRequest(config, model=favourite.model)])

    @on(PoemPane.RevisionRequested)
    def write_revision(self, event: PoemPane.RevisionRequested) -> None:
        self.write([event.request])

    # Not by `@on`, which would load the inspector before the first paint.
    def on_character_inspector_chosen(self, event: "CharacterInspector.Chosen") -> None:
        """Put a character at the cursor and compose the rest."""
        request = self.revisions.choose(event.alternative.character)
        if request is not None:
            self.write([request])

    def write(self, requests: Sequence[ComposeRequest], n_candidates: int = 1) -> None:
        """Stop the current request and compose these, each as the best of `n_candidates`."""
        is_from_field = self.request_form.has_fields and self.focused in self.fields.inputs
        self._requested_from = self.focused if is_from_field else None
        self.generation.start(requests, n_candidates)
        self.set_focus(self.poem_pane.view)

    def _report_failure(self, error: StudioError, is_refused: bool) -> None:
        if is_refused and self._requested_from is not None and self.focused is self.poem_pane.view:
            self.set_focus(self._requested_from)
        notify_error(self, error, timeout=10)

    def action_stop(self) -> None:
        self.generation.stop()

    @on(PoemPane.OwnPoemEntered)
    def take_own_poem(self, event: PoemPane.OwnPoemEntered) -> None:
        self.add_own_poem(event.text)

    @work(group="own", exclusive=True, exit_on_error=False)
    async def add_own_poem(self, text: str) -> None:
        """Display a poem typed by the user, with its tones and faults."""
        from poetry_tui.compose.poem.own_poem import own_composition

        try:
            composition = await asyncio.to_thread(own_composition, text, self.services.engine.model)
        except StudioError as error:
            self.poem_pane.dialogs.own_text = text
            notify_error(self, error)
            return
        self.services.settings.change(with_tones=True)
        self.generation.add_whole(composition)
        self.set_focus(self.poem_pane.view)

    # The form and its options

    # Not by `@on`, which would load the fields before the first paint.
    def on_request_fields_option_changed(self, event: "RequestFields.OptionChanged") -> None:
        if event.name == "model":
            self.services.engine.load(self.fields.model)

    @on(RequestForm.FieldWanted)
    def focus_field(self, event: RequestForm.FieldWanted) -> None:
        self.remove_class("-panel")
        self.set_focus(event.field)

    @on(RequestForm.PatternChanged)
    def show_pattern(self, event: RequestForm.PatternChanged) -> None:
        self.poem_pane.show_pattern(event.pattern)

    def action_leave(self) -> None:
        """Leave the fields, or the cursor, or stop composing."""
        if self.focused is not None and self.fields in self.focused.ancestors:
            self.set_focus(self.request_form.picker)
        elif self.revisions.cursor is not None:
            self.revisions.set_cursor(None)
        else:
            self.action_stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        current = self.session.current
        match action:
            case "again":
                return current is not None and current.is_composed and not current.is_own
            case "stop":
                return self.generation.is_writing
        return True
