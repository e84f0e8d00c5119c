"""The Compose screen's desk: its three panels, the poems of the sitting, and the ways to look at them."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget

from engine.service.protocol import InspectCharacter
from poetry_tui.compose.inspector.column import CharacterPanel
from poetry_tui.compose.poem_pane import Stage
from poetry_tui.compose.request_form import WishPanel
from poetry_tui.compose.session import Composition, Sitting
from poetry_tui.engine_client.state import EngineState, Phase
from poetry_tui.i18n import tr
from poetry_tui.services import Services
from poetry_tui.verse.poem_view import Sheet, Verse
from poetry_tui.widgets.verse_screen import ViewsScreen

if TYPE_CHECKING:
    from engine.prosody import RhymeBook
    from poetry_tui.compose.request_fields import WishFields
    from poetry_tui.verse.annotations import Tones


class DeskScreen(ViewsScreen):
    """The state is a `Sitting`; `show` puts it on the screen, as the settings want it to be seen."""

    MODE = "compose"
    DEFAULT_CSS = """
    DeskScreen {
        #desk { height: 1fr; }
        &.-low WishPanel { padding: 0 1; }
        &.-panel.-narrow WishPanel { display: none; }
        CharacterPanel { display: none; }
        &.-wide CharacterPanel, &.-panel.-narrow CharacterPanel { display: block; }
        &.-wide.-no-panel CharacterPanel { display: none; }
    }
    """

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.sitting = Sitting()
        # What the checker found, by text and form.
        self._judged: dict[tuple[str, str | None, RhymeBook | None], Tones] = {}
        self._being_judged: set[tuple[str, str | None, RhymeBook | None]] = set()
        self.wished = WishPanel(services.settings)
        self.stage = Stage()
        self.glass = CharacterPanel()

    def compose_body(self) -> Iterable[Widget]:
        yield Horizontal(self.wished, self.stage, self.glass, id="desk")

    def on_mount(self) -> None:
        self.call_after_refresh(self.show)

    @property
    def fields(self) -> "WishFields":
        return self.wished.fields

    # Not by `@on`, which would load the fields before the first paint.
    def on_wish_fields_wished(self, event: "WishFields.Wished") -> None:
        """Remember what is wished for; a model is loaded at once."""
        self.wished.mark_what_counts()
        if event.name == "model":
            self.services.settings.change(model=self.fields.model)
            self.services.engine.load(self.fields.model)
        else:
            self.services.settings.change(**self.fields.remembered)

    @property
    def cursor(self) -> int | None:
        """The place that is looked at, in a poem that is over."""
        return self.sitting.cursor

    # Showing

    def show(self) -> None:
        """Put the state on the screen."""
        settings, sitting, current = self.services.settings.current, self.sitting, self.sitting.current
        tones = self._tones_of(current) if settings.with_tones and current is not None else None
        sheet = Sheet(
            glyphs=current.visible if current else (),
            is_written=current is None or current.is_over,
            cursor=sitting.cursor,
            hint=self._hint(),
            faces=self.faces_of(current.text) if current else "",
            signs=(tones.signs if tones else {}) if settings.with_tones else None,
            held=sitting.variant.locked if sitting.variant else frozenset(),
            is_upright=settings.is_upright,
        )
        self.stage.show(sitting, sheet, tones)
        at = sitting.cursor if sitting.cursor is not None else len(sheet.glyphs) - 1
        self.glass.show(sheet.glyphs[at] if 0 <= at < len(sheet.glyphs) else None, self._place())

    def _place(self) -> InspectCharacter | None:
        """What the glass box may ask about: the place under the cursor."""
        variant, cursor = self.sitting.variant, self.sitting.cursor
        if variant is None or cursor is None:
            return None
        return InspectCharacter(variant.text, cursor, variant.config, variant.model)

    def _hint(self) -> str:
        """What an empty stage says."""
        is_warm = self.services.engine.state.phase in (Phase.READY, Phase.NO_MODEL, Phase.FAILED)
        is_waiting = self.sitting.current is not None and not self.sitting.current.is_over
        if is_waiting:
            return tr("compose.hint_thinking" if is_warm else "compose.hint_waiting")
        return tr("compose.hint" if is_warm else "compose.hint_warming_up")

    def engine_changed(self, state: EngineState) -> None:
        """Beside what the header says: what may be wished for, and with which model."""
        super().engine_changed(state)
        self.show()
        # Asleep, the engine has nothing to say, and the fields are not loaded before the first paint.
        if state.phase is not Phase.ASLEEP:
            self.fields.model_is(self.services.engine.model, state.model.name if state.model is not None else None)

    def refresh_labels(self) -> None:
        super().refresh_labels()
        self.wished.refresh_labels()
        self.stage.refresh_labels()
        self.glass.refresh_labels()
        self.show()

    # Tones

    def action_tones(self) -> None:
        self.services.settings.change(with_tones=not self.services.settings.current.with_tones)
        self.show()

    def _tones_of(self, current: Composition) -> "Tones | None":
        """What the checker says of a finished poem; None until it has said it."""
        if not current.is_over or not current.text:
            return None
        form = current.config.get("form")
        book = current.config.get("rhyme_book")
        key = (current.text, None if form in (None, "free") else str(form), book)
        if key not in self._judged and key not in self._being_judged:
            self._being_judged.add(key)
            self._judge(*key)
        return self._judged.get(key)

    @work(group="judge", exit_on_error=False)
    async def _judge(self, text: str, form: str | None, book: "RhymeBook | None") -> None:
        # The tables of the prosody take their time to load.
        from poetry_tui.verse.annotations import tones_of

        try:
            self._judged[text, form, book] = await asyncio.to_thread(tones_of, text, form, book)
        finally:
            self._being_judged.discard((text, form, book))
        self.show()

    def show_verse(self) -> None:
        self.show()

    def action_ink(self) -> None:
        self.query_one(Verse).toggle_ink()

    def action_panel(self) -> None:
        self.toggle_class("-no-panel" if self.has_class("-wide") else "-panel")
