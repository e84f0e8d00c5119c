"""The dialogs of the poem pane: the tree of revisions, quotations, a poem of the user, the poster. Each is imported when first opened."""

import asyncio
import functools
from collections.abc import Callable

from textual.widget import Widget

from engine.prosody.text import FREE_VERSE
from engine.system.errors import StudioError
from poetry_tui.compose.session.generation import Spawn
from poetry_tui.compose.session.revision_controller import RevisionController
from poetry_tui.compose.session.state import ComposeSession, Composition
from poetry_tui.preferences.i18n import tr, tr_error, tr_label
from poetry_tui.preferences.settings import SettingsStore


class PoemDialogs:
    """Opens dialogs over the screen of `pane`. `own_text`: draft of the user's own poem, with which its dialog opens."""

    def __init__(
        self,
        pane: Widget,
        session: ComposeSession,
        revisions: RevisionController,
        settings: SettingsStore,
        spawn: Spawn,
        to_display_chars: Callable[[str], str],
    ) -> None:
        self._pane, self._session, self._revisions = pane, session, revisions
        self._settings, self._spawn = settings, spawn
        self._to_display_chars = to_display_chars
        self.own_text = ""

    def choose_revision(self) -> None:
        """Open the tree of revisions, and go to the chosen one."""
        from poetry_tui.widgets.cards import Choose

        tree = self._session.tree
        rows = tree.rows()
        here = next((index for index, row in enumerate(rows) if row.revision.number == tree.number), 0)

        def go_to(index: int | None) -> None:
            if index is not None:
                self._revisions.go_to(rows[index].revision.number)

        if rows:
            labels = [self._to_display_chars(self._revisions.label_of(row)) for row in rows]
            self._pane.app.push_screen(Choose(tr_label("compose.history"), labels, here), go_to)

    def show_quotations(self, text: str, index: int) -> None:
        """List the lines of the largest corpus that share a phrase with `text` around `index`."""
        self._spawn(functools.partial(self._show_quotations, text, index))

    async def _show_quotations(self, text: str, index: int) -> None:
        from engine.corpus.phrases import largest_corpus, quotations_around
        from poetry_tui.widgets.cards import Choose

        try:
            corpus = await asyncio.to_thread(largest_corpus)
            found = await asyncio.to_thread(quotations_around, text, index, corpus)
        except StudioError as error:
            self._pane.notify(tr_error(str(error)), severity="error", markup=False)
            return
        current = self._session.current
        if not found:
            self._pane.notify(tr("compose.no_quotations", corpus=corpus.name), markup=False)
        elif current is not None and current.text == text and self._pane.screen.is_current:
            labels = [f"{one.phrase}　{one.line}　{one.author}《{one.title}》" for one in found]
            self._pane.app.push_screen(Choose(tr("compose.quotations_in", corpus=corpus.name), labels, 0))

    def ask_for_own_poem(self, enter: Callable[[str], object]) -> None:
        """Ask for a poem of the user, and pass its text to `enter`."""
        from poetry_tui.compose.poem.own_poem_dialog import OwnPoemDialog

        dialog = OwnPoemDialog(self.own_text)

        def take(text: str | None) -> None:
            self.own_text = dialog.text if text is None else ""
            if text is not None:
                enter(text)

        self._pane.app.push_screen(dialog, take)

    def draw_poster(self, poem: Composition, display_text: str) -> None:
        """Ask how to draw the poem as a poster, and draw it."""
        # Imported here because it loads fonts and images.
        from poetry_tui.widgets.poster_dialog import PosterDialog

        title, form = str(poem.config.get("title") or ""), str(poem.config.get("form", FREE_VERSE))
        self._pane.app.push_screen(PosterDialog(display_text, self._settings, title=title, form=form))
