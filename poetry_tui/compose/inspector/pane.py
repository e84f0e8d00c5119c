"""The inspector pane: shows the character at the cursor, or the newest one; its keys pick another character."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from engine.composing.requests import InspectCharacter, InspectStates
from engine.system.errors import StudioError
from poetry_tui.compose.session.generation import Job, Spawn
from poetry_tui.compose.session.revision_controller import RevisionController
from poetry_tui.compose.session.state import ComposeSession
from poetry_tui.engine_client.client import EngineClient
from poetry_tui.preferences.i18n import tr_label
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.shell.studio_screen import notify_error

if TYPE_CHECKING:
    from poetry_tui.compose.inspector.character_inspector import CharacterInspector


class InspectorPane(Vertical):
    """The frame of the `CharacterInspector`, which is loaded and mounted after the first paint."""

    DEFAULT_CSS = """
    InspectorPane {
        width: 30%;
        min-width: 32;
        max-width: 60;
        padding: 0 1;
        border: round $panel;
        border-title-color: $text-muted;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "pick(-1)", "compose.pick", show=False),
        bind("down", "pick(1)", "compose.pick", show=False),
        bind("g", "layer", "inspector.next_layer", show=False),
        bind("comma", "unit(-1)", "inspector.unit_before", display=",", show=False),
        bind("full_stop", "unit(1)", "inspector.unit_after", display=".", show=False),
        bind("H", "states", "inspector.states", show=False),
    ]

    class Inspected(Message):
        """The engine has sent the missing probabilities of a character."""

    class Opened(Message):
        """A key needs the pane, which is hidden: show it."""

    def __init__(
        self,
        session: ComposeSession,
        revisions: RevisionController,
        engine: EngineClient,
        spawn: Spawn,
        to_display_chars: Callable[[str], str],
    ) -> None:
        """`to_display_chars` converts a text to the displayed characters, simplified or traditional."""
        super().__init__()
        self._to_display_chars = to_display_chars
        self._session, self._revisions, self._engine, self._spawn = session, revisions, engine, spawn
        self._inspecting: Job | None = None

    @functools.cached_property
    def inspector(self) -> "CharacterInspector":
        from poetry_tui.compose.inspector.character_inspector import CharacterInspector

        return CharacterInspector()

    def on_mount(self) -> None:
        self.refresh_labels()
        # Mounted after the first paint, to speed that up.
        self.call_after_refresh(self._mount_inspector)

    async def _mount_inspector(self) -> None:
        # The pane may already be removed, in a studio that was left at once.
        if self.is_attached:
            await self.mount(self.inspector)

    def refresh_labels(self) -> None:
        self.border_title = Content(tr_label("compose.this_character"))

    def show(self) -> None:
        """Display the character at the cursor of the session, or the newest one."""
        if not (self.is_mounted and self.inspector.is_mounted):
            return
        current, cursor = self._session.current, self._session.cursor
        tokens = current.visible if current else []
        index = cursor if cursor is not None else len(tokens) - 1
        token = tokens[index] if 0 <= index < len(tokens) else None
        # Without a cursor an inspection is requested only for a token with unknown figures (a restored poem or a candidate).
        is_over = current is not None and current.is_over
        is_wanted = cursor is not None or (is_over and token is not None and not token.is_known)
        self.inspector.show(token, self._inspected_character(index) if is_wanted else None)

    def _inspected_character(self, index: int) -> InspectCharacter | None:
        """The request to inspect a position of the displayed poem; None for an incomplete poem."""
        revision = self._session.revision
        if revision is None:
            return None
        return InspectCharacter(revision.text, index, revision.config, revision.model)

    # Not by `@on`, which would load the inspector before the first paint.
    def on_character_inspector_inspection_wanted(self, event: "CharacterInspector.InspectionWanted") -> None:
        event.stop()
        if self._inspecting is not None:
            self._inspecting.cancel()
        self._inspecting = self._spawn(functools.partial(self._inspect, event.inspected))

    async def _inspect(self, inspected: InspectCharacter) -> None:
        """Ask the engine for the state of the network at a position."""
        try:
            found = await self._engine.inspect(inspected)
        except StudioError as error:
            notify_error(self, error, "warning")
            return
        if found is not None:
            self.inspector.set_inspection(inspected, found)
            self._session.set_inspection(inspected, found)
            self.post_message(self.Inspected())

    @property
    def is_picking(self) -> bool:
        """Whether an alternative is picked for the character at the cursor."""
        return self._revisions.cursor is not None and self.inspector.alternatives.picked is not None

    def choose(self) -> None:
        """Put the picked alternative at the cursor."""
        self.inspector.action_choose()

    def action_pick(self, by: int) -> None:
        """Pick the next likelier or less likely character for the cursor's position; enter puts it there."""
        if self._revisions.cursor is None:
            self._revisions.step(1)
        if not self.display:
            self.post_message(self.Opened())
        self.inspector.action_move(by)

    def action_layer(self) -> None:
        self.inspector.action_next_layer()

    def action_unit(self, by: int) -> None:
        self.inspector.action_step_unit(by)

    def action_states(self) -> None:
        """Open the heat map of a layer's states over the poem; it may return a new cursor position."""
        revision = self._session.revision
        if revision is None:
            return
        from poetry_tui.compose.inspector.states_screen import StatesScreen

        request = InspectStates(revision.text, config=revision.config, model=revision.model)
        displayed = self._to_display_chars(revision.text)

        def go_to(index: int | None) -> None:
            if index is not None and self._session.revision is revision:
                self._revisions.set_cursor(index)

        self.app.push_screen(StatesScreen(self._engine.states, request, displayed, self._session.cursor or 0), go_to)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._revisions.has_revision if action in ("pick", "states") else True
