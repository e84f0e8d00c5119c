"""The settings of the next training as a form, one row a setting, its help as a tooltip and its error below it."""

from collections.abc import Iterable, Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Collapsible, Input, Label, Select, Static
from textual.widgets.collapsible import CollapsibleTitle

from engine.config import TrainConfig
from engine.corpus.install import PARTS
from engine.errors import UsageError
from poetry_tui.glyphs import arrow
from poetry_tui.settings_form import MAIN, NO, YES, Question, answers_of_preset, config_of, questions
from poetry_tui.words import WORDS, heading, word

# The experiment itself: it learns visibly within minutes, on the corpus that `make studio` installs.
DEFAULT_PRESET = "nndl"
# What `corpus install` knows; shown even when they are not installed yet.
INSTALLABLE = tuple(PARTS)


def label_of(question: Question) -> str:
    """What a setting is called; a new one that nobody has translated yet goes by its own name."""
    key = f"train.field.{question.name}"
    return word(key) if key in WORDS else question.name.replace("_", " ")


class SettingRow(Vertical):
    """One setting: label and control on a line, and its error below when there is one."""

    DEFAULT_CSS = """
    SettingRow {
        height: auto;
        & > Horizontal { height: 1; }
        & Label { width: 15; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & Input, & Select { width: 1fr; }
        & Input { background: $surface; }
        & > .error { display: none; height: auto; color: $text-error; padding: 0 0 0 1; }
        &.-wrong > .error { display: block; }
        &.-wrong Label { color: $text-error; text-style: bold; }
        &:focus-within Label { color: $accent; }
    }
    """

    def __init__(self, question: Question, answer: str) -> None:
        super().__init__(id=f"setting-{question.name}")
        self.question = question
        self._first = answer
        self.tooltip = Content(question.help)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(label_of(self.question), markup=False)
            yield self._control()
        yield Static(markup=False, classes="error")

    def _control(self) -> Input | Select[str]:
        question = self.question
        if question.name == "corpus":
            return Select([(self._first, self._first)], allow_blank=False, compact=True)
        if question.choices:
            options = [(self._prompt(choice), choice) for choice in question.choices]
            return Select(options, allow_blank=False, value=self._first, compact=True)
        placeholder = word("train.empty_value") if question.may_be_empty else ""
        return Input(self._first, placeholder=placeholder, compact=True, select_on_focus=True)

    def _prompt(self, choice: str) -> str:
        return word("train.yes") if choice == YES else word("train.no") if choice == NO else choice

    @property
    def answer(self) -> str:
        control = self.query_one("Input, Select")
        return str(control.value) if isinstance(control, (Input, Select)) else ""

    @answer.setter
    def answer(self, answer: str) -> None:
        control = self.query_one("Input, Select")
        if isinstance(control, (Input, Select)) and control.value != answer:
            control.value = answer

    def show_error(self, error: UsageError | None) -> None:
        """Say what is wrong with the answer, or nothing."""
        self.set_class(error is not None, "-wrong")
        self.query_one(".error", Static).update(Content(str(error)) if error else "")


class RunSettings(VerticalScroll):
    """The form. It asks to be started with a configuration that is whole; what is wrong it says itself."""

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

    def compose(self) -> ComposeResult:
        answers = answers_of_preset(DEFAULT_PRESET)
        rows = [SettingRow(question, answers[question.name]) for question in questions()]
        main = [row for row in rows if row.question.name in MAIN]
        yield from main
        with Collapsible(title=word("train.more"), id="more"):
            yield from rows[len(main) :]
        yield Button(word("train.start_button"), variant="primary", id="start", compact=True)

    def on_mount(self) -> None:
        self.retitle()

    def retitle(self) -> None:
        """Say titles and labels in the current language."""
        self.border_title = heading("train.settings")
        self.query_one("#more", Collapsible).title = word("train.more")
        self._draw_arrows()
        self.query_one("#start", Button).label = Content(word("train.start_button"))
        for row in self.rows():
            row.query_one(Label).update(Content(label_of(row.question)))

    def _draw_arrows(self) -> None:
        """Draw the arrows of lists and of the settings that are folded away as the terminal can."""
        for static in self.query(".arrow").results(Static):
            static.update(arrow("▼" if static.has_class("down-arrow") else "▲"))
        folded = self.query_one(CollapsibleTitle)
        folded.collapsed_symbol, folded.expanded_symbol = arrow("▶"), arrow("▼")
        folded.mutate_reactive(CollapsibleTitle.label)

    def rows(self) -> Iterable[SettingRow]:
        return self.query(SettingRow)

    def row(self, name: str) -> SettingRow:
        """The row of one setting."""
        return self.query_one(f"#setting-{name}", SettingRow)

    def fill(self, answers: Mapping[str, str]) -> None:
        """Put these answers into the form; a corpus that it does not list is added."""
        self._preset = answers["preset"]
        self._list_corpora(answers["corpus"])
        for row in self.rows():
            row.answer = answers[row.question.name]
            row.show_error(None)

    def show_corpora(self, installed: Iterable[str]) -> None:
        """List the installed corpora, and those that could be installed as such."""
        self._installed = list(installed)
        self._list_corpora(self.corpus)

    def _list_corpora(self, chosen: str) -> None:
        select: Select[str] = self.row("corpus").query_one(Select)
        lacking = [name for name in dict.fromkeys((*INSTALLABLE, chosen)) if name not in self._installed]
        options = [(Content(name), name) for name in self._installed]
        options += [(Content(word("train.not_installed", name=name)), name) for name in lacking]
        with self.prevent(Select.Changed):
            select.set_options(options)
            select.value = chosen

    @property
    def corpus(self) -> str:
        return self.row("corpus").answer

    def answers(self) -> dict[str, str]:
        """The form as it stands."""
        return {row.question.name: row.answer for row in self.rows()}

    def ask_to_start(self) -> None:
        """Check everything; post `StartWanted`, or show what is wrong and go there."""
        config, errors = config_of(self.answers())
        for row in self.rows():
            row.show_error(errors.get(row.question.name))
        if config is not None:
            self.post_message(self.StartWanted(config))
            return
        first = next(row for row in self.rows() if row.question.name in errors)
        if first.question.name not in MAIN:
            self.query_one("#more", Collapsible).collapsed = False
        first.query_one("Input, Select").focus()

    @on(Select.Changed)
    def preset_changed(self, event: Select.Changed) -> None:
        event.stop()
        row = event.select.query_ancestor(SettingRow)
        if row.question.name == "preset" and event.value != self._preset and isinstance(event.value, str):
            self.fill(answers_of_preset(event.value))

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
    def start(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        self.ask_to_start()
