"""Generation: requests poems one after another, and reveals their characters on a clock. No Textual import."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from engine.composing.replies import Novelty, Poem, Progress, Token
from engine.system.errors import StudioError
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import ComposeSession, Composition, candidate_poem

TICKS_PER_S = 12
# Seeds are short enough to be read out and typed.
_MAX_SEED = 1_000_000


class Engine(Protocol):
    """The part of `EngineClient` that composes."""

    def start(self) -> None: ...

    def compose(self, config: Mapping[str, Any], model: str | None = None) -> AsyncGenerator[Token | Poem, None]: ...

    async def candidates(
        self, config: Mapping[str, Any], n: int, model: str | None, on_progress: Callable[[Progress], None]
    ) -> Sequence[Poem]: ...

    async def novelty(self, text: str, model: str | None = None) -> Novelty | None: ...


class Job(Protocol):
    """A coroutine that runs in the background: a Textual worker, an asyncio task."""

    def cancel(self) -> object: ...


# Runs a coroutine function in the background.
Spawn = Callable[[Callable[[], Coroutine[Any, Any, None]]], Job]


class GenerationController:
    """Adds the requested poems to a session, character by character.

    Args:
        session: receives the poems.
        engine: composes them.
        spawn: starts a coroutine function in the background and returns its job.
        on_change: called after every visible change.
        on_failure: called with the error of a poem, and whether it was refused before its first character.
        pace_chars_per_s: the current pace of the display.
    """

    def __init__(
        self,
        session: ComposeSession,
        engine: Engine,
        *,
        spawn: Spawn,
        on_change: Callable[[], None],
        on_failure: Callable[[StudioError, bool], None],
        pace_chars_per_s: Callable[[], float],
    ) -> None:
        self._session, self._engine = session, engine
        self._spawn = spawn
        self._on_change, self._on_failure = on_change, on_failure
        self._pace_chars_per_s = pace_chars_per_s
        self._writing: Job | None = None
        self._revealing: Job | None = None
        self._novelty_task: Job | None = None
        self._all_revealed = asyncio.Event()
        # The poem whose novelty is being looked up.
        self._novelty_poem: Composition | None = None

    @property
    def is_writing(self) -> bool:
        """Whether a poem is incomplete."""
        return bool(self._session.incomplete)

    def start(self, requests: Sequence[ComposeRequest], n_candidates: int = 1) -> None:
        """Compose the requests in order, after stopping the current poem; each as the best of `n_candidates`."""
        self.stop()
        self._engine.start()
        # The engine serves one request at a time, and a new poem precedes the novelty of an old one.
        if self._novelty_task is not None:
            self._novelty_task.cancel()
        self._writing = self._spawn(functools.partial(self._write_all, tuple(requests), n_candidates))

    def stop(self) -> None:
        """Stop composing. The revealed characters stay."""
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        for poem in self._session.incomplete:
            poem.stop()
        self._settle()
        self.tick()

    def add_whole(self, composition: Composition) -> None:
        """Stop composing and add a complete poem."""
        self.stop()
        self._session.add_whole([composition])
        self._on_change()

    # Composing

    async def _write_all(self, requests: Sequence[ComposeRequest], n_candidates: int) -> None:
        try:
            for request in requests:
                poem = Composition(request)
                self._session.add(poem)
                self._start_revealing()
                try:
                    if n_candidates > 1:
                        await self._write_candidates(poem, n_candidates)
                    else:
                        await poem.write(self._compose(poem))
                except StudioError as error:
                    self._fail(poem, error)
                    return
                await self._all_revealed.wait()
        except Exception:
            # A bug: leave no poem incomplete, and let the job report it.
            self.stop()
            raise

    def _compose(self, poem: Composition) -> AsyncGenerator[Token | Poem, None]:
        return self._engine.compose(poem.config, poem.request.model)

    async def _write_candidates(self, poem: Composition, n: int) -> None:
        """Replace a poem by several candidates, the best first; that one is revealed as if it were being composed."""
        found = await self._engine.candidates(poem.config, n, poem.request.model, poem.set_progress)
        self._session.discard(poem)
        candidates = [candidate_poem(poem.request, done) for done in found]
        for candidate in candidates[1:]:
            candidate.reveal_all()
        self._session.add_whole(candidates)
        self.tick()
        # Compose it again with its seed, for the probabilities of its characters. An error is harmless: the inspector requests
        # each position that it displays.
        with contextlib.suppress(StudioError):
            await self._session.add_likelihoods(candidates[0], self._compose(candidates[0]))

    def _fail(self, poem: Composition, error: StudioError) -> None:
        poem.problem = error
        is_refused = not poem.tokens
        poem.reveal_all()
        self._settle()
        self._on_failure(error, is_refused)

    def _settle(self) -> None:
        """Make a revision of every complete poem, and discard those without a character."""
        for poem in [poem for poem in self._session.compositions if poem.is_over and not poem.tokens]:
            self._session.discard(poem)
        self._session.settle()

    # Revealing

    def _start_revealing(self) -> None:
        self._all_revealed.clear()
        if self._revealing is not None:
            self._revealing.cancel()
        self._revealing = self._spawn(self._reveal)
        self._on_change()

    async def _reveal(self) -> None:
        while not self._all_revealed.is_set():
            await asyncio.sleep(1 / TICKS_PER_S)
            self.tick()

    def tick(self) -> None:
        """Reveal the characters of one tick; the last tick ends the revealing."""
        self._session.reveal(self._pace_chars_per_s() / TICKS_PER_S)
        if not self._session.incomplete:
            self._all_revealed.set()
        self._on_change()

    # Novelty

    def look_up_novelty(self) -> None:
        """Request the novelty of the current poem, once, when it is complete."""
        poem = self._session.current
        if poem is None or not poem.is_over or not poem.text or poem.novelty is not None or poem is self._novelty_poem:
            return
        self._novelty_poem = poem
        if self._novelty_task is not None:
            self._novelty_task.cancel()
        self._novelty_task = self._spawn(functools.partial(self._look_up, poem))

    async def _look_up(self, poem: Composition) -> None:
        try:
            poem.novelty = await self._engine.novelty(poem.text, poem.request.model)
        except StudioError as error:
            poem.novelty = error
        finally:
            if self._novelty_poem is poem:
                self._novelty_poem = None
        self._on_change()


def new_seed() -> int:
    """A random seed of at most six digits."""
    # Imported here to speed up the first paint.
    import secrets

    return secrets.randbelow(_MAX_SEED)
