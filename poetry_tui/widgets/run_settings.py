"""The settings of the next training as a form, one row a setting, its help as a tooltip and its error below it."""

import asyncio
from collections.abc import Iterable, Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Collapsible, Input, Label, Select, Static
from textual.widgets.collapsible import CollapsibleTitle

from engine.config import TrainConfig
from engine.corpus.install import PARTS
from engine.errors import StudioError, UsageError
from poetry_tui.glyphs import arrow
from poetry_tui.settings_form import (
    BEGINNING,
    MAIN,
    NO,
    YES,
    Question,
    answers_of_preset,
    answers_of_shape,
    config_of,
    possible_beginnings,
    questions,
)
from poetry_tui.words import WORDS, heading, sentence, word

# The experiment itself: it learns visibly within minutes, on the corpus that `make studio` installs.
DEFAULT_PRESET = "nndl"
# What `corpus install` knows; shown even when they are not installed yet.
INSTALLABLE = tuple(PARTS)


def label_of(question: Question) -> str:
    """What a setting is called; a new one that nobody has translated yet goes by its own name."""
    key = f"train.field.{question.name}"
    return word(key) if key in WORDS else question.name.replace("_", " ")


class SettingRow(Widget):
    """One setting: label and control on a line, and its error below when there is one."""

    # Its children cover it.
    BLANK = True
    DEFAULT_CSS = """
    SettingRow {
        layout: grid;
        grid-size: 2;
        grid-columns: 15 1fr;
        grid-rows: auto;
        height: auto;
        & > Label { color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & > Input { background: $surface; }
        & > .error { column-span: 2; display: none; height: auto; color: $text-error; padding: 0 0 0 1; }
        &.-wrong > .error { display: block; }
        &.-wrong > Label { color: $text-error; text-style: bold; }
        &:focus-within > Label { color: $accent; }
    }
    """

    def __init__(self, question: Question, answer: str) -> None:
        super().__init__(id=f"setting-{question.name}")
        self.question = question
        self.tooltip = Content(sentence(question.help))
        self.control = self._control(answer)

    def compose(self) -> ComposeResult:
        yield Label(label_of(self.question), markup=False)
        yield self.control

    def _control(self, answer: str) -> Input | Select[str]:
        question = self.question
        if question.name in ("corpus", BEGINNING):
            # What there is to choose is told later.
            return Select([(answer, answer)], allow_blank=False, compact=True)
        if question.choices:
            options = [(said, choice) for choice, said in self._choices().items()]
            return Select(options, allow_blank=False, value=answer, compact=True)
        placeholder = word("train.empty_value") if question.may_be_empty else ""
        return Input(answer, placeholder=placeholder, compact=True, select_on_focus=True)

    def _choices(self) -> dict[str, str]:
        """The answers to choose from, and what each is called."""
        translated = {YES: "train.yes", NO: "train.no"}
        return {
            choice: word(translated[choice]) if choice in translated else choice for choice in self.question.choices
        }

    def retitle(self) -> None:
        """Say everything in the current language."""
        self.query_one(Label).update(Content(label_of(self.question)))
        self.tooltip = Content(sentence(self.question.help))
        if self.question.choices:
            self.offer(self._choices(), self.answer)

    @property
    def answer(self) -> str:
        return str(self.control.value)

    @answer.setter
    def answer(self, answer: str) -> None:
        if self.control.value != answer:
            self.control.value = answer

    def offer(self, options: Mapping[str, str], chosen: str) -> None:
        """Of a list: choose among these answers, each by what it is called; nobody is told of a change."""
        select: Select[str] = self.query_one(Select)
        with select.prevent(Select.Changed):
            select.set_options((Content(said), answer) for answer, said in options.items())
            select.value = chosen
            # The answer may be the same, and called otherwise.
            select.mutate_reactive(Select.value)  # type: ignore[misc]

    def show_error(self, error: StudioError | None) -> None:
        """Say what is wrong with the answer, or nothing."""
        self.set_class(error is not None, "-wrong")
        if error is None:
            return
        said = Content(sentence(str(error)))
        if shown := self.query(".error"):
            shown.first(Static).update(said)
        else:
            # Most rows never have one, and each widget more makes the screen open later.
            self.mount(Static(said, classes="error"))


