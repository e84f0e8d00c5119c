"""Writing on the desk: wishes go to the engine, what it says goes to the stage at a reader's pace."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.timer import Timer
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from engine.errors import StudioError
from engine.service.protocol import Token
from poetry_tui.compose.revisions import Wish
from poetry_tui.compose.screen_panels import DeskScreen
from poetry_tui.compose.session import Composition
from poetry_tui.engine_client.state import Phase
from poetry_tui.favourites import OWN
from poetry_tui.i18n import tr_error
from poetry_tui.services import Services

if TYPE_CHECKING:
    from poetry_tui.favourites.store import Favourite

TICKS_PER_S = 12
# Short enough to be read out and typed.
_MAX_SEED = 1_000_000


class WritingScreen(DeskScreen):
    """A timer reveals what the engine wrote, and rests while there is nothing to reveal."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._writing: Worker[None] | None = None
        self._all_shown = asyncio.Event()
        self._ticking: Timer | None = None
        # What was typed in the card for a poem of one's own and does not stand on the stage yet.
        self.own_text = ""
        # The field that the last wish came from, where it came from one.
        self._asked_from: Widget | None = None
        # Which poem is being looked for among those that were learnt.
        self._compared: Composition | None = None

    def on_mount(self) -> None:
        # Nothing waits for the engine, and the first paint least of all.
        self.call_after_refresh(self.services.engine.start)
        self._ticking = self.set_interval(1 / TICKS_PER_S, self.tick, pause=True)

    def wish(self, begin: str) -> Wish:
        """What is wished for now, with a new seed."""
        from engine.config import ComposeConfig

        config = ComposeConfig(begin=begin, seed=new_seed(), **self.fields.wishes)
        return Wish(config.to_dict(), model=self.services.engine.model)

    def recreate(self, favourite: "Favourite") -> None:
        """Write a kept poem again with the model, seed and settings that it was made with; one of the user's own is put there."""
        if favourite.settings.get(OWN):
            self.put_own_poem(f"《{favourite.title}》{favourite.text}" if favourite.title else favourite.text)
            return
        config = {**favourite.settings, "begin": favourite.begin, "seed": favourite.seed}
        self.write([Wish(config, model=favourite.model)])

    def write(self, wishes: Sequence[Wish], n_candidates: int = 1) -> None:
        """Write some poems one after another, in place of what is being written now; of each wish the best of several."""
        self.action_stop()
        self.services.engine.start()
        # A verse that appears is worth more than a look at one that is there.
        self.workers.cancel_group(self, "novelty")
        # Where a refused wish is mended.
        self._asked_from = self.focused if self.wished.has_fields and self.focused in self.fields.inputs else None
        self.set_focus(self.stage.verse)
        self._writing = self._write(wishes, n_candidates)

    @work(group="write", exclusive=True, exit_on_error=False)
    async def _write(self, wishes: Sequence[Wish], n_candidates: int) -> None:
        for wish in wishes:
            poem = Composition(wish)
            self.sitting.add(poem)
            self._begin_to_show()
            try:
                if n_candidates > 1:
                    await self._write_candidates(poem, n_candidates)
                else:
                    await self._write_one(poem)
            except StudioError as problem:
                self._give_up(poem, problem)
                return
            await self._all_shown.wait()

    @work(group="own", exclusive=True, exit_on_error=False)
    async def put_own_poem(self, text: str) -> None:
        """Put a poem that the user typed on the stage, with its tones and faults beside it."""
        from poetry_tui.compose.own_poem import own_composition

        try:
            composition = await asyncio.to_thread(own_composition, text, self.services.engine.model)
        except StudioError as problem:
            self.own_text = text
            self.notify(tr_error(problem.hint), title=tr_error(problem.message), severity="error", markup=False)
            return
        self.action_stop()
        self.services.settings.change(with_tones=True)
        self.sitting.add_whole([composition])
        self.set_focus(self.stage.verse)
        self.show()
        self.refresh_bindings()

    async def _write_one(self, poem: Composition) -> None:
        async with contextlib.aclosing(self.services.engine.compose(poem.config, poem.wish.model)) as said:
            async for thing in said:
                poem.take(thing)

    async def _write_candidates(self, poem: Composition, n: int) -> None:
        """Several poems at once, the best of them first; that one is shown as if it were being written."""
        from poetry_tui.compose.candidates import candidate_of

        found = await self.services.engine.candidates(poem.config, n, poem.wish.model)
        self.sitting.discard(poem)
        candidates = [candidate_of(poem.wish, done) for done in found]
        for candidate in candidates[1:]:
            candidate.reveal_all()
        self.sitting.add_whole(candidates)
        await self._look_inside(candidates[0])

    async def _look_inside(self, poem: Composition) -> None:
        """Have a poem that came whole written again by its seed: what the model thought of each character, while it appears.

        Nothing is lost where that fails: each place is asked about when it is looked at.
        """
        with contextlib.suppress(StudioError):
            async with contextlib.aclosing(self.services.engine.compose(poem.config, poem.wish.model)) as said:
                async for thing in said:
                    if isinstance(thing, Token) and not self.sitting.recognise(poem, thing):
                        return

    def _begin_to_show(self) -> None:
        self._all_shown.clear()
        assert self._ticking is not None
        self._ticking.resume()
        self.show()
        self.refresh_bindings()

    def _give_up(self, poem: Composition, problem: StudioError) -> None:
        poem.problem = problem
        is_refused = not poem.glyphs
        poem.reveal_all()
        self._settle()
        if is_refused and self._asked_from is not None and self.focused is self.stage.verse:
            self.set_focus(self._asked_from)
        self.notify(tr_error(problem.hint), title=tr_error(problem.message), severity="error", markup=False, timeout=10)

    def action_stop(self) -> None:
        """Stop writing; what stands on the stage stays."""
        if self._writing is not None and self._writing.is_running:
            self._writing.cancel()
        for poem in [poem for poem in self.sitting.compositions if not poem.is_over]:
            poem.stop()
        self._settle()
        self.tick()

    def _settle(self) -> None:
        """Whatever is over becomes a variant; what came to nothing is forgotten."""
        for poem in [poem for poem in self.sitting.compositions if poem.is_over and not poem.glyphs]:
            self.sitting.discard(poem)
        self.sitting.settle()

    @on(Worker.StateChanged)
    def stop_where_writing_failed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.action_stop()

    def tick(self) -> None:
        """Reveal a little more of what the engine wrote; rest when all of it is there."""
        from poetry_tui.compose.request_fields import PACES_CHARS_PER_S

        unfinished = [poem for poem in self.sitting.compositions if not poem.is_over]
        for poem in unfinished:
            poem.reveal(PACES_CHARS_PER_S[self.fields.pace] / TICKS_PER_S)
        self.sitting.settle()
        if all(poem.is_over for poem in unfinished):
            assert self._ticking is not None
            self._ticking.pause()
            self._all_shown.set()
            self.refresh_bindings()
        self.show()

    def show(self) -> None:
        super().show()
        poem = self.sitting.current
        if poem is None or not poem.is_over or not poem.text or poem.novelty is not None or poem is self._compared:
            return
        if self.services.engine.state.phase is Phase.READY:
            self._compared = poem
            self._compare(poem)

    @work(group="novelty", exclusive=True, exit_on_error=False)
    async def _compare(self, poem: Composition) -> None:
        """Ask once what a poem shares with those that were learnt."""
        try:
            poem.novelty = await self.services.engine.novelty(poem.text, poem.wish.model)
        except StudioError as problem:
            poem.novelty = problem
        finally:
            if self._compared is poem:
                self._compared = None
        self.show()


def new_seed() -> int:
    import secrets

    return secrets.randbelow(_MAX_SEED)
