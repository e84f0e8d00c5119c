"""Two poems side by side: their forms, tones and rhymes; if one revises the other, the differing characters are highlighted."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.prosody.text import HAN_CELLS, LINE_MARKS, is_han, split_lines
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.themes import FAINT
from poetry_tui.terminal.compat import withdraw_notices
from poetry_tui.widgets.cards import Card

if TYPE_CHECKING:
    from poetry_tui.widgets.poem.annotations import PoemAnnotations

_STYLES = {"tone": FAINT, "wrong": "$text-error", "licence": "$text-warning", "rhyme": "$accent"}
_DIFFERS = "bold $accent"


@dataclass(frozen=True, slots=True)
class ComparedPoem:
    """A poem to compare. `form`: its key if known; `about`: a line about its origin."""

    text: str
    title: str = ""
    form: str | None = None
    about: str = ""


class PoemMarker:
    """Remembers the first of two poems to compare."""

    def __init__(self, to_display_chars: Callable[[str], str]) -> None:
        """`to_display_chars` converts a text to the displayed characters, simplified or traditional."""
        self._to_display_chars = to_display_chars
        self._marked: ComparedPoem | None = None

    def mark(self, poem: ComparedPoem, widget: Widget) -> None:
        """Mark a poem; if another one is marked, compare the two. Marking the same poem again removes the mark."""
        marked, self._marked = self._marked, None
        withdraw_notices(widget.app, tr("compose.marked"))
        if marked is None:
            self._marked = poem
            widget.app.notify(tr("compose.marked"), markup=False)
        elif marked.text != poem.text:
            widget.app.push_screen(ComparisonScreen(marked, poem, self._to_display_chars))
        else:
            widget.app.notify(tr("compose.unmarked"), markup=False)


def differing(first: str, second: str) -> frozenset[int]:
    """The indices at which two texts differ if one revises the other (marks at the same positions, at least half of the characters
    equal); otherwise empty."""
    pairs = list(zip(first, second, strict=False))
    others = [index for index, (one, other) in enumerate(pairs) if one != other]
    is_revision = len(first) == len(second) and all(is_han(one) == is_han(other) for one, other in pairs)
    return frozenset(others) if is_revision and 2 * len(others) <= len(pairs) else frozenset()


class ComparisonScreen(Card[None]):
    """A card with a column for each poem; esc, enter, m or q closes it."""

    DEFAULT_CSS = """
    ComparisonScreen {
        & > VerticalScroll { width: 96; max-width: 98%; }
        Horizontal { height: auto; }
        Static { width: 1fr; height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,m,q", "dismiss", show=False)]

    def __init__(self, first: ComparedPoem, second: ComparedPoem, to_display_chars: Callable[[str], str] = str) -> None:
        super().__init__()
        self._poems, self._to_display_chars = (first, second), to_display_chars
        self._columns = (Static(), Static())

    def compose(self) -> ComposeResult:
        with VerticalScroll() as card:
            card.border_title = Content(tr_label("compose.comparison"))
            n = len(differing(*(poem.text for poem in self._poems)))
            notes = (tr("compose.differ", n=n) if n else "", tr("compose.comparison_keys"))
            card.border_subtitle = Content(" · ".join(filter(None, notes)))
            yield Horizontal(*self._columns)

    def on_mount(self) -> None:
        self._show(None, None)
        self._annotate()

    @work(exit_on_error=False)
    async def _annotate(self) -> None:
        # Imported here because it loads the tables of the prosody.
        from poetry_tui.widgets.poem.annotations import annotate

        first, second = self._poems
        self._show(
            await asyncio.to_thread(annotate, first.text, first.form),
            await asyncio.to_thread(annotate, second.text, second.form),
        )

    def _show(self, *annotations: "PoemAnnotations | None") -> None:
        others = differing(*(poem.text for poem in self._poems))
        for column, poem, found in zip(self._columns, self._poems, annotations, strict=True):
            column.update(_column(poem, found, others, self._to_display_chars))


def _column(
    poem: ComparedPoem,
    found: "PoemAnnotations | None",
    others: frozenset[int],
    to_display_chars: Callable[[str], str],
) -> Content:
    """Title, form and rhyme, then each line of verse with its tones below it."""
    lines = split_lines(to_display_chars(poem.text))
    rows = [Content.styled(to_display_chars(poem.title) or lines[0].rstrip(LINE_MARKS), "bold")]
    facts = (*found.names, *found.rhyme_groups) if found else ()
    rows += [
        Content.styled(" · ".join(facts) or " ", FAINT),
        Content.styled(poem.about, FAINT),
        Content(),
    ]
    at = 0
    for line in lines:
        verse, tones = Content(), Content()
        for index, character in enumerate(line, start=at):
            verse += Content.styled(character, _DIFFERS if index in others else "")
            mark = found.annotations.get(index) if found else None
            tones += Content.styled(mark.text, _STYLES[mark.look]) if mark else Content(" " * HAN_CELLS)
        at += len(line)
        rows += [verse, tones]
    return Content("\n").join(rows)
