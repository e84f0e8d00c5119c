"""Save the session: restore it, write it after each change, clear it; save a poem as a favourite."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message

from engine.system.errors import StudioError
from poetry_tui.compose.session.generation import GenerationController
from poetry_tui.compose.session.revision_controller import RevisionController
from poetry_tui.compose.session.state import ComposeSession, Composition
from poetry_tui.favourites import OWN
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.shell.studio_screen import ScreenKeys, notify_error

if TYPE_CHECKING:
    from poetry_tui.compose.session.file import SessionFile

# Interval between saves; a killed studio loses at most this much.
PERIOD_S = 1.0
_POLL_S = 0.1


class SessionSaver(ScreenKeys):
    """Restores the poems that earlier sessions did not save as favourites, then writes the session to its own file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("X", "clear_session", "compose.clear_session", display="X", show=False),
        bind("f", "favourite", "compose.favourite"),
    ]

    class Changed(Message):
        """A poem was saved as a favourite."""

    class Restored(Message):
        """Poems of earlier sessions were restored."""

    def __init__(
        self, session: ComposeSession, revisions: RevisionController, generation: GenerationController
    ) -> None:
        super().__init__()
        self._session, self._revisions, self._generation = session, revisions, generation
        self._file: SessionFile | None = None
        # The saved state: the revisions, and the number of favourites.
        self._written: tuple[object, int] = ((), 0)

    @property
    def is_open(self) -> bool:
        """Whether the session has its file, and earlier sessions have been read."""
        return self._file is not None

    def on_mount(self) -> None:
        self.call_after_refresh(self._restore)
        self.set_interval(PERIOD_S, self._save)

    async def on_unmount(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._file.save, self._session.snapshot())
            self._file.close()

    @work(group="restore", exit_on_error=False)
    async def _restore(self) -> None:
        """Open a session file, and restore the poems of earlier sessions that are no favourites."""
        # Not needed before the first paint.
        from poetry_tui.compose.session.file import SessionFile, merge_sessions, n_unsaved

        file = SessionFile()
        try:
            found = await asyncio.to_thread(file.open)
        except OSError:
            # A folder that cannot be written is reported when the user saves something.
            return
        while self._session.incomplete:
            await asyncio.sleep(_POLL_S)
        self._file = file
        if n_restored := n_unsaved(found):
            merged = merge_sessions([self._session.snapshot(), found]) if self._session.compositions else found
            self._session.replace(merged)
            self.post_message(self.Restored())
            self.notify(tr("compose.session_restored", n=n_restored), markup=False)

    @work(group="save", exclusive=True, exit_on_error=False)
    async def _save(self) -> None:
        """Write the session if it has changed; after a failed write the next call tries again."""
        revisions = self._session.tree.revisions
        n_favourites = sum(poem.is_favourite for poem in self._session.compositions)
        if self._file is None or (revisions is self._written[0] and n_favourites == self._written[1]):
            return
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._file.save, self._session.snapshot())
            self._written = revisions, n_favourites

    def action_clear_session(self) -> None:
        """Remove all poems from the screen; undo restores them."""
        if self._session.compositions and not self.refuse_blind():
            self._generation.stop()
            self._revisions.clear()
            self.notify(tr("compose.session_cleared"), markup=False)

    @work(group="favourite", exit_on_error=False)
    async def action_favourite(self) -> None:
        current = self._session.current
        if current is None or not current.text:
            return
        try:
            await asyncio.to_thread(save_favourite, current)
        except StudioError as error:
            notify_error(self, error, timeout=10)
            return
        current.is_favourite = True
        self.notify(tr("compose.favourite_saved"), markup=False)
        self.post_message(self.Changed())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        current = self._session.current
        return current is not None and (action == "clear_session" or current.is_composed)


def save_favourite(composition: Composition) -> None:
    """Write a poem to the favourites. Blocks on the disk, so call it in a thread.

    Raises:
        StudioError: the favourites cannot be written.
    """
    # Imported here because it loads SQLite.
    from poetry_tui.favourites.store import Favourite, FavouriteStore

    made_by = "" if composition.is_own else composition.done.model if composition.done else composition.request.model
    FavouriteStore().add(
        Favourite(
            id=0,
            text=composition.text,
            begin=str(composition.config["begin"]),
            model=made_by or "",
            seed=int(composition.config["seed"]),
            settings={**composition.config, **({OWN: True} if composition.is_own else {})},
            logprob=composition.logprob,
            title=str(composition.config.get("title") or ""),
        )
    )
