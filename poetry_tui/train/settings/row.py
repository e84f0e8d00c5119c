"""A row of the settings form: label, control and error of one setting."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static

from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import TRANSLATIONS, tr, tr_error
from poetry_tui.train.settings.questions import BEGINNING, NO, YES, Question
from poetry_tui.widgets.fields import LineInput


def label_of(question: Question) -> str:
    """The label of a setting; an untranslated setting shows its field name."""
    key = f"train.field.{question.name}"
    return tr(key) if key in TRANSLATIONS else question.name.replace("_", " ")


class SettingSelect(Select[str], inherit_bindings=False):
    """A select of answers. A change of focus restyles the visible children only: neither the hidden list nor the parts of the
    answer. The arrows belong to the form, which moves between the settings."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "show_overlay", show=False)]

    def watch_has_focus(self, has_focus: bool) -> None:
        in_sight = [child for child in self.children if child.display]
        self.app.stylesheet.update_nodes((self, *in_sight), animate=True)
        for child in in_sight:
            for part in child.children:
                # Its colours are blended with the background's.
                part.notify_style_update()
                part.refresh()


class SettingRow(Widget):
    """One setting: label and control on a line, and below it the error, if any."""

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
        self.tooltip = Content(tr_error(question.help))
        self.control = self._control(answer)

    def compose(self) -> ComposeResult:
        yield Label(label_of(self.question), markup=False)
        yield self.control

    def _control(self, answer: str) -> Input | Select[str]:
        question = self.question
        if question.name in ("corpus", BEGINNING):
            # The form fills in the options later.
            return SettingSelect([(answer, answer)], allow_blank=False, compact=True)
        if question.choices:
            options = [(text, choice) for choice, text in self._choices().items()]
            return SettingSelect(options, allow_blank=False, value=answer, compact=True)
        placeholder = tr("train.empty_value") if question.may_be_empty else ""
        return LineInput(answer, placeholder=placeholder, compact=True, select_on_focus=True)

    def _choices(self) -> dict[str, str]:
        """The label of each possible answer."""
        translated = {YES: "train.yes", NO: "train.no"}
        return {choice: tr(translated[choice]) if choice in translated else choice for choice in self.question.choices}

    def refresh_labels(self) -> None:
        self.query_one(Label).update(Content(label_of(self.question)))
        self.tooltip = Content(tr_error(self.question.help))
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
        """Set the options of a select (label by answer) and choose one, without posting `Select.Changed`."""
        select: Select[str] = self.query_one(Select)
        with select.prevent(Select.Changed):
            # Type-to-search finds `Text` prompts, but not `Content`.
            select.set_options((Text(text), answer) for answer, text in options.items())
            select.value = chosen
            # The answer may be unchanged while its label has changed.
            select.mutate_reactive(Select.value)  # type: ignore[misc]

    def show_error(self, error: StudioError | None) -> None:
        """Show an error below the answer; None removes it."""
        self.set_class(error is not None, "-wrong")
        if error is None:
            return
        text = Content(tr_error(str(error)))
        if shown := self.query(".error"):
            shown.first(Static).update(text)
        else:
            # Created on demand: most rows never show one, and every widget slows the opening of the screen.
            self.mount(Static(text, classes="error"))
