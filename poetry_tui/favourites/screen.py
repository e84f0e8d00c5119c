"""The Favourites screen: list, search, tag, export and re-create saved poems."""

import asyncio
import contextlib
import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from engine.system.errors import StudioError
from engine.system.names import path_of
from poetry_tui.favourites.edit_field import FieldEdited, edit_field
from poetry_tui.favourites.export import date_of, export_to
from poetry_tui.favourites.poem_list import PoemShelf, invitation
from poetry_tui.favourites.poem_page import PoemPage
from poetry_tui.favourites.search import found_by, next_collection
from poetry_tui.favourites.store import Favourite, FavouriteStore, form_key_of, heading_of
from poetry_tui.preferences.i18n import tr, tr_error, tr_label, tr_os_error
from poetry_tui.preferences.keymap import bind
from poetry_tui.widgets.fields import AskLine, LineInput
from poetry_tui.widgets.poem.comparison import ComparedPoem, PoemMarker
from poetry_tui.widgets.poem.poem_display import PoemDisplay
from poetry_tui.widgets.shell.studio_screen import CopyWanted, Services, StudioScreen, notify_error

# Interval of checks for changes by another studio.
POLL_S = 1.0


class FavouritesScreen(StudioScreen):
    """The list is read again whenever the screen is shown, because another screen or studio may have saved poems."""

    MODE = "favourites"
    AUTO_FOCUS = "#favourites-shelf"
    BINDINGS: ClassVar = [
        bind("slash", "search", "favourites.search", display="/"),
        bind("r", "recreate", "favourites.recreate"),
        bind("y", "copy", "favourites.copy"),
        bind("t", "edit('tags')", "favourites.tags"),
        bind("c", "edit('collection')", "favourites.collection", show=False),
        bind("C", "next_collection", "favourites.next_collection", display="C", show=False),
        bind("n", "edit('note')", "favourites.note", show=False),
        bind("i", "edit('title')", "favourites.title", show=False),
        bind("e", "poster", "poster.draw"),
        bind("E", "export", "favourites.export", display="E"),
        bind("m", "compare", "compose.compare", show=False),
        bind("d", "delete", "favourites.delete"),
        bind("u", "undo", "favourites.undo"),
        bind("D", "deleted_ones", "favourites.deleted_ones", display="D", show=False),
        bind("v", "upright", "compose.upright", show=False),
        bind("z", "traditional", "compose.traditional", show=False),
        bind("escape", "back", "favourites.back", show=False),
    ]
    DEFAULT_CSS = """
    FavouritesScreen {
        & #favourites-body { height: 1fr; }
        & #favourites-left { width: 44; } &.-narrow #favourites-left { width: 32; }
        & PoemShelf {
            height: 1fr; border: round $panel; padding: 0; border-title-color: $text-muted;
            border-subtitle-color: $text-muted; &:focus { border: round $accent; background-tint: transparent; }
        }
        & #favourites-search { border: round $panel; background: transparent; height: 3; &:focus { border: round $accent; } }
        & PoemPage { width: 1fr; border: round $panel; }
        & #favourites-none { color: $text-muted; padding: 1 2; height: 1fr; border: round $panel; display: none; }
        & #favourites-empty { height: 1fr; content-align: center middle; text-align: center; display: none; padding: 0 4; }
        &.-none-found PoemShelf, &.-empty #favourites-body { display: none; }
        &.-none-found #favourites-none, &.-empty #favourites-empty { display: block; }
    }
    """

    @dataclass
    class RecreateWanted(Message):
        """Compose a favourite again with its model, seed and settings."""

        favourite: Favourite

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.store = FavouriteStore()
        self.display_of_poems = PoemDisplay(services.settings, self.show_poem_page)
        self._marker = PoemMarker(self.display_of_poems.to_display_chars)
        self._all: list[Favourite] = []
        # The last deleted one first.
        self._deleted: list[Favourite] = []
        self._shows_deleted = False
        self._stamp: object = None
        self._search = LineInput(joint=" ", id="favourites-search")
        self._shelf, self._page = PoemShelf(id="favourites-shelf"), PoemPage()
        self._none, self._empty = Static(id="favourites-none"), Static(id="favourites-empty")

    def compose_body(self) -> Iterable[Widget]:
        left = Vertical(self._search, self._shelf, self._none, id="favourites-left")
        yield Horizontal(left, self._page, id="favourites-body")
        yield self._empty

    def on_mount(self) -> None:
        self._say_everything()
        self._purge()
        self.set_interval(POLL_S, self._reload_changed)
        if self.display_of_poems.is_traditional:
            self.call_after_refresh(self._load_traditional)

    def on_screen_resume(self) -> None:
        self.reload()

    def _reload_changed(self) -> None:
        """Reload the list if another studio has changed the store."""
        if self.is_current and self.store.stamp() != self._stamp:
            self.reload()

    @property
    def _listed(self) -> list[Favourite]:
        return self._deleted if self._shows_deleted else self._all

    def refresh_labels(self) -> None:
        super().refresh_labels()
        self._say_everything()
        self.show_matches()

    # What is shown

    @on(OptionList.OptionHighlighted)
    def show_poem_page(self) -> None:
        """Display the chosen poem."""
        chosen, display = self.chosen, self.display_of_poems
        display_chars = display.to_display_chars(chosen.text) if chosen else ""
        self._page.show(chosen, display_chars=display_chars, is_upright=display.is_upright)

    def action_upright(self) -> None:
        """Toggle vertical setting (columns from right to left)."""
        self.display_of_poems.toggle_upright()

    def action_traditional(self) -> None:
        """Toggle the display in traditional characters; the poems themselves stay simplified."""
        self.display_of_poems.toggle_traditional()
        self._load_traditional()

    @work(group="traditional", exclusive=True, exit_on_error=False)
    async def _load_traditional(self) -> None:
        await self.display_of_poems.load()

    @work(group="reload", exclusive=True, exit_on_error=False)
    async def reload(self, cursor_on: int | None = None) -> None:
        """Read the poems again, and show those that match the search."""
        self._stamp = self.store.stamp()
        try:
            self._all = await asyncio.to_thread(self.store.list)
            self._deleted = await asyncio.to_thread(self.store.list_deleted)
        except StudioError as error:
            self._all = self._deleted = []
            self._show_instead(Content.assemble((tr_error(error.message), "$text-error"), "\n\n", tr_error(error.hint)))
            return
        self.show_all(cursor_on)

    def show_all(self, cursor_on: int | None = None) -> None:
        """Show the list, or the invitation when there are no favourites."""
        self._show_instead(None if self._all or self._shows_deleted else invitation())
        self.show_matches(cursor_on)

    def show_matches(self, cursor_on: int | None = None) -> None:
        found, shelf = self.matching(), self._shelf
        shelf.show(found, cursor_on)
        shelf.border_title = tr_label("favourites.shelf_deleted" if self._shows_deleted else "favourites.shelf")
        count = tr("favourites.found", n=len(found), all=len(self._listed))
        shelf.border_subtitle = count if len(found) < len(self._listed) else ""
        none = "favourites.none_found" if self._listed else "favourites.none_deleted"
        self._none.update(Content(tr(none)))
        self.show_poem_page()
        self.set_class(not found and (bool(self._listed) or self._shows_deleted), "-none-found")
        self.refresh_bindings()

    def matching(self) -> list[Favourite]:
        """The listed poems that match the search line."""
        return found_by(self._search.value, self._listed)

    def _show_instead(self, content: Content | None) -> None:
        """Show `content` in place of list and poem; None shows these again."""
        self.set_class(content is not None, "-empty")
        if content is not None:
            self._empty.update(content)
            self.refresh_bindings()
        elif self.focused is None:
            self._shelf.focus()

    def _say_everything(self) -> None:
        self._search.placeholder = tr("favourites.search_here")
        if self.has_class("-empty") and not self._all:
            self.reload()

    @on(OptionList.OptionSelected)
    async def choose(self) -> None:
        if self._shows_deleted:
            await self.action_undo()
        else:
            self.action_recreate()

    @on(Input.Changed, "#favourites-search")
    def narrow_down(self) -> None:
        self.show_matches()

    @on(Input.Submitted, "#favourites-search")
    def leave_search(self) -> None:
        self._shelf.focus()

    # Keys

    @property
    def chosen(self) -> Favourite | None:
        return self._shelf.chosen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("recreate", "edit", "poster", "export", "delete") and self._shows_deleted:
            return False
        if action in ("recreate", "copy", "compare", "edit", "poster", "export", "delete"):
            return self.is_mounted and self.chosen is not None
        if action in ("next_collection", "deleted_ones", "back"):
            return bool(self._all or self._deleted)
        if action == "search":
            return bool(self._listed)
        return bool(self._deleted) if action == "undo" else True

    def action_search(self) -> None:
        self._search.focus()

    def action_back(self) -> None:
        self._search.value = ""
        self._shelf.focus()

    def action_recreate(self) -> None:
        if self.chosen:
            self.post_message(self.RecreateWanted(self.chosen))

    def action_copy(self) -> None:
        if self.chosen:
            self.post_message(CopyWanted(self._page.text_as_shown))

    async def action_delete(self) -> None:
        """Delete the poem; it can be restored for 30 days."""
        poem = self.chosen
        if poem is None or self.refuse_blind():
            return
        if await self._done(lambda: self.store.delete(poem.id)):
            # Update the list at once, so that a second key press deletes the next poem.
            self._all = [other for other in self._all if other.id != poem.id]
            self._deleted = [poem, *self._deleted]
            self._say("favourites.deleted")
            self.show_all()
            self.reload()

    async def action_undo(self) -> None:
        """Restore the last deleted poem, also of an earlier start; in the list of deleted poems, the chosen one."""
        poem = self.chosen if self._shows_deleted else next(iter(self._deleted), None)
        if poem is not None and await self._done(lambda: self.store.restore(poem.id)):
            self._deleted = [other for other in self._deleted if other.id != poem.id]
            self._say("favourites.restored", poem=heading_of(poem))
            self.reload(poem.id)

    def action_deleted_ones(self) -> None:
        """Toggle the list of deleted poems that can be restored."""
        self._shows_deleted = not self._shows_deleted
        self.show_all()
        self.reload()

    def action_next_collection(self) -> None:
        """Show only the next collection; after the last one, all poems."""
        if not any(poem.collection for poem in self._all):
            self._say("favourites.no_collection")
        self._search.value = next_collection(self._search.value, self._all)

    def action_edit(self, what: str) -> None:
        """Ask for the tags, note, title or collection of a poem."""
        if (poem := self.chosen) is None:
            return
        edit_field(self, self.store, poem.id, what)

    @on(FieldEdited)
    @work(exit_on_error=False)
    async def change_field(self, event: FieldEdited) -> None:
        # In a worker, so that a slow disk holds no key; the cursor stays where later keys have moved it.
        if await self._done(event.change):
            self.reload()

    def action_compare(self) -> None:
        """Mark the poem, or compare it with the marked one."""
        if poem := self.chosen:
            about = f"{poem.model} · {date_of(poem)}"
            self._marker.mark(ComparedPoem(poem.text, heading_of(poem), form_key_of(poem), about), self)

    def action_poster(self) -> None:
        """Ask how to draw the poem as a poster, and draw it."""
        if poem := self.chosen:
            from poetry_tui.widgets.poster_dialog import PosterDialog

            text = self.display_of_poems.to_display_chars(poem.text)
            dialog = PosterDialog(text, self.services.settings, title=poem.title, form=form_key_of(poem))
            self.app.push_screen(dialog)

    def action_export(self) -> None:
        self._ask_for_file(self.matching(), f"poems-{datetime.date.today():%Y-%m-%d}.md", tr("favourites.ask_export"))

    def _ask_for_file(self, poems: list[Favourite], line: str, question: str, existing: Path | None = None) -> None:
        """Ask which file to export to; `existing` may be replaced."""

        def answered(answer: str | None) -> None:
            if answer and answer.strip():
                self._export(poems, answer.strip(), existing)

        self.app.push_screen(AskLine(question, line), answered)

    @work(exit_on_error=False)
    async def _export(self, poems: list[Favourite], name: str, existing: Path | None) -> None:
        path = Path(name)
        try:
            path = path_of(name)
            if path != existing and path.is_file():
                self._ask_for_file(poems, name, tr("shell.replace", path=path), path)
                return
            await asyncio.to_thread(export_to, path, poems, replaces=path == existing)
        except StudioError as error:
            notify_error(self, error)
            return
        except OSError as error:
            self._say("favourites.file_failed", severity="error", path=path, why=tr_os_error(error))
            return
        self._say("favourites.exported", n=len(poems), path=path.absolute())

    @work(group="purge", exit_on_error=False)
    async def _purge(self) -> None:
        # An unreadable file is reported in place of the list.
        with contextlib.suppress(StudioError):
            await asyncio.to_thread(self.store.purge)

    async def _done(self, change: Callable[[], None]) -> bool:
        """Apply a change to the store. Returns whether it succeeded; notifies of an error."""
        try:
            await asyncio.to_thread(change)
        except StudioError as error:
            notify_error(self, error)
            return False
        return True

    def _say(self, key: str, severity: str = "information", **values: object) -> None:
        self.notify(tr(key, **values), severity=severity, markup=False)  # type: ignore[arg-type]
