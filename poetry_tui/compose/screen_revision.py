"""Writing together: step through the verse, choose another character, lock what is good, write the rest anew, undo."""

from typing import TYPE_CHECKING

from textual import on, work

from engine.errors import StudioError
from engine.service.protocol import InspectCharacter
from poetry_tui.compose.pager import Pager
from poetry_tui.compose.revision_request import lines_of
from poetry_tui.compose.revisions import Draft, Origin, Row
from poetry_tui.compose.screen_generation import WritingScreen, new_seed
from poetry_tui.i18n import tr, tr_error, tr_label
from poetry_tui.verse.poem_view import Verse

if TYPE_CHECKING:
    from poetry_tui.compose.inspector.panel import ThisCharacter


class RevisingScreen(WritingScreen):
    """Everything here is done to `sitting.draft`, whose variants are the poems that are over."""

    # Places

    def action_step(self, by: int) -> None:
        if self.sitting.variant is not None:
            self.sitting.stand(self.sitting.draft.step(by))
            self.show()
            self.refresh_bindings()

    def action_line(self, by: int) -> None:
        """To the line before or after; without a cursor, to the first character."""
        if self.sitting.variant is not None:
            here = self.cursor
            self._look_at(0 if here is None else self.stage.verse.in_next_line(here, by))

    @on(Verse.Stepped)
    def step_to(self, event: Verse.Stepped) -> None:
        self._look_at(event.index)

    def _look_at(self, place: int | None) -> None:
        if self.sitting.variant is not None:
            self.sitting.stand(self.sitting.draft.at(place))
            self.show()
            self.refresh_bindings()

    def action_turn(self, by: int) -> None:
        if self.sitting.move(by):
            self.show()
            self.refresh_bindings()

    @on(Pager.Turned)
    def turn(self, event: Pager.Turned) -> None:
        self.action_turn(event.by)

    # Other characters

    def action_pick(self, by: int) -> None:
        """Pick the next likelier or less likely character for this place; enter takes it."""
        if self.sitting.variant is None:
            return
        if self.cursor is None:
            self.action_step(1)
        if not self.glass.display:
            self.action_panel()
            self.show()
        self.glass.character.action_move(by)

    def action_layer(self) -> None:
        self.glass.character.action_next_layer()

    def action_unit(self, by: int) -> None:
        self.glass.character.action_step_unit(by)

    @property
    def is_picking(self) -> bool:
        """Whether a character was picked for the place under the cursor."""
        return self.cursor is not None and self.glass.character.chances.picked is not None

    # Not by `@on`, which would load the glass box before the first paint.
    def on_this_character_chosen(self, event: "ThisCharacter.Chosen") -> None:
        """Put a character in its place, and let the machine go on from there."""
        if self.sitting.variant is not None and self.cursor is not None:
            self.write([self.sitting.draft.choose(event.character, seed=new_seed())])

    def on_this_character_wanted(self, event: "ThisCharacter.Wanted") -> None:
        """Ask the engine what the network held at a place."""
        self._inspect(event.place)

    @work(group="inspect", exclusive=True, exit_on_error=False)
    async def _inspect(self, place: InspectCharacter) -> None:
        try:
            found = await self.services.engine.inspect(place)
        except StudioError as problem:
            self.notify(tr_error(problem.hint), title=tr_error(problem.message), severity="warning", markup=False)
            return
        if found is not None:
            self.glass.character.tell(place, found)
            self.sitting.learn(place, found)
            self.show()

    # Locks, and writing the rest anew

    def action_lock(self) -> None:
        if self.sitting.variant is not None:
            self._stand(self.sitting.draft.toggle_lock())

    def action_lock_line(self) -> None:
        if self.sitting.variant is not None:
            self._stand(self.sitting.draft.toggle_line_lock())

    @property
    def has_something_to_keep(self) -> bool:
        """Whether more is fixed than what the wish had said; without it, writing again is all there is."""
        variant = self.sitting.variant
        return variant is not None and bool(variant.locked or Origin.CHOSEN in variant.origins)

    def action_recompose(self) -> None:
        """Keep what was given, chosen or locked; the machine writes the rest anew."""
        if self.sitting.variant is not None:
            self.write([self.sitting.draft.recompose(seed=new_seed())])

    # Back, forth, and the tree of variants

    def action_undo(self) -> None:
        if self.sitting.draft.can_undo:
            before = self.sitting.draft
            self._stand(before.undo())
            self._say_change_of_locks(before)

    def action_redo(self) -> None:
        if self.sitting.draft.can_redo:
            before = self.sitting.draft
            self._stand(before.redo())
            self._say_change_of_locks(before)

    def _say_change_of_locks(self, before: Draft) -> None:
        """Say which characters an undo or a redo has locked or freed: the text stays, and the marks alone are easily missed."""
        there, here = before.here, self.sitting.draft.here
        if there is None or here is None or there.number != here.number:
            return
        for places, key in (
            (there.locked - here.locked, "compose.undone_freed"),
            (here.locked - there.locked, "compose.undone_locked"),
        ):
            if places:
                characters = "".join(here.text[place] for place in sorted(places))
                self.notify(tr(key, characters=characters), markup=False)

    def action_history(self) -> None:
        """Offer every variant that was tried, each below the one that it came from."""
        from poetry_tui.widgets.choose import Choose

        rows = self.sitting.draft.rows()
        here = next((index for index, row in enumerate(rows) if row.is_here), 0)

        def walk(index: int | None) -> None:
            if index is not None:
                self._stand(self.sitting.draft.to(rows[index].variant.number).at(None))

        if rows:
            self.app.push_screen(Choose(tr_label("compose.history"), [self._label(row) for row in rows], here), walk)

    def _label(self, row: Row) -> str:
        """A variant in a line: its depth, its number, and the lines that are not like its parent's."""
        variant = row.variant
        lines = lines_of(variant.text)
        changed = self.sitting.draft.differences(variant.number)
        if variant.parent is None:
            text = variant.text[: lines[min(1, len(lines) - 1)].stop]
        else:
            changes = [variant.text[line.start : line.stop] for line in lines if changed & set(line)]
            text = "".join(changes[:2]) + ("…" if len(changes) > 2 else "")
        text = text or tr("compose.the_same")
        # Numbers of one width, so that the lines of one generation stand below one another.
        width = len(str(len(self.sitting.draft.variants)))
        return f"{'  ' * (row.depth - 1)}{'└ ' if row.depth else ''}{variant.number + 1:>{width}}  {text}"

    def _stand(self, draft: Draft) -> None:
        self.sitting.stand(draft)
        self.show()
        self.refresh_bindings()