class RunSettings(VerticalScroll):
    """The form. It asks to be started with a configuration that is whole; what is wrong it says itself.

    The rows behind "more" are not made before somebody unfolds them: mounting and styling all of them took most of the
    time that the screen needed to open.
    """

    DEFAULT_CSS = """
    RunSettings {
        & Collapsible { border: none; padding: 0; background: transparent; margin: 0 0 1 0; }
        & Collapsible Contents { padding: 0; }
        & CollapsibleTitle { padding: 0; color: $text-muted; }
        & #start { width: 1fr; margin: 1 0 0 0; }
    }
    """

    class StartWanted(Message):
        """Somebody wants a training with these settings."""

        def __init__(self, config: TrainConfig) -> None:
            super().__init__()
            self.config = config

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._preset = DEFAULT_PRESET
        self._installed: list[str] = []
        self._beginnings: list[str] = []
        self._beginning = ""
        # The answers of the settings that have no row yet.
        self._folded = {name: answer for name, answer in answers_of_preset(DEFAULT_PRESET).items() if name not in MAIN}
        self._unfolding = asyncio.Lock()

    def compose(self) -> ComposeResult:
        answers = answers_of_preset(DEFAULT_PRESET)
        yield from (SettingRow(question, answers[question.name]) for question in questions() if question.name in MAIN)
        yield Collapsible(title=word("train.more"), id="more")
        yield Button(word("train.start_button"), variant="primary", id="start", compact=True)

    def on_mount(self) -> None:
        self._draw_titles()

    def retitle(self) -> None:
        """Say titles, labels and answers in the current language."""
        self._draw_titles()
        for row in self.rows():
            row.retitle()
        self._list_corpora(self.corpus)
        if BEGINNING not in self._folded:
            self._list_beginnings(self._beginning)

    def _draw_titles(self) -> None:
        self.border_title = heading("train.settings")
        self.query_one("#more", Collapsible).title = word("train.more")
        self._draw_arrows()
        self.query_one("#start", Button).label = Content(word("train.start_button"))

    def _draw_arrows(self) -> None:
        """Draw the arrows of lists and of the settings that are folded away as the terminal can."""
        for static in self.query(".arrow").results(Static):
            static.update(arrow("▼" if static.has_class("down-arrow") else "▲"))
        folded = self.query_one(CollapsibleTitle)
        folded.collapsed_symbol, folded.expanded_symbol = arrow("▶"), arrow("▼")
        folded.mutate_reactive(CollapsibleTitle.label)

    @on(Collapsible.Expanded)
    async def unfold(self) -> None:
        """Make the rows behind "more", with the answers that stood for them."""
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
        """The settings that have a row, in order."""
        return [row for row in self.query(SettingRow) if row.question.name not in self._folded]

    def row(self, name: str) -> SettingRow:
        """The row of one setting."""
        return self.query_one(f"#setting-{name}", SettingRow)

    def fill(self, answers: Mapping[str, str]) -> None:
        """Put these answers into the form; a corpus that it does not list is added."""
        self._preset = answers["preset"]
        self._list_corpora(answers["corpus"])
        if BEGINNING not in self._folded:
            self._list_beginnings(answers[BEGINNING])
        self._folded.update((name, answers[name]) for name in self._folded)
        for row in self.rows():
            row.answer = answers[row.question.name]
            row.show_error(None)

    def show_corpora(self, installed: Iterable[str]) -> None:
        """List the installed corpora, and those that could be installed as such."""
        self._installed = list(installed)
        self._list_corpora(self.corpus)

    def _list_corpora(self, chosen: str) -> None:
        options = {name: name for name in self._installed}
        for name in (*INSTALLABLE, chosen):
            options.setdefault(name, word("train.not_installed", name=name))
        self.row("corpus").offer(options, chosen)

    def _list_beginnings(self, chosen: str) -> None:
        self._beginning = chosen
        options = {"": word("train.from_scratch")} | {name: name for name in (*self._beginnings, chosen) if name}
        self.row(BEGINNING).offer(options, chosen)

    @property
    def corpus(self) -> str:
        return self.row("corpus").answer

    def answers(self) -> dict[str, str]:
        """The form as it stands."""
        return {row.question.name: row.answer for row in self.rows()} | self._folded

    async def ask_to_start(self) -> None:
        """Check everything; post `StartWanted`, or show what is wrong and go there."""
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
        """Show the network that the training begins with."""
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
        """An error shows when the field is left, and goes as soon as it is mended."""
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
