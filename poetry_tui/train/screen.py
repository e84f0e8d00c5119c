"""The train screen: settings and runs on the left, the run that is followed on the right."""

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.config import TrainConfig
from engine.errors import StudioError
from poetry_tui.i18n import tr
from poetry_tui.messages import ModelWanted
from poetry_tui.runs import control as runs
from poetry_tui.runs.follower import RunFollower
from poetry_tui.runs.replay import RunReplay
from poetry_tui.runs.state import Status
from poetry_tui.services import Services
from poetry_tui.train.corpus_install import installed_corpora, run_install
from poetry_tui.train.corpus_offer import CorpusOffer
from poetry_tui.train.keys import BINDINGS, FOOTER_FILLERS, OF_A_RUN
from poetry_tui.train.run_list import RunList
from poetry_tui.train.run_monitor import RunMonitor
from poetry_tui.train.samples import SampleTimeline
from poetry_tui.train.screen_viewing import ViewingScreen
from poetry_tui.train.settings_form import INSTALLABLE, RunSettings

# A figure that changes more often cannot be read, and every look and every painting is paid for by the training.
READ_PERIOD_S = 0.2
# While another screen is in front.
HIDDEN_READ_PERIOD_S = 0.5
LIST_PERIOD_S = 2.0


class TrainScreen(ViewingScreen):
    """Starts trainings, follows one of them, and tells it what to do.

    Files are read in threads; what they said is folded and painted here, in one place. Below 100 columns the left and
    the right side are shown in turns.
    """

    MODE = "train"
    # What is focused at first depends on whether there is a run to look at.
    AUTO_FOCUS = ""
    BINDINGS = BINDINGS
    FOOTER_FILLERS = FOOTER_FILLERS
    DEFAULT_CSS = """
    TrainScreen {
        & #train-body { height: 1fr; }
        & #train-left { width: 44; }
        & RunSettings, & RunList { border: round $panel; padding: 0 1; border-title-color: $text-muted; }
        & RunSettings:focus-within, & RunList:focus { border: round $accent; }
        & RunSettings { height: auto; max-height: 66%; scrollbar-size-vertical: 1; }
        & RunList { height: 1fr; min-height: 5; padding: 0; scrollbar-size-vertical: 1; }
        & #train-right { width: 1fr; }
        & #train-empty { height: 1fr; content-align: center middle; text-align: center; padding: 1 4; display: none; }
        & CorpusOffer { display: none; }
        &.-offer CorpusOffer { display: block; }
        &.-empty #train-empty { display: block; }
        &.-empty RunMonitor { display: none; }
        &.-narrow #train-left { width: 1fr; display: none; }
        &.-narrow.-settings #train-left { display: block; }
        &.-narrow.-settings #train-right { display: none; }
        &.-low RunSettings { height: 1fr; max-height: 100%; }
        &.-low RunList { height: 6; }
        &.-low RunMonitor.-resources SampleTimeline { display: none; }
        &.-tall SparklineRow { display: block; }
    }
    """

    def __init__(self, services: Services, wanted_run: Path | None = None) -> None:
        """`wanted_run`: the run to follow at first, in place of the one that the screen would choose."""
        super().__init__(services)
        self._wanted_run = wanted_run
        self._installed: list[str] | None = None
        self.is_dirty = False
        self._painted_s = 0.0
        self.beside: dict[Path, RunFollower] = {}
        # Before anything is mounted: later it would style the whole screen once more.
        self.add_class("-empty")

    def compose_body(self) -> Iterable[Widget]:
        yield TrainBody(id="train-body")

    def on_mount(self) -> None:
        self._say_how_to_begin()
        self._look_after_lists()

    # Following

    def follow(self, folder: Path) -> None:
        """Show this run from now on; the one before is left alone."""
        self.remove_class("-empty")
        self.query_one(RunList).mark(folder)
        self._watch(RunFollower(folder))

    def _watch(self, follower: RunFollower) -> None:
        self.follower = follower
        self.beside.pop(follower.folder, None)
        self.show_letters()
        self.query_one(RunMonitor).show(follower)
        self._read(follower)

    @work(group="read", exclusive=True, exit_on_error=False)
    async def _read(self, follower: RunFollower) -> None:
        """Keep up with the run until another one is followed; a big one in chunks, so that keys come between."""
        while self.follower is follower:
            snapshot = await asyncio.to_thread(follower.read)
            self.is_dirty |= follower.fold(snapshot)
            for other in list(self.beside.values()):
                # A chunk of each a round: a long run comes bit by bit.
                self.is_dirty |= other.fold(await asyncio.to_thread(other.read))
            if not snapshot.chunk.more or time.monotonic() - self._painted_s >= READ_PERIOD_S:
                self.paint()
            if follower.status is Status.RUNNING and self.stop_once_running == follower.folder:
                self.stop_once_running = None
                self.tell(runs.stop_run, follower.folder)
            if not snapshot.chunk.more:
                await asyncio.sleep(READ_PERIOD_S if self.is_current else HIDDEN_READ_PERIOD_S)

    def paint(self) -> None:
        """Draw what has changed since the last time."""
        if not self.is_dirty or not self.is_current or self.follower is None:
            return
        self._painted_s = time.monotonic()
        beside = [(folder.name, other.state) for folder, other in self.beside.items()]
        with self.app.batch_update():
            monitor = self.query_one(RunMonitor)
            monitor.show(self.follower, beside)
            self.is_dirty = monitor.is_behind
        self.offer()

    def on_screen_resume(self) -> None:
        self.paint_at_once()

    @work(group="lists", exit_on_error=False)
    async def _look_after_lists(self) -> None:
        """Keep the lists of runs and corpora true; at the first look, show the run that is worth it."""
        is_first = True
        while True:
            while not self.is_current and not is_first:
                await asyncio.sleep(LIST_PERIOD_S)
            found = await asyncio.to_thread(runs.list_runs)
            installed = await asyncio.to_thread(installed_corpora)
            self.query_one(RunList).show(found)
            if installed != self._installed:
                self._installed = installed
                self.query_one(RunSettings).show_corpora(installed)
            if is_first and self.follower is None:
                live = [run.folder for run in found if run.status.is_live]
                if candidates := [*filter(None, [self._wanted_run]), *live, *(run.folder for run in found)]:
                    self.follow(candidates[0])
                    self.query_one(RunList).focus()
                elif installed and self.focused is None:
                    self.query_one(RunSettings).row("preset").control.focus()
                elif self.focused is None:
                    self.call_after_refresh(self.query_one("#install").focus)
                self.set_class(not installed, "-offer")
            is_first = False
            await asyncio.sleep(LIST_PERIOD_S)

    def _say_how_to_begin(self) -> None:
        sentence = "train.empty" if self.size.width >= 100 else "train.empty_narrow"
        text = Content.assemble((tr("train.empty_title"), "bold $accent"), "\n\n", (tr(sentence), "dim"))
        self.query_one("#train-empty", Static).update(text)

    def on_resize(self) -> None:
        super().on_resize()
        self._say_how_to_begin()

    # Wishes

    @on(RunList.RunChosen)
    def choose(self, event: RunList.RunChosen) -> None:
        self.remove_class("-settings")
        self.follow(event.folder)

    @on(RunList.BesideWanted)
    def draw_beside(self, event: RunList.BesideWanted) -> None:
        self.toggle_beside(event.folder)

    @on(RunSettings.StartWanted)
    async def start(self, event: RunSettings.StartWanted) -> None:
        """Start a training; where its corpus is missing, offer to install that first."""
        if self.refuse_blind():
            return
        if await self._lacks_corpus(event.config):
            self.query_one(CorpusOffer).offer(event.config.corpus)
            self.add_class("-offer")
            self.remove_class("-settings")
            self.query_one("#install").focus()
            return
        try:
            folder = await asyncio.to_thread(runs.start_run, event.config)
        except StudioError as error:
            self.complain(error)
            return
        self.remove_class("-offer", "-settings")
        self.follow(folder)
        self.query_one(RunList).focus()

    async def _lacks_corpus(self, config: TrainConfig) -> bool:
        installed = await asyncio.to_thread(installed_corpora)
        # Another name that is missing is for the run itself to complain about: it knows what there is.
        return config.corpus in INSTALLABLE and config.corpus not in installed

    @on(CorpusOffer.InstallWanted)
    def install(self, event: CorpusOffer.InstallWanted) -> None:
        if not self.refuse_blind():
            self._install(event.corpus)

    @work(group="install", exclusive=True, exit_on_error=False)
    async def _install(self, name: str) -> None:
        offer = self.query_one(CorpusOffer)
        try:
            async for fraction in run_install(name):
                offer.show_progress(fraction)
        except StudioError as error:
            offer.show_failure(error)
            return
        self._installed = await asyncio.to_thread(installed_corpora)
        self.query_one(RunSettings).show_corpora(self._installed)
        self.remove_class("-offer")
        self.notify(tr("train.installed", name=name), markup=False)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in OF_A_RUN:
            return self.follower is not None
        if action == "hasten":
            return isinstance(self.follower, RunReplay)
        may = self.may_steer(action)
        return True if may is None else may

    async def action_start(self) -> None:
        await self.query_one(RunSettings).ask_to_start()

    def action_new(self) -> None:
        self.add_class("-settings")
        self.query_one(RunSettings).row("preset").control.focus()

    def action_list(self) -> None:
        """Go to the list of runs, which a narrow screen shows beside the settings only."""
        self.add_class("-settings")
        self.query_one(RunList).focus()

    def action_back(self) -> None:
        self.remove_class("-settings")
        # What a narrow screen hides cannot have the keys.
        self.query_one(SampleTimeline if self.has_class("-narrow") else RunList).focus()

    def action_replay(self) -> None:
        """See the run again from its beginning, or come back to how it is."""
        if isinstance(self.follower, RunReplay):
            self._watch(RunFollower(self.follower.folder))
        elif self.follower is not None:
            self._watch(RunReplay(self.follower.folder))

    def action_hasten(self, factor: float) -> None:
        if isinstance(self.follower, RunReplay):
            self.follower.hasten(factor)
            self.is_dirty = True

    async def action_compose_with(self) -> None:
        """Compose with the best checkpoint of this run, while it goes on."""
        if self.follower is not None:
            self.post_message(ModelWanted(str(self.follower.folder)))

    def refresh_labels(self) -> None:
        super().refresh_labels()
        self._say_how_to_begin()
        self.query_one(RunSettings).refresh_labels()
        self.query_one(RunList).refresh_labels()
        self.query_one(RunMonitor).refresh_labels()
        offer = self.query_one(CorpusOffer)
        offer.offer(offer.corpus)
        self.is_dirty = True


class TrainColumn(Vertical):
    """What is below one another on one side."""

    # Its children cover it: there is nothing of it to be rendered, at every change of one of them.
    BLANK = True


class TrainBody(Horizontal):
    """Left: the settings and the runs. Right: the run that is followed, or how to begin."""

    BLANK = True

    def compose(self) -> ComposeResult:
        with TrainColumn(id="train-left"):
            yield RunSettings()
            yield RunList()
        with TrainColumn(id="train-right"):
            yield CorpusOffer()
            yield Static(id="train-empty", markup=False)
            yield RunMonitor()
