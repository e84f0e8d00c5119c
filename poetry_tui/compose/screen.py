"""The Compose screen: pick a begin character, watch the verse appear, work on it together with the machine, keep it."""

import asyncio
import contextlib
import dataclasses
from typing import TYPE_CHECKING

from textual import work

from engine.errors import StudioError
from poetry_tui.compose.keys import BINDINGS, FOOTER_FILLERS
from poetry_tui.compose.save_favourite import keep
from poetry_tui.compose.screen_revision import RevisingScreen
from poetry_tui.compose.session import Sitting
from poetry_tui.i18n import tr, tr_error
from poetry_tui.messages import CopyWanted
from poetry_tui.services import Services

if TYPE_CHECKING:
    from poetry_tui.compose.request_fields import WishFields
    from poetry_tui.compose.session_file import DeskFile


# A desk that was changed is written so often.
SAVE_PERIOD_S = 1.0


class ComposeScreen(RevisingScreen):
    """The desk (`compose_desk`), writing (`compose_writing`), revising (`compose_revising`); here wishes and keeping."""

    BINDINGS = BINDINGS
    FOOTER_FILLERS = FOOTER_FILLERS

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._desk: DeskFile | None = None
        # What was last written: the variants, and how many of them are kept.
        self._on_disk: tuple[object, int] = ((), 0)
        # What lay there before it was cleared.
        self._cleared: Sitting | None = None

    def on_mount(self) -> None:
        self.call_after_refresh(self._open_desk)
        self.set_interval(SAVE_PERIOD_S, self._save_desk)

    async def on_unmount(self) -> None:
        if self._desk is not None:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._desk.save, self._snapshot())
            self._desk.close()

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.offer_choices)

    # Wishes

    def action_compose(self) -> None:
        """Write for each chosen beginning; where a character was picked for a place, go on from that instead."""
        is_wishing = self.focused is not None and self.wished in self.focused.ancestors
        if self.is_picking and not is_wishing:
            self.glass.character.action_choose()
            return
        beginnings = self.wished.beginnings
        if not beginnings:
            self.notify(tr("compose.nothing_chosen"), markup=False)
            return
        self.write([self.wish(begin) for begin in beginnings], self.fields.n_candidates)

    def action_again(self) -> None:
        """The same beginning with a new seed, and with the settings of now."""
        if self.sitting.current is not None:
            begin = str(self.sitting.current.config["begin"])
            self.write([self.wish(begin)], self.fields.n_candidates)

    @work(group="choices", exclusive=True, exit_on_error=False)
    async def offer_choices(self) -> None:
        """Which models, forms and rhymes there are."""
        self.fields.offer_models(await asyncio.to_thread(_model_names))
        # The tables of the prosody take their time to load.
        from poetry_tui.compose.form_choices import form_choices

        self.fields.offer_forms(await asyncio.to_thread(form_choices))

    def action_temperature(self, by: int) -> None:
        self.fields.change_temperature(by)

    def action_write_own(self) -> None:
        self.remove_class("-panel")
        self.set_focus(self.fields.own)

    def action_wishes(self) -> None:
        self.remove_class("-panel")
        self.set_focus(self.fields.form)

    def action_leave(self) -> None:
        if self.focused is not None and self.fields in self.focused.ancestors:
            self.set_focus(self.wished.picker)
        elif self.cursor is not None:
            self._look_at(None)
        else:
            self.action_stop()

    def on_input_submitted(self) -> None:
        self.action_compose()

    # A poem of one's own, and the rhyme book

    def action_write_poem(self) -> None:
        """Ask for a poem, and put it on the stage: judged, stepped through and revised like any other."""
        from poetry_tui.compose.own_poem_dialog import OwnPoem

        card = OwnPoem(self.own_text)

        def take(text: str | None) -> None:
            # What was typed is there again when the card is opened next, until it stands on the stage.
            self.own_text = card.text if text is None else ""
            if text is not None:
                self.put_own_poem(text)

        self.app.push_screen(card, take)

    def action_rhyme_dictionary(self) -> None:
        """Open the rhyme book at the chosen rhyme, or at the character under the cursor; a chosen group becomes the rhyme."""
        from poetry_tui.compose.rhyme_dictionary_screen import RhymeDictionary

        variant, cursor = self.sitting.variant, self.sitting.cursor
        character = variant.text[cursor] if variant is not None and cursor is not None else ""
        fields = self.fields
        self.app.push_screen(
            RhymeDictionary(fields.rhyme_system, fields.wanted_rhyme, character),
            lambda name: None if name is None else fields.choose_rhyme(name),
        )

    # The pattern of the form that is being chosen

    def on_descendant_focus(self) -> None:
        self._show_pattern()

    def on_descendant_blur(self) -> None:
        self._show_pattern()

    def on_wish_fields_wished(self, event: "WishFields.Wished") -> None:
        super().on_wish_fields_wished(event)
        if event.name in ("form", "order"):
            self._show_pattern()

    @work(group="pattern", exclusive=True, exit_on_error=False)
    async def _show_pattern(self) -> None:
        """Show the tone pattern while one of the fields that say the form has the focus."""
        if not self.wished.has_fields or self.focused not in (self.fields.form, self.fields.order, self.fields.rhyme):
            self.stage.show_pattern(None)
            return
        from poetry_tui.compose.tone_pattern import pattern_of

        key, order = self.fields.form_key, self.fields.wanted_order
        self.stage.show_pattern(await asyncio.to_thread(pattern_of, key, order))

    # The desk of last time

    @work(group="desk", exit_on_error=False)
    async def _open_desk(self) -> None:
        """Bring back the poems of last time, where somebody left without keeping them, or the studio was killed."""
        # Not needed before the first paint.
        from poetry_tui.compose.session_file import DeskFile, n_unkept, together

        desk = DeskFile()
        try:
            found = await asyncio.to_thread(desk.open)
        except OSError:
            # A folder that cannot be written is told about where something is to be kept.
            return
        while not all(poem.is_over for poem in self.sitting.compositions):
            await asyncio.sleep(0.1)
        self._desk = desk
        # Where all were kept, they stand in the favourites, and the desk is a clean one.
        if n := n_unkept(found):
            self.sitting = together([self.sitting, found]) if self.sitting.compositions else found
            self.show()
            self.refresh_bindings()
            self.notify(tr("compose.desk_restored", n=n), markup=False, timeout=10)

    def _snapshot(self) -> Sitting:
        return dataclasses.replace(self.sitting, compositions=list(self.sitting.compositions))

    @work(group="save", exclusive=True, exit_on_error=False)
    async def _save_desk(self) -> None:
        """Write the desk where it has changed, so that a studio that is killed loses a poem of the last second at most."""
        variants = self.sitting.draft.variants
        state = variants, sum(poem.is_kept for poem in self.sitting.compositions)
        if self._desk is None or (state[0] is self._on_disk[0] and state[1] == self._on_disk[1]):
            return
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._desk.save, self._snapshot())
            self._on_disk = state

    def action_clear_desk(self) -> None:
        """Begin with an empty desk; undo brings the poems back."""
        if self.sitting.compositions and not self.refuse_blind():
            self.action_stop()
            self._cleared, self.sitting = self.sitting, Sitting()
            self.notify(tr("compose.desk_cleared"), markup=False)
            self.show()
            self.refresh_bindings()

    def action_undo(self) -> None:
        if self._cleared is not None and not self.sitting.compositions:
            self.sitting = self._cleared
            self._cleared = None
            self.show()
            self.refresh_bindings()
        else:
            super().action_undo()

    # Keeping

    def action_copy(self) -> None:
        if self.sitting.current is not None:
            self.post_message(CopyWanted(self.stage.verse.text_as_shown))

    @work(group="keep", exit_on_error=False)
    async def action_favourite(self) -> None:
        current = self.sitting.current
        if current is None or not current.text:
            return
        try:
            await asyncio.to_thread(keep, current)
        except StudioError as problem:
            self.notify(
                tr_error(problem.hint), title=tr_error(problem.message), severity="error", markup=False, timeout=10
            )
            return
        current.is_kept = True
        self.notify(tr("compose.kept_said"), markup=False)
        self.show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not in the footer."""
        current, draft = self.sitting.current, self.sitting.draft
        if action == "again" and current is not None and current.is_own:
            return False
        if action in ("again", "copy", "favourite"):
            return current is not None and current.is_over and bool(current.glyphs)
        if action in ("step", "line", "pick", "history"):
            return self.sitting.variant is not None
        if action == "turn":
            return len(self.sitting.compositions) > 1
        if action == "recompose":
            return self.has_something_to_keep
        if action in ("lock", "lock_line"):
            return self.cursor is not None
        if action == "clear_desk":
            return current is not None
        if action == "undo":
            return draft.can_undo or (current is None and self._cleared is not None)
        if action == "redo":
            return draft.can_redo
        if action == "stop":
            return any(not poem.is_over for poem in self.sitting.compositions)
        return True


def _model_names() -> list[str]:
    from engine.model.registry import list_models

    return [model.name for model in list_models() if not model.problem]
