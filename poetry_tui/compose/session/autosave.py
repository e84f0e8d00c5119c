"""Autosave: a session is written after each change, so that a killed studio loses one second at most. No Textual import."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from poetry_tui.compose.session.state import ComposeSession

if TYPE_CHECKING:
    from poetry_tui.compose.session.file import SessionFile

PERIOD_S = 1.0
_POLL_S = 0.1


class SessionAutosave:
    """Restores the poems that earlier sessions did not save as favourites, then writes the session to its own file."""

    def __init__(self, session: ComposeSession) -> None:
        self._session = session
        self._file: SessionFile | None = None
        # What the file holds: the revisions, and how many poems are saved as favourites.
        self._written: tuple[object, int] = ((), 0)

    @property
    def is_open(self) -> bool:
        return self._file is not None

    @property
    def is_current(self) -> bool:
        """Whether the file holds the session as it is."""
        revisions, n_favourites = self._state
        return revisions is self._written[0] and n_favourites == self._written[1]

    async def open(self) -> int:
        """Take a file and add its unsaved poems to the session; their number. OSError where the folder cannot be written."""
        # Not needed before the first paint.
        from poetry_tui.compose.session.file import SessionFile, merge_sessions, n_unsaved

        file = SessionFile()
        found = await asyncio.to_thread(file.open)
        while self._session.incomplete:
            await asyncio.sleep(_POLL_S)
        self._file = file
        n = n_unsaved(found)
        if n:
            merged = merge_sessions([self._session.snapshot(), found]) if self._session.compositions else found
            self._session.replace(merged)
        return n

    async def save(self) -> None:
        """Write the session if it has changed; the next call tries again where it cannot be written."""
        if self._file is None or self.is_current:
            return
        state = self._state
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._file.save, self._session.snapshot())
            self._written = state

    async def close(self) -> None:
        """Write the session and release the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._file.save, self._session.snapshot())
            self._file.close()

    @property
    def _state(self) -> tuple[object, int]:
        return self._session.tree.revisions, sum(poem.is_favourite for poem in self._session.compositions)
