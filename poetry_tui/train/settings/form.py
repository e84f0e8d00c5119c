"""The settings of the next training as a form, with one row for each setting (`poetry_tui.train.settings.row`)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Collapsible, Input, Select, Static
from textual.widgets.collapsible import CollapsibleTitle

from engine.config.presets import configured_training
from engine.config.schema import TrainConfig
from engine.corpus.install import PARTS
from engine.system.errors import StudioError, UsageError
from poetry_tui.preferences.chart_glyphs import arrow
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.train.settings.questions import (
    BEGINNING,
    MAIN,
    answers_of,
    answers_of_preset,
    answers_of_shape,
    config_of,
    possible_beginnings,
    questions,
)
from poetry_tui.train.settings.row import SettingRow
from poetry_tui.widgets.fields import FocusHelp
from poetry_tui.widgets.shell.studio_screen import notify_error

# The course's experiment: it learns visibly within minutes, on the corpus that `make studio` installs.
DEFAULT_PRESET = "nndl"
# The corpora of `corpus install`; listed even when they are not installed.
INSTALLABLE = tuple(PARTS)


class RunSettings(VerticalScroll):
    """The form. Posts `StartWanted` with a valid configuration; shows errors itself.

    The rows behind "more" are created when it is first unfolded: mounting and styling all of them took most of the time
    to open the screen.
    """

    DEFAULT_CSS = """
    RunSettings {
        & Collapsible { border: none; padding: 0; background: transparent; margin: 0 0 1 0; }
        & Collapsible Contents { padding: 0; }
        & CollapsibleTitle { padding: 0; color: $text-muted; }
        & SelectCurrent .arrow { color: $text-muted; }
        & FocusHelp { height: 3; }
        & #start { width: 1fr; margin: 1 0 0 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    @dataclass
    class StartWanted(Message):
        """Start a training with these settings."""

        config: TrainConfig

    def __init__(self) -> None:
        super().__init__(can_focus=False)
        # The error of an invalid config.toml, whose settings are then ignored; the screen notifies of it.
        self.problem: StudioError | None = None
        answers = self._first_answers()
        self._preset = answers["preset"]
        self._installed: list[str] = []
        self._beginnings: list[str] = []
        self._beginning = ""
        # The answers of the settings that have no row yet.
        self._folded = {name: answer for name, answer in answers.items() if name not in MAIN}
        self._shown_first = {name: answer for name, answer in answers.items() if name in MAIN}
        self._unfolding = asyncio.Lock()

    def compose(self) -> ComposeResult:
        shown = self._shown_first
        yield from (SettingRow(question, shown[question.name]) for question in questions() if question.name in MAIN)
        yield Collapsible(title=tr("train.more"), id="more")
        yield Button(tr("train.start_button"), variant="primary", id="start", compact=True)
        yield FocusHelp(self)

    def _first_answers(self) -> dict[str, str]:
        try:
            return answers_of(configured_training(default=DEFAULT_PRESET))
        except StudioError as error:
            self.problem = error
            return answers_of_preset(DEFAULT_PRESET)

    def on_mount(self) -> None:
        self._draw_titles()
        if self.problem is not None:
            notify_error(self, self.problem)

    def refresh_labels(self) -> None:
        """Write titles, labels and answers in the current language."""
        self._draw_titles()
        for row in self.rows():
            row.refresh_labels()
        self._list_corpora(self.corpus)
        if BEGINNING not in self._folded:
            self._list_beginnings(self._beginning)

    def _draw_titles(self) -> None:
        self.border_title = tr_label("train.new_run")
        self.query_one("#more", Collapsible).title = tr("train.more")
        self._draw_arrows()
        self.query_one("#start", Button).label = Content(tr("train.start_button"))

    def _draw_arrows(self) -> None:
        """Draw the arrows of the lists and of "more" with characters that the terminal has."""
        for static in self.query(".arrow").results(Static):
            static.update(arrow("▼" if static.has_class("down-arrow") else "▲"))
        folded = self.query_one(CollapsibleTitle)
        folded.collapsed_symbol, folded.expanded_symbol = arrow("▶"), arrow("▼")
        folded.mutate_reactive(CollapsibleTitle.label)

    @on(Collapsible.Expanded)
    async def unfold(self) -> None:
        """Create the rows behind "more", with their current answers."""
        async with self._unfolding:
            rows = [
                SettingRow(question, self._folded[question.name])
                for question in questions()
                if question.name in self._folded
            ]
            self._beginnings = await asyncio.to_thread(possible_beginnings)
            await self.query_one("#more Contents").mount_all(rows)
            for row in rows:
                # Another preset may have been chosen in the meantime.
                answer = self._folded.pop(row.question.name)
                if row.question.name == BEGINNING:
                    self._list_beginnings(answer)
                else:
                    row.answer = answer
        self._draw_arrows()

    def rows(self) -> list[SettingRow]:
        """The rows that exist and are filled in, in order."""
        return [row for row in self.query(SettingRow) if row.question.name not in self._folded]

    def row(self, name: str) -> SettingRow:
        return self.query_one(f"#setting-{name}", SettingRow)

    def fill(self, answers: Mapping[str, str]) -> None:
        """Fill the form with these answers; an unlisted corpus is added to the list."""
        self._preset = answers["preset"]
        self._list_corpora(answers["corpus"])
        if BEGINNING not in self._folded:
            self._list_beginnings(answers[BEGINNING])
        self._folded.update((name, answers[name]) for name in self._folded)
        for row in self.rows():
            row.answer = answers[row.question.name]
            row.show_error(None)

    def show_corpora(self, installed: Iterable[str]) -> None:
        """List the installed corpora, and the installable ones marked as not installed. The first call chooses an installed one
        if the chosen corpus is not."""
        is_first, self._installed = not self._installed, list(installed)
        is_missing = self.corpus in INSTALLABLE and self.corpus not in self._installed
        self._list_corpora(self._installed[0] if is_first and is_missing and self._installed else self.corpus)

    def _list_corpora(self, chosen: str) -> None:
        options = {name: name for name in self._installed}
        for name in (*INSTALLABLE, chosen):
            options.setdefault(name, tr("train.not_installed", name=name))
        self.row("corpus").offer(options, chosen)

    def _list_beginnings(self, chosen: str) -> None:
        self._beginning = chosen
        options = {"": tr("train.from_scratch")} | {name: name for name in (*self._beginnings, chosen) if name}
        self.row(BEGINNING).offer(options, chosen)

    @property
    def corpus(self) -> str:
        return self.row("corpus").answer

    def answers(self) -> dict[str, str]:
        """The current answer of every setting, by name."""
        return {row.question.name: row.answer for row in self.rows()} | self._folded

    async def ask_to_start(self) -> None:
        """Check all answers; post `StartWanted`, or show the errors and focus the first one."""
        config, errors = config_of(self.answers())
        if config is not None:
            for row in self.rows():
                row.show_error(None)
            self.post_message(self.StartWanted(config))
            return
        if not errors.keys() <= set(MAIN):
            self.query_one("#more", Collapsible).collapsed = False
            await self.unfold()
        for row in self.rows():
            row.show_error(errors.get(row.question.name))
        next(row for row in self.rows() if row.question.name in errors).control.focus()

    @on(Select.Changed)
    def choice_changed(self, event: Select.Changed) -> None:
        event.stop()
        row = event.select.query_ancestor(SettingRow)
        if row.question.name == "preset" and event.value != self._preset and isinstance(event.value, str):
            self.fill(answers_of_preset(event.value))
        if row.question.name == BEGINNING and row.answer != self._beginning:
            self._beginning = row.answer
            self._take_shape(row)

    def _take_shape(self, row: SettingRow) -> None:
        """Copy the network's shape from the model that the training begins with into the form."""
        row.show_error(None)
        if not self._beginning:
            return
        try:
            shape = answers_of_shape(self._beginning)
        except StudioError as error:
            row.show_error(error)
            return
        for name, answer in shape.items():
            self.row(name).answer = answer
            self.row(name).show_error(None)

    @on(Input.Blurred)
    @on(Input.Changed)
    def check(self, event: Input.Blurred | Input.Changed) -> None:
        """Show an error when the field loses the focus; remove it as soon as the answer is valid."""
        event.stop()
        row = event.input.query_ancestor(SettingRow)
        if isinstance(event, Input.Changed) and not row.has_class("-wrong"):
            return
        try:
            row.question.value_of(row.answer)
        except UsageError as error:
            row.show_error(error)
        else:
            row.show_error(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#start")
    async def start(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        await self.ask_to_start()
