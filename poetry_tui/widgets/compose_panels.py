"""The three panels of the Compose screen: wishes on the left, the stage, one character on the right."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from poetry_tui.engine_protocol import Glyph
from poetry_tui.sitting import Composition, Sitting
from poetry_tui.widgets.begin_picker import BeginPicker
from poetry_tui.widgets.stepper import Stepper
from poetry_tui.widgets.this_character import ThisCharacter
from poetry_tui.widgets.verse import Verse
from poetry_tui.words import heading, word

BEGIN_CHARACTERS = "日红山夜湖海月君"
TEMPERATURES = tuple(step / 20 for step in range(41))
# As bars, and in characters a second; the last is as fast as the engine.
PACES = ("▂", "▂▄", "▂▄▆", "▂▄▆█")
PACES_CHARS_PER_S = (3.0, 7.0, 16.0, float("inf"))
_UNKNOWN_YET = "…"


class BeginPanel(Vertical):
    """What to begin with, and how to write."""

    DEFAULT_CSS = """
    BeginPanel {
        width: 26;
        padding: 1 1;
        border: round $panel;
        border-title-color: $text-muted;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
        Input {
            margin: 1 0;
            padding: 0 1;
            height: 1;
            border: none;
            background: $surface;
            &:focus { background: $panel; }
        }
    }
    """

    def __init__(self, temperature: float, pace: int, model: str | None) -> None:
        super().__init__()
        self.picker = BeginPicker(BEGIN_CHARACTERS, id="picker")
        self.own = Input(id="own", compact=True)
        temperatures = [f"{value:.2f}" for value in TEMPERATURES]
        self._model = Stepper("compose.model", [model or _UNKNOWN_YET], id="model")
        self._temperature = Stepper(
            "compose.temperature", temperatures, nearest_temperature(temperature), id="temperature"
        )
        self._pace = Stepper("compose.pace", PACES, min(pace, len(PACES) - 1), id="pace")

    def compose(self) -> ComposeResult:
        yield self.picker

    async def on_mount(self) -> None:
        self.say()
        # The first paint is sooner without them; they already hold their values.
        self.call_after_refresh(self.mount_all, [self.own, self._model, self._temperature, self._pace])

    def say(self) -> None:
        """Put the words of the current language in their places."""
        self.border_title = Content(heading("compose.begin"))
        self.own.placeholder = word("compose.own")
        self.own.tooltip = word("compose.own.tip")
        self.picker.tooltip = word("compose.picker.tip")
        for stepper in (self._model, self._temperature, self._pace):
            stepper.tooltip = word(f"{stepper.words}.tip")

    @property
    def beginnings(self) -> list[str]:
        """What each poem shall begin with: what was typed, if anything, else the chosen chips."""
        return self.own.value.split() or self.picker.chosen

    @property
    def temperature(self) -> float:
        return TEMPERATURES[self._temperature.index]

    @property
    def pace(self) -> int:
        return self._pace.index

    @property
    def model(self) -> str | None:
        """The chosen model; None while it is not known which there are."""
        return None if self._model.value == _UNKNOWN_YET else self._model.value

    def change_temperature(self, by: int) -> None:
        self._temperature.step(by)

    def offer_models(self, names: Sequence[str]) -> None:
        """The models there are, the chosen one chosen."""
        if names:
            self._model.offer(names, names.index(self._model.value) if self._model.value in names else 0)

    def model_is(self, name: str) -> None:
        """The engine has loaded a model: that is the chosen one."""
        values = self._model.values if name in self._model.values else [name]
        self._model.offer(values, values.index(name))

    @on(Input.Changed)
    def own_instead_of_chips(self, event: Input.Changed) -> None:
        self.picker.is_active = not event.value.strip()

    @on(BeginPicker.Picked)
    def chips_instead_of_own(self) -> None:
        self.own.value = ""


class Stage(Vertical):
    """The verse, and below it in one quiet line how it was made."""

    DEFAULT_CSS = """
    Stage {
        width: 1fr;
        padding: 0 1;
        border: round $panel;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
        Verse {
            .verse--plain { color: $foreground; background: $background; }
            .verse--given { color: $accent; background: $background; text-style: bold; }
            .verse--cursor { color: $background; background: $accent; text-style: bold; }
            .verse--hint { color: $text-muted; background: $background; }
        }
        #made { width: 1fr; height: auto; max-height: 2; color: $text-muted; text-align: center; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._made = ""

    def compose(self) -> ComposeResult:
        # Already in the first paint, when nothing else is known yet.
        yield Verse(word("compose.hint_warming_up"))
        yield Static(id="made", markup=False)

    def on_mount(self) -> None:
        self.say()

    def say(self) -> None:
        self.border_title = Content(heading("compose.stage"))

    def show(self, sitting: Sitting, cursor: int | None, hint: str) -> None:
        current = sitting.current
        glyphs = current.visible if current else []
        self.query_one(Verse).show(glyphs, is_written=current is None or current.is_over, cursor=cursor, hint=hint)
        made = how_it_was_made(current) if current and current.is_over else ""
        if made != self._made:
            self._made = made
            self.query_one("#made", Static).update(Content(made))
        n = len(sitting.compositions)
        self.border_subtitle = Content(f"[ {sitting.index + 1}/{n} ]" if n > 1 else "")


class CharacterPanel(Vertical):
    """The character under the cursor, or the newest one."""

    DEFAULT_CSS = """
    CharacterPanel {
        width: 28;
        padding: 1 2;
        border: round $panel;
        border-title-color: $text-muted;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._character = ThisCharacter()

    def on_mount(self) -> None:
        self.say()
        self.call_after_refresh(self.mount, self._character)

    def say(self) -> None:
        self.border_title = Content(heading("compose.this_character"))

    def show(self, glyph: Glyph | None) -> None:
        self._character.show(glyph)


def nearest_temperature(temperature: float) -> int:
    """The index of the temperature on offer that is nearest."""
    return min(range(len(TEMPERATURES)), key=lambda index: abs(TEMPERATURES[index] - temperature))


def how_it_was_made(composition: Composition) -> str:
    """Seed, temperature, model and how likely the model found it, in one line."""
    drawn = sum(not glyph.given for glyph in composition.visible)
    parts = [word("compose.seed", seed=composition.config["seed"]), f"T {composition.config['temperature']:.2f}"]
    if composition.done:
        parts.append(composition.done.model)
    if drawn:
        parts.append(word("compose.per_character", nats=f"{-composition.logprob / drawn:.1f}"))
    if composition.done and composition.done.finish == "limit":
        parts.append(word("compose.cut"))
    if composition.is_stopped:
        parts.append(word("compose.stopped"))
    if composition.is_kept:
        parts.insert(0, word("compose.kept"))
    # Where the line is too long it breaks between its parts.
    return " · ".join(part.replace(" ", "\u00a0") for part in parts)
