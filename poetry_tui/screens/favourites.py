"""The favourites screen: the poems that were kept, found again, tagged, exported, and made anew."""

import asyncio
import contextlib
import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from engine.errors import StudioError, UsageError
from engine.files import is_there, write_atomically
from engine.names import path_of
from poetry_tui.favourite_export import export, format_of
from poetry_tui.favourites import Favourite, FavouriteStore, matches, tags_of
from poetry_tui.keys import bind
from poetry_tui.messages import RecreateWanted
from poetry_tui.screens.views import ViewsScreen
from poetry_tui.widgets.ask_line import AskLine
from poetry_tui.widgets.poem_page import MUTED, PoemPage
from poetry_tui.widgets.poem_shelf import PoemShelf
from poetry_tui.words import heading, reason, sentence, word


class FavouritesScreen(ViewsScreen):
    """The list is read again whenever the screen is shown, for another screen or studio may have kept more."""

    MODE = "favourites"
    AUTO_FOCUS = "#favourites-shelf"
    BINDINGS: ClassVar = [
        bind("slash", "search", "favourites.search", display="/"),
        bind("r", "recreate", "favourites.recreate"),
        bind("y", "copy", "favourites.copy"),
        bind("t", "tags", "favourites.tags"),
        bind("n", "note", "favourites.note", show=False),
        bind("i", "title", "favourites.title", show=False),
        bind("e", "export", "favourites.export"),
        bind("d", "delete", "favourites.delete"),
        bind("u", "undo", "favourites.undo"),
        bind("v", "upright", "compose.upright", show=False),
        bind("z", "traditional", "compose.traditional", show=False),
        bind("escape", "back", "favourites.back", show=False),
    ]
    DEFAULT_CSS = """
    FavouritesScreen {
        & #favourites-body { height: 1fr; }
        & #favourites-left { width: 44; }
        &.-narrow #favourites-left { width: 32; }
        & PoemShelf {
            height: 1fr; border: round $panel; padding: 0;
            border-title-color: $text-muted; border-subtitle-color: $text-muted;
            &:focus { border: round $accent; background-tint: transparent; }
        }
        & #favourites-search { border: round $panel; background: transparent; height: 3; &:focus { border: round $accent; } }
        & PoemPage { width: 1fr; border: round $panel; }
        & #favourites-none { color: $text-muted; padding: 1 2; height: 1fr; border: round $panel; display: none; }
        & #favourites-empty { height: 1fr; content-align: center middle; text-align: center; display: none; padding: 0 4; }
        &.-none-found PoemShelf { display: none; }
        &.-none-found #favourites-none { display: block; }
        &.-empty #favourites-body { display: none; }
        &.-empty #favourites-empty { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.store = FavouriteStore()
        self._all: list[Favourite] = []
        self._deleted: list[int] = []

    def compose_body(self) -> Iterable[Widget]:
        search = Input(placeholder=word("favourites.search_here"), id="favourites-search")
        shelf, none = PoemShelf(id="favourites-shelf"), Static(id="favourites-none")
        yield Horizontal(Vertical(search, shelf, none, id="favourites-left"), PoemPage(), id="favourites-body")
        yield Static(id="favourites-empty")

    def on_mount(self) -> None:
        self._say_everything()
        self._purge()

    def on_screen_resume(self) -> None:
        self.reload()

    def language_changed(self) -> None:
        super().language_changed()
        self._say_everything()
        self.show_matches()

    # What is shown

    def show_verse(self) -> None:
        chosen = self.query_one(PoemShelf).chosen
        faces = self.faces_of(chosen.text) if chosen else ""
        self.query_one(PoemPage).show(chosen, faces=faces, is_upright=self.studio.settings.is_upright)

    @work(group="reload", exclusive=True, exit_on_error=False)
    async def reload(self, cursor_on: int | None = None) -> None:
        """Read the poems again and show those that the search accepts."""
        try:
            self._all = await asyncio.to_thread(self.store.list)
        except StudioError as error:
            self._all = []
            self._show_instead(Content.assemble((sentence(error.message), "$text-error"), "\n\n", sentence(error.hint)))
            return
        self._show_instead(None if self._all else _invitation())
        self.show_matches(cursor_on)

    def show_matches(self, cursor_on: int | None = None) -> None:
        found = self.matching()
        shelf = self.query_one(PoemShelf)
        shelf.show(found, cursor_on)
        count = word("favourites.found", n=len(found), all=len(self._all))
        shelf.border_subtitle = count if len(found) < len(self._all) else ""
        self.show_verse()
        self.set_class(bool(self._all) and not found, "-none-found")
        self.refresh_bindings()

    def matching(self) -> list[Favourite]:
        """The poems that the search line accepts; its words with # are tags."""
        typed = self.query_one("#favourites-search", Input).value.split()
        tags = [part[1:] for part in typed if part[0] in "#＃" and len(part) > 1]
        text = " ".join(part for part in typed if part[0] not in "#＃")
        return [poem for poem in self._all if matches(poem, text) and all(tag in poem.tags for tag in tags)]

    def _show_instead(self, content: Content | None) -> None:
        """Show this in place of list and poem; None shows these."""
        self.set_class(content is not None, "-empty")
        if content is not None:
            self.query_one("#favourites-empty", Static).update(content)
            self.refresh_bindings()
        elif self.focused is None:
            self.query_one(PoemShelf).focus()

    def _say_everything(self) -> None:
        self.query_one(PoemShelf).border_title = heading("favourites.shelf")
        self.query_one("#favourites-search", Input).placeholder = word("favourites.search_here")
        self.query_one("#favourites-none", Static).update(Content(word("favourites.none_found")))
        if self.has_class("-empty") and not self._all:
            self.reload()

    @on(OptionList.OptionHighlighted)
    def show_poem(self) -> None:
        self.show_verse()

    @on(OptionList.OptionSelected)
    def choose(self) -> None:
        self.action_recreate()

    @on(Input.Changed, "#favourites-search")
    def narrow_down(self) -> None:
        self.show_matches()

    @on(Input.Submitted, "#favourites-search")
    def leave_search(self) -> None:
        self.query_one(PoemShelf).focus()

    # Keys

    @property
    def chosen(self) -> Favourite | None:
        return self.query_one(PoemShelf).chosen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that would do nothing are not in the footer."""
        if action in ("recreate", "copy", "tags", "note", "title", "export", "delete"):
            return self.is_mounted and self.chosen is not None
        if action == "search":
            return bool(self._all)
        return bool(self._deleted) if action == "undo" else True

    def action_search(self) -> None:
        self.query_one("#favourites-search", Input).focus()

    def action_back(self) -> None:
        self.query_one("#favourites-search", Input).value = ""
        self.query_one(PoemShelf).focus()

    def action_recreate(self) -> None:
        if self.chosen:
            self.post_message(RecreateWanted(self.chosen))

    def action_copy(self) -> None:
        if self.chosen:
            self.studio.copy_and_say(self.query_one(PoemPage).text_as_shown)

    async def action_delete(self) -> None:
        poem = self.chosen
        if poem and await self._done(lambda: self.store.delete(poem.id)):
            self._deleted.append(poem.id)
            self._say("favourites.deleted")
            self.reload()

    async def action_undo(self) -> None:
        if self._deleted and await self._done(lambda: self.store.restore(self._deleted[-1])):
            self._say("favourites.restored")
            self.reload(self._deleted.pop())

    def action_tags(self) -> None:
        if poem := self.chosen:
            tags = " ".join(poem.tags)
            self._edit(poem, "favourites.ask_tags", tags, lambda line: self.store.set_tags(poem.id, tags_of(line)))

    def action_note(self) -> None:
        if poem := self.chosen:
            self._edit(poem, "favourites.ask_note", poem.note, lambda line: self.store.set_note(poem.id, line.strip()))

    def action_title(self) -> None:
        if poem := self.chosen:
            title = poem.title
            self._edit(poem, "favourites.ask_title", title, lambda line: self.store.set_title(poem.id, line.strip()))

    @work(exit_on_error=False)
    async def _edit(self, poem: Favourite, question: str, line: str, change: Callable[[str], None]) -> None:
        """Ask for a line and carry out the change with it."""
        answer = await self.app.push_screen_wait(AskLine(word(question), line))
        if answer is not None and await self._done(lambda: change(answer)):
            self.reload(poem.id)

    @work(exit_on_error=False)
    async def action_export(self) -> None:
        poems = self.matching()
        suggestion = f"poems-{datetime.date.today():%Y-%m-%d}.md"
        line = await self.app.push_screen_wait(AskLine(word("favourites.ask_export"), suggestion))
        if not line or not line.strip():
            return
        try:
            path = path_of(line.strip())
        except UsageError as error:
            self.notify(sentence(str(error)), severity="error", markup=False)
            return
        if is_there(path):
            self._say("favourites.file_is_there", severity="error", path=path)
            return
        try:
            await asyncio.to_thread(write_atomically, path, export(poems, format_of(path)))
        except StudioError as error:
            self.notify(sentence(str(error)), severity="error", markup=False)
            return
        except OSError as error:
            self._say("favourites.file_failed", severity="error", path=path, why=reason(error))
            return
        self._say("favourites.exported", n=len(poems), path=path.absolute())

    # Helpers

    @work(group="purge", exit_on_error=False)
    async def _purge(self) -> None:
        # A file that cannot be read is told about where the list should be.
        with contextlib.suppress(StudioError):
            await asyncio.to_thread(self.store.purge)

    async def _done(self, change: Callable[[], None]) -> bool:
        """Whether a change of the store went well; what went wrong is said."""
        try:
            await asyncio.to_thread(change)
        except StudioError as error:
            self.notify(sentence(str(error)), severity="error", markup=False)
            return False
        return True

    def _say(self, key: str, severity: str = "information", **values: object) -> None:
        self.notify(word(key, **values), severity=severity, markup=False)  # type: ignore[arg-type]


def _invitation() -> Content:
    """What stands where no poem does: three calm lines."""
    return Content("\n").join(_invitation_lines())


def _invitation_lines() -> Iterator[Content]:
    title = word("favourites.empty_title")
    yield Content.styled(" ".join("卷中待诗"), "bold $accent")
    if title != "卷中待诗":
        yield Content.styled(title, MUTED)
    yield Content("")
    yield Content(word("favourites.empty_how"))
    yield Content.styled(word("favourites.empty_where"), MUTED)
