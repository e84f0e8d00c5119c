"""The Train screen: settings and runs on the left, the followed run on the right."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from textual import on, work
from textual.actions import parse
from textual.binding import ActiveBinding
from textual.widget import Widget

from engine.config.schema import TrainConfig
from engine.runs.folder import read_config
from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.keymap import bind
from poetry_tui.terminal.compat import bindings_of
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import RunSummary, list_runs
from poetry_tui.train.body import HowToBegin, TrainBody
from poetry_tui.train.corpus_offer import CorpusOffer, installed_corpora
from poetry_tui.train.followed_runs import FollowedRuns
from poetry_tui.train.monitor.chart_legend import SIGNS
from poetry_tui.train.monitor.monitor import RunMonitor
from poetry_tui.train.monitor.samples import SampleTimeline
from poetry_tui.train.run_controls import RunControlKeys, RunControls
from poetry_tui.train.run_list import RunList
from poetry_tui.train.settings.form import INSTALLABLE, RunSettings
from poetry_tui.train.settings.questions import answers_of
from poetry_tui.widgets.shell.studio_screen import ModelWanted, Services, StudioScreen, notify_error

LIST_PERIOD_S = 2.0


class TrainScreen(StudioScreen):
    """Starts trainings and follows one of them: `RunControls` sends it commands, `RunMonitor` draws it.

    Below 100 columns it shows either the left or the right column.
    """

    MODE = "train"
    FIGURES = SIGNS
    # The first focus depends on whether there is a run to follow.
    AUTO_FOCUS = ""
    BINDINGS = [
        bind("ctrl+r", "start", "train.start", display="^r", priority=True),
        bind("n,ctrl+n", "new", "train.new", display="n"),
        bind("N", "new_alike", "train.new_alike", display="N", show=False),
        bind("b", "list", "train.list", show=False),
        bind("o", "compose_with", "train.compose_with", show=False),
        bind("r", "replay", "train.replay", show=False),
        bind("m", "overlay", "train.overlay", show=False),
        bind("escape", "back", "train.back", show=False),
    ]
    DEFAULT_CSS = """
    TrainScreen {
        & #train-body { height: 1fr; }
        & #train-left { width: 44; }
        & RunSettings, & RunList { border: round $panel; padding: 0 1; border-title-color: $text-muted; }
        & RunSettings:focus-within, & RunList:focus { border: round $accent; }
        & RunSettings { height: auto; max-height: 66%; scrollbar-size-vertical: 1; }
        & RunList { height: 1fr; min-height: 5; padding: 0; scrollbar-size-vertical: 1; }
        & #train-right { width: 1fr; }
        & CorpusOffer { display: none; }
        &.-offer CorpusOffer { display: block; }
        &.-narrow #train-left { width: 1fr; display: none; }
        &.-narrow.-settings #train-left { display: block; }
        &.-narrow.-settings #train-right { display: none; }
        &.-low RunSettings { height: 1fr; max-height: 100%; }
        &.-narrow FocusHelp { height: 2; }
        &.-low RunList { height: 6; }
        &.-low RunMonitor.-resources SampleTimeline { display: none; }
        &.-tall SparklineRow { display: block; }
    }
    """

    def __init__(self, services: Services, wanted_run: Path | None = None) -> None:
        """`wanted_run`: the run to follow first; by default a live run or the newest one."""
        super().__init__(services)
        self.runs = FollowedRuns()
        self.controls = RunControls(self.runs)
        self.monitor = RunMonitor(self.runs)
        self.control_keys = RunControlKeys(self.runs, self.controls)
        self.pane_keys = (self.control_keys, self.monitor, self.monitor.chart)
        self._wanted_run = wanted_run
        self._installed: list[str] | None = None
        # The settings and the folder of the run that was started last.
        self._started: tuple[TrainConfig, Path] | None = None
        # The actions of the footer when it was last drawn: drawing it takes longer than drawing all the rest.
        self._offered: tuple[object, ...] = ()
        self.monitor.display = False

    def compose_body(self) -> Iterable[Widget]:
        yield TrainBody(self.monitor)
        yield self.control_keys

    def on_mount(self) -> None:
        self._keep_lists_current()

    # Following

    def follow(self, folder: Path) -> None:
        """Follow a run in place of the current one."""
        # Not by a class on the screen, which would restyle all of its widgets.
        self.query_one(HowToBegin).display, self.monitor.display = False, True
        self.query_one(RunList).mark(folder)
        self._follow(RunFollower(folder))

    def _follow(self, follower: RunFollower) -> None:
        self.runs.follow(follower)
        self.query_one(RunList).show_letters(self.runs.letters)
        self.monitor.follow(follower)

    @on(RunMonitor.Read)
    def send_due_command(self, event: RunMonitor.Read) -> None:
        if (command := self.controls.due_command()) is not None:
            self.control_keys.send(command, event.folder)

    @on(RunMonitor.Drawn)
    def offer_keys(self) -> None:
        """Redraw the footer when the applicable keys have changed."""
        nodes = (self, *self.pane_keys)
        applying = (node.check_action(*parse(one.action)[1:]) for node in nodes for one in bindings_of(node))
        offered = (self.controls.is_paused, *applying)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The key that pauses is called "resume" while the run is paused."""
        active = super().active_bindings
        if self.controls.is_paused:
            for key, one in active.items():
                if one.binding.id == "train.pause":
                    active[key] = one._replace(binding=replace(one.binding, description=tr("train.resume")))
        return active

    def on_screen_resume(self) -> None:
        self.monitor.paint_at_once()

    @work(group="lists", exit_on_error=False)
    async def _keep_lists_current(self) -> None:
        """Refresh the lists of runs and corpora every `LIST_PERIOD_S`; after the first read, choose the run to follow."""
        is_first = True
        while True:
            while not self.is_current and not is_first:
                await asyncio.sleep(LIST_PERIOD_S)
            found = await asyncio.to_thread(list_runs)
            installed = await asyncio.to_thread(installed_corpora)
            self.query_one(RunList).show(found)
            if installed != self._installed:
                self._installed = installed
                self.query_one(RunSettings).show_corpora(installed)
                if installed and not self.query_one(CorpusOffer).has_class("-busy"):
                    self.remove_class("-offer")
            if is_first and self.runs.followed is None:
                self._begin(found, installed)
            is_first = False
            await asyncio.sleep(LIST_PERIOD_S)

    def _begin(self, found: Sequence[RunSummary], installed: Sequence[str]) -> None:
        """Follow the wanted run, else a live one, else the newest; without runs, focus the settings or the corpus offer."""
        wanted = [self._wanted_run] if self._wanted_run is not None else []
        live = [run.folder for run in found if run.status.is_live]
        if candidates := [*wanted, *live, *(run.folder for run in found)]:
            self.follow(candidates[0])
            self.query_one(RunList).focus()
        elif installed and self.focused is None:
            self.query_one(RunSettings).row("preset").control.focus()
        elif self.focused is None:
            self.call_after_refresh(self.query_one("#install").focus)
        self.set_class(not installed, "-offer")

    def refresh_labels(self) -> None:
        super().refresh_labels()
        self.query_one(RunSettings).refresh_labels()
        self.query_one(RunList).refresh_labels()
        self.monitor.refresh_labels()
        offer = self.query_one(CorpusOffer)
        offer.offer(offer.corpus)

    # Messages of the widgets

    @on(RunList.RunChosen)
    def choose(self, event: RunList.RunChosen) -> None:
        self.remove_class("-settings")
        self.follow(event.folder)

    @on(RunList.OverlayWanted)
    def overlay(self, event: RunList.OverlayWanted) -> None:
        self.toggle_overlay(event.folder)

    @on(RunSettings.StartWanted)
    async def start(self, event: RunSettings.StartWanted) -> None:
        """Start a training; if its corpus is missing, offer to install it first."""
        if self.refuse_blind():
            return
        if self._is_starting(event.config):
            self.notify(tr("train.starts_already"), severity="warning", markup=False)
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
            notify_error(self, error)
            return
        self._started = (event.config, folder)
        self.remove_class("-offer", "-settings")
        self.follow(folder)
        self.query_one(RunList).focus()

    def _is_starting(self, config: TrainConfig) -> bool:
        """Whether the followed run was started with these settings and has not begun: a second press is meant for it."""
        follower = self.runs.followed
        return (
            follower is not None
            and self._started == (config, follower.folder)
            and (not follower.is_settled or follower.status is Status.STARTING)
        )

    async def _lacks_corpus(self, config: TrainConfig) -> bool:
        installed = await asyncio.to_thread(installed_corpora)
        # Any other missing name is reported by the run itself, with the known corpora.
        return config.corpus in INSTALLABLE and config.corpus not in installed

    @on(CorpusOffer.InstallWanted)
    def install(self, event: CorpusOffer.InstallWanted) -> None:
        if not self.refuse_blind():
            self.query_one(CorpusOffer).install()

    @on(CorpusOffer.Installed)
    async def show_installed(self, event: CorpusOffer.Installed) -> None:
        self._installed = await asyncio.to_thread(installed_corpora)
        self.query_one(RunSettings).show_corpora(self._installed)
        self.remove_class("-offer")
        self.notify(tr("train.installed", name=event.corpus), markup=False)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "compose_with":
                return self.controls.applies(action)
            case "replay" | "new_alike" | "overlay":
                return self.runs.followed is not None
            case "back":
                return self.runs.followed is not None or self.has_class("-settings")
        return True

    async def action_start(self) -> None:
        await self.query_one(RunSettings).ask_to_start()

    def action_new(self) -> None:
        self.add_class("-settings")
        self.query_one(RunSettings).row("preset").control.focus()

    def action_new_alike(self) -> None:
        """Fill the form with the settings of the followed run, to start a similar one."""
        if self.runs.followed is not None:
            try:
                config = read_config(self.runs.followed.folder)
            except StudioError as error:
                notify_error(self, error)
                return
            self.query_one(RunSettings).fill(answers_of(config))
            self.action_new()

    def action_list(self) -> None:
        """Go to the list of runs; a narrow screen shows it together with the settings."""
        self.add_class("-settings")
        self.query_one(RunList).focus()

    def action_back(self) -> None:
        self.remove_class("-settings")
        # A narrow screen hides the list, and a hidden widget cannot have the focus.
        self.query_one(SampleTimeline if self.has_class("-narrow") else RunList).focus()

    def action_replay(self) -> None:
        """Switch between a replay of the run from its beginning and following it."""
        if (follower := self.runs.followed) is not None:
            self._follow(RunFollower(follower.folder) if self.runs.is_replay else RunReplay(follower.folder))

    def action_overlay(self) -> None:
        """Overlay the curve of the run under the cursor, or remove it."""
        if (folder := self.query_one(RunList).pointed_at) is not None:
            self.toggle_overlay(folder)

    def toggle_overlay(self, folder: Path) -> None:
        """Overlay the curve of a run, or remove it; notify when neither is possible."""
        if not self.runs.toggle_overlay(folder):
            self.notify(tr("train.overlay_refused"), markup=False)
            return
        self.query_one(RunList).show_letters(self.runs.letters)
        self.monitor.paint_at_once()

    def action_compose_with(self) -> None:
        """Compose with the best checkpoint of the followed run; a training goes on."""
        if self.runs.followed is not None:
            self.post_message(ModelWanted(str(self.runs.followed.folder)))
