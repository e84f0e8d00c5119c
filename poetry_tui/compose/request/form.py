"""The request form: the chips of begin characters, and below them all other options of a poem."""

import asyncio
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker

from engine.prosody.text import FREE_VERSE
from poetry_tui.compose.request.begin_picker import BeginPicker
from poetry_tui.compose.session.generation import new_seed
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import ComposeSession
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import bind
from poetry_tui.preferences.settings import SettingsStore

if TYPE_CHECKING:
    from poetry_tui.compose.request.fields import RequestFields
    from poetry_tui.compose.request.tone_pattern import FormPattern

BEGIN_CHARACTERS = "日红山夜湖海月君"
# Typed instead of a begin character, these let the model choose the first character.
_ANY = ("?", "？", "*")


class RequestForm(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The chips are in the first paint; the fields are mounted after it, but have their values before."""

    DEFAULT_CSS = """
    RequestForm {
        width: 27;
        padding: 1 1;
        border: round $panel;
        border-title-color: $text-muted;
        scrollbar-size-vertical: 1;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
        FocusHelp { height: 5; display: none; &.-shown { display: block; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("b", "edit_prompt", "compose.own_prompt", show=False),
        bind("w", "edit_options", "compose.options", show=False),
        bind("plus,equals_sign", "temperature(1)", "compose.warmer", display="+", show=False),
        bind("minus", "temperature(-1)", "compose.cooler", display="-", show=False),
        bind("d", "rhyme_dictionary", "compose.rhyme_dictionary", show=False),
    ]

    @dataclass
    class FieldWanted(Message):
        """Focus a field of the form, which may be hidden."""

        field: Widget

    @dataclass
    class PatternChanged(Message):
        """Show the tone pattern of the form, as a field that decides it has the focus; None when none has it any more."""

        pattern: "FormPattern | None"

    def __init__(self, session: ComposeSession, settings: SettingsStore) -> None:
        super().__init__()
        self._session, self._settings = session, settings
        self._has_pattern = False
        self._finding_pattern: Worker[None] | None = None
        self.picker = BeginPicker(BEGIN_CHARACTERS, id="picker")

    @property
    def has_fields(self) -> bool:
        """Whether the fields are loaded; reading `fields` loads them."""
        return "fields" in self.__dict__

    @functools.cached_property
    def fields(self) -> "RequestFields":
        from poetry_tui.compose.request.fields import RequestFields

        return RequestFields(self._settings.current)

    def compose(self) -> ComposeResult:
        yield self.picker

    def on_mount(self) -> None:
        self.refresh_labels()
        self.call_after_refresh(self._mount_fields)

    async def _mount_fields(self) -> None:
        # The form may already be removed, in a studio that was left at once.
        if self.is_attached:
            from poetry_tui.widgets.fields import FocusHelp

            await self.mount(self.fields, FocusHelp(self.fields))

    def refresh_labels(self) -> None:
        self.border_title = Content(tr_label("compose.begin"))
        self.picker.tooltip = tr("compose.picker.tip")
        if self.has_fields:
            self.fields.refresh_labels()

    async def offer_choices(self) -> None:
        """Offer the installed models, the forms and the rhymes."""
        self.fields.offer_models(await asyncio.to_thread(_model_names))
        # Imported here because it loads the tables of the prosody.
        from poetry_tui.compose.request.form_choices import form_choices

        self.fields.offer_forms(await asyncio.to_thread(form_choices))

    def requests(self, model: str | None) -> list[ComposeRequest]:
        """A request for each prompt of the form, with new seeds; none if no begin character is chosen."""
        return [self.request(prompt, model) for prompt in self.prompts]

    def request(self, prompt: str, model: str | None) -> ComposeRequest:
        """The request for a prompt with the options of the form and a new seed."""
        from engine.config.schema import ComposeConfig
        from poetry_tui.compose.request.form_choices import COUPLET

        options = {**self.fields.options, "begin": prompt, "seed": new_seed()}
        if options["form"] == COUPLET:
            # The engine knows a couplet by its upper line.
            options |= {"form": FREE_VERSE, "begin": "", "couplet": prompt}
        config = ComposeConfig(**options)
        return ComposeRequest(config.to_dict(), model=model)

    @property
    def prompts(self) -> list[str]:
        """The begin of each poem: the typed ones, else the chosen chips. With an acrostic or kept characters and no typed begin it is
        empty."""
        typed = ["" if text in _ANY else text for text in self.fields.own.value.split()]
        if typed:
            return typed
        return [""] if self._begins_elsewhere else self.picker.chosen

    @property
    def _begins_elsewhere(self) -> bool:
        return bool(self.fields.acrostic.value.strip() or self.fields.keep.value.strip())

    @on(BeginPicker.Picked)
    def clear_own_prompt(self) -> None:
        self.fields.own.value = ""

    # Not by `@on`, which would load the fields before the first paint.
    def on_request_fields_option_changed(self, event: "RequestFields.OptionChanged") -> None:
        """Save the options in the settings. The message bubbles on to the screen."""
        # The chips are pale while another field decides the begin.
        self.picker.is_active = not (self.fields.own.value.strip() or self._begins_elsewhere)
        if event.name == "model":
            self._settings.change(model=self.fields.model)
        else:
            self._settings.change(**self.fields.remembered)
        if event.name in ("form", "tone_pattern"):
            self.show_pattern()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def show_pattern(self) -> None:
        """Post the tone pattern of the form when a field that decides it gets the focus; post None when the last one loses it."""
        focused = self.screen.focused
        is_wanted = self.has_fields and focused in (self.fields.form, self.fields.tone_pattern, self.fields.rhyme)
        if is_wanted or self._has_pattern:
            self._has_pattern = is_wanted
            # A worker of the screen, which notifies of unexpected errors.
            self._finding_pattern = self.screen.run_worker(
                self._post_pattern, group="pattern", exclusive=True, exit_on_error=False
            )

    async def _post_pattern(self) -> None:
        pattern = None
        if self._has_pattern:
            from poetry_tui.compose.request.tone_pattern import pattern_of

            pattern = await asyncio.to_thread(pattern_of, self.fields.form_key, self.fields.wanted_tone_pattern)
        self.post_message(self.PatternChanged(pattern))

    def action_temperature(self, by: int) -> None:
        self.fields.change_temperature(by)

    def action_edit_prompt(self) -> None:
        self.post_message(self.FieldWanted(self.fields.own))

    def action_edit_options(self) -> None:
        self.post_message(self.FieldWanted(self.fields.form))

    def action_rhyme_dictionary(self) -> None:
        """Open the rhyme dictionary at the character under the cursor, or else at the chosen rhyme; a chosen group becomes the rhyme."""
        from poetry_tui.compose.request.rhyme_dictionary_screen import RhymeDictionary

        revision, cursor = self._session.revision, self._session.cursor
        character = revision.text[cursor] if revision is not None and cursor is not None else ""
        self.app.push_screen(
            RhymeDictionary(self.fields.rhyme_system, self.fields.wanted_rhyme, character),
            lambda name: None if name is None else self.fields.choose_rhyme(name),
        )


def _model_names() -> list[str]:
    from engine.model.registry import list_models

    return [model.name for model in list_models() if not model.problem]
