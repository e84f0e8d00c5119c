"""The options beside the begin character: form, rhyme, tones, title, keywords, style, acrostics, candidates, temperature, pace, model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from engine.prosody.text import FREE_VERSE, RHYME_BOOKS, RhymeBook
from poetry_tui.compose.request.form_choices import COUPLET, FormChoice
from poetry_tui.compose.session.revision_request import pattern_of_form
from poetry_tui.preferences.chart_glyphs import is_ascii
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.settings import Settings
from poetry_tui.widgets.fields import LineInput, Stepper

TEMPERATURES = tuple(step / 20 for step in range(41))
# The last pace reveals characters as fast as the engine sends them.
PACES_CHARS_PER_S = (3.0, 7.0, 16.0, float("inf"))
CANDIDATES = (1, 3, 5, 9)
_UNKNOWN_YET = "…"
# The text fields, and the `joint` between the lines of a paste (see `one_line`): a space where each line is a begin or a keyword,
# nothing where the lines form one style, acrostic or pattern.
_JOINTS = {"own": " ", "title": None, "keywords": " ", "style": "", "acrostic": "", "acrostic_tail": "", "keep": ""}


class RequestFields(Vertical):
    """The fields start with the saved settings; forms and models are offered once they are known."""

    DEFAULT_CSS = """
    RequestFields {
        height: auto;
        Input {
            padding: 0 1;
            height: 1;
            border: none;
            background: $surface;
            &:focus { background: $panel; }
        }
        Horizontal { height: 1; }
        Horizontal Static { width: 9; color: $foreground 75%; }
        Horizontal Input { width: 1fr; }
        #own { margin-bottom: 1; }
        #candidates { margin-top: 1; }
    }
    """

    @dataclass
    class OptionChanged(Message):
        """An option has changed; `name` is the id of its field."""

        name: str

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._forms: tuple[FormChoice, ...] = ()
        # The chosen rhyme and tone pattern; None means any.
        self.wanted_rhyme, self.wanted_tone_pattern = settings.rhyme, settings.tone_pattern
        self._wanted_book: RhymeBook | None = settings.rhyme_book
        self._keys: list[str] = [settings.form]
        self.inputs = tuple(LineInput(id=name, compact=True, joint=joint) for name, joint in _JOINTS.items())
        self.own, self.title_input, self.keywords, self.style, self.acrostic, self.acrostic_tail, self.keep = (
            self.inputs
        )
        self._labels = {Static(markup=False): field for field in self.inputs[1:]}
        self.form = Stepper("compose.form", [_UNKNOWN_YET], id="form")
        self.book = Stepper("compose.rhyme_book", [_UNKNOWN_YET], id="rhyme_book")
        self.rhyme = Stepper("compose.rhyme", [settings.rhyme or tr("compose.any")], id="rhyme")
        self.tone_pattern = Stepper(
            "compose.tone_pattern", [settings.tone_pattern or tr("compose.any")], id="tone-pattern"
        )
        temperatures = [f"{value:.2f}" for value in TEMPERATURES]
        self._temperature = Stepper(
            "compose.temperature", temperatures, nearest(TEMPERATURES, settings.temperature), id="temperature"
        )
        self._pace = Stepper("compose.pace", _paces(), min(settings.pace, len(PACES_CHARS_PER_S) - 1), id="pace")
        counts = [str(n) for n in CANDIDATES]
        self._count = Stepper("compose.candidates", counts, nearest(CANDIDATES, settings.n_candidates), id="candidates")
        self._model = Stepper("compose.model", [_UNKNOWN_YET], id="model")
        # The engine's key of each model on offer, in the order of the stepper's values.
        self._model_keys: list[str] = []
        self._installed_models: tuple[str, ...] = ()
        # The model in use: its key for the engine (None: the bundled one), and its name.
        self._model_in_use: tuple[str | None, str] = (settings.model, _name_of(settings.model))
        self._offer_form_names()

    def compose(self) -> ComposeResult:
        yield self.own
        yield from (self.form, self.rhyme, self.tone_pattern, self.book)
        for label, field in self._labels.items():
            yield Horizontal(label, field)
        yield from (self._count, self._temperature, self._pace, self._model)

    def on_mount(self) -> None:
        self.refresh_labels()

    def refresh_labels(self) -> None:
        for field in self.inputs:
            field.placeholder = tr(f"compose.{field.id}")
            field.tooltip = tr(f"compose.{field.id}.tip")
        for label, field in self._labels.items():
            label.update(tr(f"compose.{field.id}_label"))
        for stepper in self.query(Stepper):
            stepper.tooltip = tr(f"{stepper.words}.tip")
        self._offer_form_names()
        self._offer_rules()
        self._pace.offer(_paces(), self._pace.index)

    # The chosen options

    @property
    def options(self) -> dict[str, Any]:
        """The chosen fields of a ComposeConfig: all but begin and seed."""
        written = {str(field.id): field.value.strip() for field in self.inputs[1:]}
        return {**written, "keep": pattern_of_form(self.keep.value, self.form_key), **self._chosen}

    @property
    def _chosen(self) -> dict[str, Any]:
        return {
            "form": self.form_key,
            "rhyme": self.wanted_rhyme,
            "rhyme_book": self._wanted_book,
            "tone_pattern": self.wanted_tone_pattern,
            "temperature": self.temperature,
        }

    @property
    def form_key(self) -> str:
        return self._keys[self.form.index]

    @property
    def _form_choice(self) -> FormChoice | None:
        return next((choice for choice in self._forms if choice.key == self.form_key), None)

    @property
    def rhyme_system(self) -> RhymeBook:
        """The chosen rhyme book, or the chosen form's own."""
        chosen = self._form_choice
        return self._wanted_book or (chosen.books[0] if chosen else "pingshui")

    def choose_rhyme(self, name: str) -> None:
        """Choose a rhyme by its name, if the form has it."""
        if name in self.rhyme.values:
            self.rhyme.step(self.rhyme.values.index(name) - self.rhyme.index)

    @property
    def temperature(self) -> float:
        return TEMPERATURES[self._temperature.index]

    @property
    def pace(self) -> int:
        return self._pace.index

    @property
    def pace_chars_per_s(self) -> float:
        return PACES_CHARS_PER_S[self.pace]

    @property
    def n_candidates(self) -> int:
        return CANDIDATES[self._count.index]

    @property
    def model(self) -> str | None:
        """The engine's key of the chosen model: a name, or the folder of a run. None while no model is known."""
        return self._model_keys[self._model.index] if self._model_keys else None

    @property
    def remembered(self) -> Mapping[str, Any]:
        """The chosen options as fields of `Settings`."""
        return {**self._chosen, "pace": self.pace, "n_candidates": self.n_candidates}

    def change_temperature(self, by: int) -> None:
        self._temperature.step(by)

    # The options on offer

    def offer_models(self, names: Sequence[str]) -> None:
        """Offer the installed models, the default one first. The model in use stays chosen."""
        self._installed_models = tuple(names)
        self._show_models()

    def model_is(self, key: str | None, name: str | None = None) -> None:
        """Show the model in use or being loaded. `name`: its name, once it is loaded."""
        self._model_in_use = (key, name or _name_of(key))
        self._show_models()

    def _show_models(self) -> None:
        """Offer the installed models and the model in use, which need not be installed."""
        key, name = self._model_in_use
        in_use = key or name
        names = {installed: installed for installed in self._installed_models}
        if in_use != _UNKNOWN_YET:
            names.setdefault(in_use, name)
        self._model_keys = list(names)
        self._model.offer(
            list(names.values()) or [_UNKNOWN_YET], self._model_keys.index(in_use) if in_use in names else 0
        )

    def offer_forms(self, choices: Sequence[FormChoice]) -> None:
        """Offer the forms. A saved form that no longer exists becomes free verse."""
        wanted = self.form_key
        self._forms = tuple(choices)
        self._keys = [COUPLET, FREE_VERSE, *(choice.key for choice in choices)]
        self._offer_form_names(self._keys.index(wanted if wanted in self._keys else FREE_VERSE))
        self._offer_rules()

    def _offer_form_names(self, index: int | None = None) -> None:
        names = {FREE_VERSE: tr("compose.free"), COUPLET: tr("compose.couplet")}
        names |= {choice.key: choice.name for choice in self._forms}
        self.form.offer(
            [names.get(key, _UNKNOWN_YET) for key in self._keys], self.form.index if index is None else index
        )

    def _offer_rules(self) -> None:
        """Offer rhyme books, rhymes and tone patterns of the chosen form. A choice is kept if the form has it."""
        if not self._forms:
            return
        chosen = self._form_choice
        books = chosen.books if chosen else ()
        # The first book is the form's default, which is stored as None.
        self._wanted_book = self._wanted_book if self._wanted_book in books[1:] else None
        names = [RHYME_BOOKS[book] for book in books] or [RHYME_BOOKS["pingshui"]]
        self.book.offer(names, books.index(self._wanted_book) if self._wanted_book else 0)
        rhymes = chosen.rhymes_by_book[self.rhyme_system] if chosen else ()
        tone_patterns = chosen.tone_patterns if chosen and len(chosen.tone_patterns) > 1 else ()
        self.wanted_rhyme = self.wanted_rhyme if self.wanted_rhyme in rhymes else None
        self.wanted_tone_pattern = self.wanted_tone_pattern if self.wanted_tone_pattern in tone_patterns else None
        for stepper, values, wanted in (
            (self.rhyme, rhymes, self.wanted_rhyme),
            (self.tone_pattern, tone_patterns, self.wanted_tone_pattern),
        ):
            stepper.offer([tr("compose.any"), *values], 0 if wanted is None else values.index(wanted) + 1)

    @on(Stepper.Stepped)
    def take(self, event: Stepper.Stepped) -> None:
        event.stop()
        stepper = event.stepper
        if stepper is self.rhyme:
            self.wanted_rhyme = stepper.value if stepper.index else None
        elif stepper is self.tone_pattern:
            self.wanted_tone_pattern = stepper.value if stepper.index else None
        elif stepper is self.book:
            self._wanted_book = next((book for book, name in RHYME_BOOKS.items() if name == stepper.value), None)
            self._offer_rules()
        elif stepper is self.form:
            self._offer_rules()
        self.post_message(self.OptionChanged(stepper.id or ""))

    def on_key(self, event: events.Key) -> None:
        """Move the focus from field to field with up and down."""
        if event.key in ("up", "down"):
            event.stop()
            (self.screen.focus_previous if event.key == "up" else self.screen.focus_next)()

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.OptionChanged(event.input.id or ""))


def nearest(values: Sequence[float], wanted: float) -> int:
    """The index of the value nearest to `wanted`."""
    return min(range(len(values)), key=lambda index: abs(values[index] - wanted))


def _name_of(model: str | None) -> str:
    """The name to show for a model's key: for a run, the name of its folder."""
    return _UNKNOWN_YET if model is None else Path(model).name or model


def _paces() -> Sequence[str]:
    return (">", ">>", ">>>", ">>>>") if is_ascii() else ("▂", "▂▄", "▂▄▆", "▂▄▆█")
