"""The dialog for typing or pasting a poem, which is checked while it is typed."""

import asyncio
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static, TextArea

from engine.system.errors import UsageError
from poetry_tui.preferences.i18n import tr, tr_error, tr_label
from poetry_tui.widgets.cards import Card

if TYPE_CHECKING:
    from poetry_tui.widgets.poem.annotations import PoemAnnotations

# Time without a key before the text is checked.
PAUSE_S = 0.25


class OwnPoemDialog(Card[str | None]):
    """Dismissed with the text, or with None."""

    DEFAULT_CSS = """
    OwnPoemDialog {
        & > Vertical { width: 64; max-width: 94%; }
        TextArea { height: 12; max-height: 40vh; border: none; background: $background; padding: 0 1; }
        TextArea:focus { border: none; }
        Static { height: auto; color: $text-muted; margin-top: 1; }
    }
    """
    BINDINGS = [
        Binding("ctrl+s", "accept", priority=True, show=False),
        Binding("escape", "dismiss", priority=True, show=False),
    ]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._area = TextArea(text, soft_wrap=True, tab_behavior="focus", show_line_numbers=False)
        # Form, tones and rhyme, or a hint.
        self._verdict = Static(markup=False)

    @property
    def text(self) -> str:
        return self._area.text

    def compose(self) -> ComposeResult:
        with Vertical() as card:
            card.border_title = Content(tr_label("own.title"))
            yield self._area
            yield self._verdict
            yield Static(Content(tr("own.keys")))

    def on_mount(self) -> None:
        self._area.focus()
        self._area.move_cursor(self._area.document.end)
        self._judge()

    @on(TextArea.Changed)
    def judge_again(self, event: TextArea.Changed) -> None:
        event.stop()
        self._judge()

    @work(group="judge", exclusive=True, exit_on_error=False)
    async def _judge(self) -> None:
        await asyncio.sleep(PAUSE_S)
        from poetry_tui.compose.poem.own_poem import check_length, verse_of

        verse = (await asyncio.to_thread(verse_of, self.text))[1]
        if not verse:
            self._verdict.update(tr("own.nothing"))
            return
        try:
            check_length(verse)
        except UsageError as error:
            self._verdict.update(Content.styled(tr_error(str(error)), "$text-error"))
            return
        from poetry_tui.compose.poem.facts import tone_facts
        from poetry_tui.widgets.poem.annotations import annotate

        tones: PoemAnnotations = await asyncio.to_thread(annotate, verse)
        self._verdict.update(Content(" · ").join(tone_facts(tones)))

    def action_accept(self) -> None:
        if self.text.strip():
            self.dismiss(self.text)
        else:
            self._verdict.update(tr("own.nothing"))
