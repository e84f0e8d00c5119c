"""The poem pane: the poem, below it the pager and the facts; the keys that step through, lock and revise the poem."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from engine.prosody.text import FREE_VERSE, han_of, is_han, shown_nats
from poetry_tui.compose.poem.dialogs import PoemDialogs
from poetry_tui.compose.poem.facts import AnnotationCache, Facts, novelty_facts, origin_facts, poem_heading, tone_facts
from poetry_tui.compose.poem.pager import Pager
from poetry_tui.compose.session.generation import Spawn
from poetry_tui.compose.session.revision_controller import LockChange, RevisionController
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import ComposeSession, Composition
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import bind
from poetry_tui.preferences.settings import SettingsStore
from poetry_tui.widgets.poem.comparison import ComparedPoem, PoemMarker
from poetry_tui.widgets.poem.poem_display import PoemDisplay
from poetry_tui.widgets.poem.poem_view import PoemView, PoemViewState
from poetry_tui.widgets.shell.studio_screen import CopyWanted

if TYPE_CHECKING:
    from poetry_tui.compose.request.tone_pattern import FormPattern, FormPatternView
    from poetry_tui.widgets.poem.annotations import PoemAnnotations


# Time without a key after which typed characters are put into the poem.
TYPING_PAUSE_S = 0.3


class PoemPane(Vertical):
    """Displays the current poem of a session. Edits go to the revision controller; a new request is posted as a message."""

    DEFAULT_CSS = """
    PoemPane {
        width: 1fr;
        padding: 0 1;
        border: round $panel;
        border-title-color: $text-muted;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("R", "recompose", "compose.recompose"),
        bind("l", "lock", "compose.lock"),
        bind("L", "lock_line", "compose.lock_line", show=False),
        bind("u", "undo", "compose.undo", show=False),
        bind("U", "redo", "compose.redo", show=False),
        bind("h", "history", "compose.history", show=False),
        bind("y", "copy", "compose.copy", show=False),
        bind("e", "poster", "poster.draw", show=False),
        bind("m", "compare", "compose.compare", show=False),
        bind("o", "quotations", "compose.quotations", show=False),
        bind("left", "step(-1)", "compose.step", show=False),
        bind("right", "step(1)", "compose.step", show=False),
        bind("j", "line(1)", "compose.line", show=False),
        bind("k", "line(-1)", "compose.line", show=False),
        bind("left_square_bracket", "turn(-1)", "compose.earlier", display="[", show=False),
        bind("right_square_bracket", "turn(1)", "compose.later", display="]", show=False),
        bind("n", "write_poem", "compose.write_poem", show=False),
        bind("t", "tones", "compose.tones"),
        bind("P", "pinyin", "compose.pinyin", display="P", show=False),
        bind("v", "upright", "compose.upright", show=False),
        bind("z", "traditional", "compose.traditional", show=False),
        bind("i", "shading", "compose.shading", show=False),
    ]

    @dataclass
    class RevisionRequested(Message):
        """Compose a revision of the current poem."""

        request: ComposeRequest

    @dataclass
    class OwnPoemEntered(Message):
        """The user has typed a poem: display and check it."""

        text: str

    def __init__(
        self, session: ComposeSession, revisions: RevisionController, settings: SettingsStore, spawn: Spawn
    ) -> None:
        super().__init__()
        self._session, self._revisions, self._settings, self._spawn = session, revisions, settings, spawn
        self._annotations = AnnotationCache(spawn, self.show_poem)
        self._display = PoemDisplay(settings, self.show_poem)
        self.to_display_chars = self._display.to_display_chars
        self._marker = PoemMarker(self._display.to_display_chars)
        # Shown in the first paint.
        self._hint = tr("compose.hint_warming_up")
        self.view = PoemView(self._hint)
        self.pager = Pager()
        self.facts = Facts()
        self.pattern: FormPatternView | None = None
        self.dialogs = PoemDialogs(self, session, revisions, settings, spawn, self._display.to_display_chars)
        # Characters typed at the cursor since the last pause.
        self._typed = ""
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.refresh_labels()
        self.call_after_refresh(self.mount_all, [self.pager, self.facts])
        if self._display.is_traditional:
            self.call_after_refresh(self._spawn, self._display.load)

    def refresh_labels(self) -> None:
        self.border_title = Content(tr_label("compose.poem"))
        self.pager.tooltip = tr("compose.pager.tip")

    # Display

    def show(self, hint: str) -> None:
        """Display the current poem of the session, or `hint` without one."""
        self._hint = hint
        self.show_poem()

    def show_poem(self) -> None:
        """Display the current poem again, after a change of the session or of a setting."""
        current, settings = self._session.current, self._settings.current
        annotations = None
        if current is not None and (settings.with_tones or settings.with_pinyin):
            annotations = self._annotations.get(current, with_pinyin=settings.with_pinyin)
        self.view.show(self._view_state(annotations))
        self.border_title = Content(tr_label("compose.poem") if current is None else poem_heading(current))
        self.pager.show([poem.nats_per_han for poem in self._session.compositions], self._session.index)
        facts: list[list[Content]] = []
        if current is not None and current.is_over:
            facts += [tone_facts(annotations)] if annotations is not None and settings.with_tones else []
            facts += [novelty_facts(current.novelty)] if current.novelty is not None else []
            facts += [origin_facts(current)]
        self.facts.show(facts)

    def _view_state(self, annotations: "PoemAnnotations | None") -> PoemViewState:
        current, revision, settings = self._session.current, self._session.revision, self._settings.current
        with_annotations = settings.with_tones or settings.with_pinyin
        title = str(current.config.get("title") or "") if current and current.tokens else ""
        return PoemViewState(
            tokens=current.visible if current else (),
            is_written=current is None or current.is_over,
            cursor=self._session.cursor,
            hint=self._hint,
            display_chars=self.to_display_chars(current.text) if current else "",
            annotations=(annotations.annotations if annotations else {}) if with_annotations else None,
            locked=revision.locked if revision else frozenset(),
            is_upright=self._display.is_upright,
            title=self.to_display_chars(title),
            stanza_starts=_stanza_starts(current) if current and current.is_over else (),
        )

    def show_pattern(self, pattern: "FormPattern | None") -> None:
        """Display the tone pattern of a form in place of the poem; None displays the poem again."""
        if self.pattern is None:
            if pattern is None:
                return
            # Loaded when a form is first chosen, not before the first paint.
            from poetry_tui.compose.request.tone_pattern import FormPatternView

            self.pattern = FormPatternView()
            self.mount(self.pattern, before=self.view)
        self.pattern.show(pattern)
        self.view.display = pattern is None

    def action_tones(self) -> None:
        """Toggle tones beside the characters; tones replace pinyin."""
        now = self._settings.current
        self._settings.change(with_tones=now.with_pinyin or not now.with_tones, with_pinyin=False)
        self.show_poem()

    def action_pinyin(self) -> None:
        """Toggle pinyin beside the characters, which hides the tones; without pinyin they return."""
        self._settings.change(with_pinyin=not self._settings.current.with_pinyin)
        self.show_poem()

    def action_upright(self) -> None:
        """Toggle vertical setting (columns from right to left)."""
        self._display.toggle_upright()

    def action_traditional(self) -> None:
        """Toggle the display in traditional characters; the poem itself stays simplified."""
        self._display.toggle_traditional()
        self._spawn(self._display.load)

    def action_shading(self) -> None:
        self.view.toggle_shading()

    def action_quotations(self) -> None:
        """Look for a phrase around the cursor in the largest corpus."""
        if self._session.current is not None and self._revisions.cursor is not None:
            self.dialogs.show_quotations(self._session.current.text, self._revisions.cursor)

    # Cursor and poems

    def action_step(self, by: int) -> None:
        self._revisions.step(by)

    def action_line(self, by: int) -> None:
        """Move the cursor to the line before or after; without a cursor, to the first character."""
        here = self._revisions.cursor
        self._revisions.set_cursor(0 if here is None else self.view.in_next_line(here, by))

    @on(PoemView.CharacterClicked)
    def move_cursor(self, event: PoemView.CharacterClicked) -> None:
        event.stop()
        self._revisions.set_cursor(event.index)

    def action_turn(self, by: int) -> None:
        self._revisions.turn(by)

    @on(Pager.Turned)
    def turn(self, event: Pager.Turned) -> None:
        event.stop()
        self._revisions.turn(event.by)

    # Revision

    def on_key(self, event: events.Key) -> None:
        """Take a Han character typed at the cursor; an input method sends those of a word one by one."""
        if event.character and is_han(event.character) and self._revisions.cursor is not None:
            event.stop()
            self._take(event.character)

    def on_paste(self, event: events.Paste) -> None:
        characters = han_of(event.text)
        if characters and self._revisions.cursor is not None:
            event.stop()
            self._take(characters)

    def _take(self, characters: str) -> None:
        self._typed += characters
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE_S, self._put_typed)

    def _put_typed(self) -> None:
        """Put the typed characters at the cursor, and compose the rest."""
        typed, self._typed = self._typed, ""
        request = self._revisions.choose(typed)
        if request is not None:
            self.post_message(self.RevisionRequested(request))

    def action_lock(self) -> None:
        self._revisions.toggle_lock()

    def action_lock_line(self) -> None:
        self._revisions.toggle_line_lock()

    def action_recompose(self) -> None:
        request = self._revisions.recompose()
        if request is not None:
            self.post_message(self.RevisionRequested(request))

    def action_undo(self) -> None:
        self._report(self._revisions.undo())

    def action_redo(self) -> None:
        self._report(self._revisions.redo())

    def _report(self, change: LockChange) -> None:
        """Notify which characters an undo or redo has locked or unlocked: the text is unchanged, and lock marks are easily missed."""
        for characters, key in ((change.unlocked, "compose.undone_freed"), (change.locked, "compose.undone_locked")):
            if characters:
                self.notify(tr(key, characters=characters), markup=False)

    def action_history(self) -> None:
        self.dialogs.choose_revision()

    def action_write_poem(self) -> None:
        self.dialogs.ask_for_own_poem(lambda text: self.post_message(self.OwnPoemEntered(text)))

    def action_copy(self) -> None:
        if self._session.current is not None:
            self.post_message(CopyWanted(self.view.text_as_shown))

    def action_compare(self) -> None:
        """Mark the poem, or compare it with the marked one."""
        current = self._session.current
        if current is not None and current.is_composed:
            form, nats = str(current.config.get("form", FREE_VERSE)), current.nats_per_han
            about = "" if nats is None else tr("favourites.nats", nats=shown_nats(nats))
            self._marker.mark(ComparedPoem(current.text, str(current.config.get("title") or ""), form, about), self)

    def action_poster(self) -> None:
        current = self._session.current
        if current is not None and current.tokens:
            self.dialogs.draw_poster(current, self.to_display_chars(current.text))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        current = self._session.current
        match action:
            case "copy" | "poster" | "compare":
                return current is not None and current.is_composed
            case "step" | "line" | "history":
                return self._revisions.has_revision
            case "turn":
                return len(self._session.compositions) > 1
            case "recompose":
                return self._revisions.can_recompose
            case "lock" | "lock_line" | "quotations":
                return self._revisions.cursor is not None
            case "undo":
                return self._revisions.can_undo
            case "redo":
                return self._revisions.can_redo
        return True


def _stanza_starts(poem: Composition) -> tuple[int, ...]:
    # Imported here because it reads the table of forms.
    from engine.prosody.tunes import stanza_starts_of

    return stanza_starts_of(poem.text, str(poem.config.get("form") or ""))
