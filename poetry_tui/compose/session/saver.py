"""The session on the disk: restored, written again and again, cleared; a poem saved as a favourite."""

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message

from engine.system.errors import StudioError
from poetry_tui.compose.session.autosave import PERIOD_S, SessionAutosave
from poetry_tui.compose.session.generation import GenerationController
from poetry_tui.compose.session.revision_controller import RevisionController
from poetry_tui.compose.session.state import ComposeSession, Composition
from poetry_tui.favourites import OWN
from poetry_tui.preferences.i18n import tr, tr_error
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.shell.studio_screen import ScreenKeys


class SessionSaver(ScreenKeys):
    """Writes the session once a second where it has changed, and restores the poems that earlier ones did not save."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("X", "clear_session", "compose.clear_session", display="X", show=False),
        bind("f", "favourite", "compose.favourite"),
    ]

    class Changed(Message):
        """Poems were restored, or one was saved as a favourite."""

    def __init__(
        self, session: ComposeSession, revisions: RevisionController, generation: GenerationController
    ) -> None:
        super().__init__()
        self._session, self._revisions, self._generation = session, revisions, generation
        self.autosave = SessionAutosave(session)

    def on_mount(self) -> None:
        self.call_after_refresh(self._restore)
        self.set_interval(PERIOD_S, self._save)

    async def on_unmount(self) -> None:
        await self.autosave.close()

    @work(group="restore", exit_on_error=False)
    async def _restore(self) -> None:
        """Restore the poems that were not saved last time, where the studio was left or killed."""
        try:
            n_restored = await self.autosave.open()
        except OSError:
            # A folder that cannot be written is reported where something is saved.
            return
        if n_restored:
            self.post_message(self.Changed())
            self.notify(tr("compose.session_restored", n=n_restored), markup=False, timeout=10)

    @work(group="save", exclusive=True, exit_on_error=False)
    async def _save(self) -> None:
        await self.autosave.save()

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
            title, hint = tr_error(error.message), tr_error(error.hint)
            self.notify(hint, title=title, severity="error", markup=False, timeout=10)
            return
        current.is_favourite = True
        self.notify(tr("compose.favourite_saved"), markup=False)
        self.post_message(self.Changed())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        current = self._session.current
        return current is not None and (action == "clear_session" or current.is_composed)


def save_favourite(composition: Composition) -> None:
    """Write a poem to the favourites; it waits for the disk, so it belongs in a thread.

    Raises:
        StudioError: when the favourites cannot be written.
    """
    # SQLite is loaded with the first favourite, not before the first paint.
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
        )
    )
