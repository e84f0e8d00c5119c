"""The list of favourites: begin character and heading, and below them date, form, model and tags."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from poetry_tui.favourites.export import date_of
from poetry_tui.favourites.store import Favourite, heading_of, name_of_form
from poetry_tui.preferences.i18n import tr, tr_error
from poetry_tui.preferences.keymap import next_with
from poetry_tui.preferences.themes import FAINT

# The first line of the invitation, in every language.
_EMPTY = "卷中待诗"


class PoemShelf(OptionList):
    """Two rows for each poem. `show` keeps the cursor on the same poem, or on the same row if that poem is gone."""

    DEFAULT_CSS = """
    PoemShelf {
        background: transparent; text-wrap: nowrap; text-overflow: ellipsis;
        & > .option-list--option-highlighted { background: $foreground 8%; color: $foreground; }
        &:focus > .option-list--option-highlighted { background: $accent 18%; color: $foreground; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._poems: list[Favourite] = []

    @property
    def chosen(self) -> Favourite | None:
        """The poem at the cursor."""
        return None if self.highlighted is None else self._poems[self.highlighted]

    def on_key(self, event: events.Key) -> None:
        """Go to the next poem whose heading contains the typed Han character; Latin letters are keys of the screen."""
        found = next_with([heading_of(poem) for poem in self._poems], event.character, self.highlighted or 0)
        if found is not None:
            event.stop()
            self.highlighted = found

    def show(self, poems: Sequence[Favourite], cursor_on: int | None = None) -> None:
        """Show these poems, the cursor on the one with the id `cursor_on`."""
        chosen, row = self.chosen, self.highlighted or 0
        wanted = cursor_on or (chosen.id if chosen else None)
        self._poems = list(poems)
        self.set_options([Option(_rows(poem), id=str(poem.id)) for poem in poems])
        if poems:
            ids = [poem.id for poem in poems]
            self.highlighted = ids.index(wanted) if wanted in ids else min(row, len(ids) - 1)


def _rows(poem: Favourite) -> Content:
    """The two rows of an option, each cut at the width of the list: 日 日暮江头一笛风 / 2026-03-01 studio-lstm #江."""
    tags = "".join(f" #{tag}" for tag in poem.tags)
    collection = f" @{poem.collection}" if poem.collection else ""
    first = Content.assemble((f"{poem.begin[:1]:\u3000<1} ", "bold $accent"), heading_of(poem))
    made = " ".join(filter(None, (date_of(poem), name_of_form(poem))))
    second = Content.assemble(
        "   ", (made, FAINT), (collection, "$accent"), (f" {poem.model}", FAINT), (tags, "$accent")
    )
    if poem.problem:
        second = Content.assemble("   ", (tr_error(poem.problem), "$text-error"))
    return Content("\n").join((first, second))


def invitation() -> Content:
    """The text shown when there are no favourites."""
    title = tr("favourites.empty_title")
    lines = (
        Content.styled(" ".join(_EMPTY), "bold $accent"),
        *((Content.styled(title, FAINT),) if title != _EMPTY else ()),
        Content(""),
        Content(tr("favourites.empty_how")),
        Content.styled(tr("favourites.empty_where"), FAINT),
    )
    return Content("\n").join(lines)
