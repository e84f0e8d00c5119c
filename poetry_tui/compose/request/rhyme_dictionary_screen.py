"""The rhyme dictionary: a list of groups, the characters of one of them, and the groups of a typed character."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static

from engine.prosody.text import is_han
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.widgets.cards import Card
from poetry_tui.widgets.fields import LineInput

if TYPE_CHECKING:
    from engine.prosody.text import RhymeBook
    from poetry_tui.compose.request.rhyme_dictionary import RhymeEntry


class RhymeDictionary(Card[str | None]):
    """Dismissed with the name of the chosen rhyme group, or with None. A character is looked up as it is typed."""

    DEFAULT_CSS = """
    RhymeDictionary {
        & > Vertical { width: 84; height: 90%; max-height: 36; padding: 0 1; }
        Input { height: 1; border: none; background: $background; padding: 0 1; }
        #where { height: auto; color: $accent; padding: 0 1; }
        Horizontal { height: 1fr; margin-top: 1; }
        OptionList { width: 18; height: 1fr; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1; }
        OptionList:focus { border: none; }
        VerticalScroll { width: 1fr; height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
        VerticalScroll Static { height: auto; }
        #keys { height: auto; color: $text-muted; }
    }
    """
    BINDINGS = [Binding("escape", "dismiss", priority=True, show=False)]

    def __init__(self, system: "RhymeBook", group: str | None = None, character: str = "") -> None:
        super().__init__()
        self._system = system
        self._wanted, self._character = group, character
        self._entries: Sequence[RhymeEntry] = ()
        self._input = LineInput(placeholder=tr("rhymes.look_up"), compact=True)
        # The groups of the typed character.
        self._where = Static(id="where", markup=False)
        self._groups = OptionList(markup=False)
        self._characters = Static(markup=False)

    def compose(self) -> ComposeResult:
        with Vertical() as card:
            card.border_title = Content(tr_label("rhymes.title"))
            yield self._input
            yield self._where
            with Horizontal():
                yield self._groups
                with VerticalScroll(can_focus=False):
                    yield self._characters
            yield Static(Content(tr("rhymes.keys")), id="keys")

    def on_mount(self) -> None:
        self._input.focus()
        self._load()

    @work(group="rhymes", exclusive=True, exit_on_error=False)
    async def _load(self) -> None:
        from poetry_tui.compose.request.rhyme_dictionary import rhyme_entries

        self._entries = await asyncio.to_thread(rhyme_entries, self._system)
        self._groups.add_options([Content(entry.title) for entry in self._entries])
        names = [entry.name for entry in self._entries]
        self._groups.highlighted = names.index(self._wanted) if self._wanted in names else 0
        if self._character:
            self._input.value = self._character

    @on(Input.Changed)
    async def look_up(self, event: Input.Changed) -> None:
        """Go to the first group of the last typed character, and list all of its groups."""
        event.stop()
        typed = [one for one in event.value if is_han(one)]
        if not typed or not self._entries:
            self._where.update("")
            return
        from poetry_tui.compose.request.rhyme_dictionary import entries_of

        positions = entries_of(typed[-1], self._system)
        titles = "、".join(self._entries[position].title for position in positions)
        self._where.update(f"{typed[-1]}　{titles}" if positions else tr("rhymes.unknown", character=typed[-1]))
        if positions:
            self._groups.highlighted = positions[0]

    @on(OptionList.OptionHighlighted)
    def show_group(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        entry = self._entries[event.option_index]
        sought = {one for one in self._input.value if is_han(one)}
        parts = [Content.styled(one, "bold $accent") if one in sought else Content(one) for one in entry.common]
        shown = Content(" ").join(parts)
        if entry.rare:
            shown += Content(f"\n\n{tr('rhymes.rare')}\n") + Content.styled(" ".join(entry.rare), "$text-muted")
        self._characters.update(shown)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._entries[event.option_index].name)

    @on(Input.Submitted)
    def choose_highlighted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._groups.highlighted is not None:
            self.dismiss(self._entries[self._groups.highlighted].name)

    def key_up(self) -> None:
        self._groups.action_cursor_up()

    def key_down(self) -> None:
        self._groups.action_cursor_down()
