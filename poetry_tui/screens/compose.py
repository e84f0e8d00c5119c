"""The Compose screen: pick a begin character, watch the verse appear, step through it, keep it."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from textual import on, work
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from engine.errors import StudioError
from poetry_tui.engine_protocol import EngineState, Phase
from poetry_tui.keeping import keep
from poetry_tui.screens.base import StudioScreen
from poetry_tui.screens.compose_keys import BINDINGS
from poetry_tui.sitting import Composition, Sitting
from poetry_tui.widgets.begin_picker import BeginPicker
from poetry_tui.widgets.compose_panels import PACES_CHARS_PER_S, BeginPanel, CharacterPanel, Stage
from poetry_tui.widgets.stepper import Stepper
from poetry_tui.widgets.verse import Verse
from poetry_tui.words import word

if TYPE_CHECKING:
    from poetry_tui.app import PoetryApp
    from poetry_tui.favourites import Favourite

TICKS_PER_S = 12
# Short enough to be read out and typed.
_MAX_SEED = 1_000_000


class ComposeScreen(StudioScreen):
    """The state is a `Sitting`; a timer puts it on the stage, and rests while there is nothing to put."""

    MODE = "compose"
    DEFAULT_CSS = """
    ComposeScreen {
        #desk { height: 1fr; }
        &.-panel.-narrow BeginPanel { display: none; }
        CharacterPanel { display: none; }
        &.-wide CharacterPanel, &.-panel.-narrow CharacterPanel { display: block; }
        &.-wide.-no-panel CharacterPanel { display: none; }
    }
    """
    BINDINGS = BINDINGS

    def __init__(self) -> None:
        super().__init__()
        self.sitting = Sitting()
        self.cursor: int | None = None
        self._writing: Worker[None] | None = None
        self._all_shown = asyncio.Event()
        self._ticking: Timer | None = None

    def compose_body(self) -> Iterable[Widget]:
        settings = self.studio.settings
        yield Horizontal(
            BeginPanel(settings.temperature, settings.pace, settings.model), Stage(), CharacterPanel(), id="desk"
        )

    def on_mount(self) -> None:
        self._ticking = self.set_interval(1 / TICKS_PER_S, self.tick, pause=True)
        self.call_after_refresh(self.show)

    def on_screen_resume(self) -> None:
        self.list_models()

    @property
    def studio(self) -> "PoetryApp":
        return cast("PoetryApp", self.app)

    # Wishes

    def action_compose(self) -> None:
        """Write one poem for each chosen beginning."""
        beginnings = self.query_one(BeginPanel).beginnings
        if not beginnings:
            self.notify(word("compose.nothing_chosen"), markup=False)
            return
        self.write([self._wish(begin) for begin in beginnings])

    def action_again(self) -> None:
        """The same beginning with a new seed, and with the settings of now."""
        if self.sitting.current is not None:
            self.write([self._wish(str(self.sitting.current.config["begin"]))])

    def recreate(self, favourite: "Favourite") -> None:
        """Write a kept poem again with the model, seed and settings that it was made with."""
        config = {**favourite.settings, "begin": favourite.begin, "seed": favourite.seed}
        self.write([Composition(config, model=favourite.model)])

    def _wish(self, begin: str) -> Composition:
        import secrets

        from engine.config import ComposeConfig

        temperature = self.query_one(BeginPanel).temperature
        config = ComposeConfig(begin=begin, temperature=temperature, seed=secrets.randbelow(_MAX_SEED))
        return Composition(config.to_dict(), model=self.studio.engine.model)

    # Writing

    def write(self, wishes: Sequence[Composition]) -> None:
        """Write some poems one after another, in place of what is being written now."""
        self.action_stop()
        self.studio.wake_engine()
        self.query_one(Verse).focus()
        self._writing = self._write(wishes)

    @work(group="write", exclusive=True, exit_on_error=False)
    async def _write(self, wishes: Sequence[Composition]) -> None:
        for wish in wishes:
            self.sitting.add(wish)
            self.cursor = None
            self._all_shown.clear()
            assert self._ticking is not None
            self._ticking.resume()
            self.show()
            self.refresh_bindings()
            try:
                async with contextlib.aclosing(self.studio.engine.compose(wish.config, wish.model)) as said:
                    async for thing in said:
                        wish.take(thing)
            except StudioError as problem:
                self._give_up(wish, problem)
                return
            await self._all_shown.wait()

    def _give_up(self, wish: Composition, problem: StudioError) -> None:
        wish.problem = problem
        wish.reveal(float("inf"))
        if not wish.glyphs:
            self.sitting.discard(wish)
        self.notify(problem.hint, title=problem.message, severity="error", markup=False, timeout=10)

    def action_stop(self) -> None:
        """Stop writing; what stands on the stage stays."""
        if self._writing is not None and self._writing.is_running:
            self._writing.cancel()
        for wish in self.sitting.compositions:
            wish.stop()
        for wish in [wish for wish in self.sitting.compositions if wish.is_stopped and not wish.glyphs]:
            self.sitting.discard(wish)
        self.tick()

    @on(Worker.StateChanged)
    def stop_where_writing_failed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self.action_stop()

    def tick(self) -> None:
        """Reveal a little more of what the engine wrote; rest when all of it is there."""
        pace = PACES_CHARS_PER_S[self.query_one(BeginPanel).pace]
        unfinished = [wish for wish in self.sitting.compositions if not wish.is_over]
        for wish in unfinished:
            wish.reveal(pace / TICKS_PER_S)
        if all(wish.is_over for wish in unfinished):
            assert self._ticking is not None
            self._ticking.pause()
            self._all_shown.set()
            self.refresh_bindings()
        self.show()

    # The stage

    def show(self) -> None:
        """Put the state on the screen."""
        current = self.sitting.current
        self.query_one(Stage).show(self.sitting, self.cursor, self._hint())
        glyphs = current.visible if current else []
        at = self.cursor if self.cursor is not None else len(glyphs) - 1
        self.query_one(CharacterPanel).show(glyphs[at] if 0 <= at < len(glyphs) else None)

    def _hint(self) -> str:
        """What an empty stage says."""
        is_warm = self.studio.engine.state.phase in (Phase.READY, Phase.NO_MODEL, Phase.FAILED)
        is_waiting = self.sitting.current is not None and not self.sitting.current.is_over
        if is_waiting:
            return word("compose.hint_thinking" if is_warm else "compose.hint_waiting")
        return word("compose.hint" if is_warm else "compose.hint_warming_up")

    def engine_changed(self, state: EngineState) -> None:
        """Beside what the header says: what may be wished for, and with which model."""
        super().engine_changed(state)
        self.show()
        if state.phase is Phase.READY and state.model is not None:
            self.query_one(BeginPanel).model_is(state.model.name)

    def action_step(self, by: int) -> None:
        current = self.sitting.current
        if current is not None and current.is_over and current.glyphs:
            at = self.cursor if self.cursor is not None else (-1 if by > 0 else len(current.visible))
            self.cursor = min(max(at + by, 0), len(current.visible) - 1)
            self.show()

    def action_row(self, by: int) -> None:
        current = self.sitting.current
        if current is not None and current.is_over and current.glyphs:
            here = self.cursor if self.cursor is not None else 0
            self.cursor = self.query_one(Verse).in_next_row(here, by) if self.cursor is not None else here
            self.show()

    @on(Verse.Stepped)
    def step_to(self, event: Verse.Stepped) -> None:
        self.cursor = event.index
        self.show()

    def action_turn(self, by: int) -> None:
        if self.sitting.move(by):
            self.cursor = None
            self.show()
            self.refresh_bindings()

    def action_panel(self) -> None:
        self.toggle_class("-no-panel" if self.has_class("-wide") else "-panel")

    def action_ink(self) -> None:
        self.query_one(Verse).toggle_ink()

    # Settings

    def action_temperature(self, by: int) -> None:
        self.query_one(BeginPanel).change_temperature(by)

    def action_write_own(self) -> None:
        self.remove_class("-panel")
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        if isinstance(self.focused, Input):
            self.query_one(BeginPicker).focus()
        else:
            self.action_stop()

    @on(Input.Submitted)
    def compose_own(self) -> None:
        self.action_compose()

    @on(Stepper.Stepped)
    def remember_setting(self, event: Stepper.Stepped) -> None:
        panel = self.query_one(BeginPanel)
        if event.stepper.id == "model":
            self.studio.remember(model=panel.model)
            self.studio.engine.load(panel.model)
        else:
            self.studio.remember(temperature=panel.temperature, pace=panel.pace)

    @work(group="models", exclusive=True, exit_on_error=False)
    async def list_models(self) -> None:
        names = await asyncio.to_thread(_model_names)
        self.query_one(BeginPanel).offer_models(names)

    # Keeping

    def action_copy(self) -> None:
        if self.sitting.current is not None:
            self.app.copy_to_clipboard(self.sitting.current.text)
            self.notify(word("compose.copied"), markup=False)

    @work(group="keep", exit_on_error=False)
    async def action_favourite(self) -> None:
        current = self.sitting.current
        if current is None or not current.text:
            return
        try:
            await asyncio.to_thread(keep, current)
        except StudioError as problem:
            self.notify(problem.hint, title=problem.message, severity="error", markup=False, timeout=10)
            return
        current.is_kept = True
        self.notify(word("compose.kept_said"), markup=False)
        self.show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not in the footer."""
        current = self.sitting.current
        if action in ("again", "copy", "favourite"):
            return current is not None and current.is_over and bool(current.glyphs)
        if action == "stop":
            return any(not wish.is_over for wish in self.sitting.compositions)
        return True

    def language_changed(self) -> None:
        super().language_changed()
        self.query_one(BeginPanel).say()
        self.query_one(Stage).say()
        self.query_one(CharacterPanel).say()
        self.show()


def _model_names() -> list[str]:
    from engine.model_store import list_models

    return [model.name for model in list_models() if not model.problem]
