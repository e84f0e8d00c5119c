"""Tone annotations of the poems of a session, computed once in the background. No Textual import."""

import asyncio
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from poetry_tui.compose.session.generation import Spawn
from poetry_tui.compose.session.state import Composition

if TYPE_CHECKING:
    from engine.prosody import RhymeBook
    from poetry_tui.verse.annotations import PoemAnnotations

    # Text, form and rhyme book decide the annotations.
    Key = tuple[str, str | None, RhymeBook | None]


class AnnotationCache:
    """`spawn` starts a coroutine function in the background; `on_change` is called when annotations are there."""

    def __init__(self, spawn: Spawn, on_change: Callable[[], None]) -> None:
        self._spawn, self._on_change = spawn, on_change
        self._found: dict[Key, PoemAnnotations] = {}
        self._pending: set[Key] = set()

    def get(self, poem: Composition) -> "PoemAnnotations | None":
        """The annotations of a complete poem; None until they are computed, which this starts."""
        if not poem.is_over or not poem.text:
            return None
        form = poem.config.get("form")
        key = (poem.text, None if form in (None, "free") else str(form), poem.config.get("rhyme_book"))
        if key not in self._found and key not in self._pending:
            self._pending.add(key)
            self._spawn(functools.partial(self._annotate, key))
        return self._found.get(key)

    async def _annotate(self, key: "Key") -> None:
        # Loads the tables of the prosody: not before the first poem whose tones are displayed.
        from poetry_tui.verse.annotations import annotate

        try:
            self._found[key] = await asyncio.to_thread(annotate, *key)
        finally:
            self._pending.discard(key)
        self._on_change()
