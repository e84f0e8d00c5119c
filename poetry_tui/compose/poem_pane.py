"""The middle of the Compose screen: the verse, and below it in quiet lines what is known about it."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from poetry_tui.compose.facts import Facts
from poetry_tui.compose.pager import Pager
from poetry_tui.compose.poem_facts import how_it_was_made, how_new, in_tones, name_of
from poetry_tui.compose.session import Sitting
from poetry_tui.i18n import tr, tr_label
from poetry_tui.verse.poem_view import Sheet, Verse

if TYPE_CHECKING:
    from poetry_tui.compose.tone_pattern import FormPattern
    from poetry_tui.compose.tone_pattern_view import FormPatternView
    from poetry_tui.verse.annotations import Tones


class Stage(Vertical):
    """The verse with its facts; each line of facts is there only when it says something."""

    DEFAULT_CSS = """
    Stage {
        width: 1fr;
        padding: 0 1;
        border: round $panel;
        border-title-color: $text-muted;
        &:focus-within { border: round $accent 60%; border-title-color: $accent; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        # Already in the first paint, when nothing else is known yet.
        self.verse = Verse(tr("compose.hint_warming_up"))
        self.pager = Pager()
        self.facts = Facts()
        self.pattern: FormPatternView | None = None

    def compose(self) -> ComposeResult:
        yield self.verse

    def on_mount(self) -> None:
        self.refresh_labels()
        self.call_after_refresh(self.mount_all, [self.pager, self.facts])

    def refresh_labels(self) -> None:
        self.border_title = Content(tr_label("compose.stage"))

    def show_pattern(self, pattern: "FormPattern | None") -> None:
        """Show the tone pattern of a form in place of the verse, or the verse again."""
        if self.pattern is None:
            if pattern is None:
                return
            # Loaded when a form is first chosen, not before the first paint.
            from poetry_tui.compose.tone_pattern_view import FormPatternView

            self.pattern = FormPatternView()
            self.mount(self.pattern, before=self.verse)
        self.pattern.show(pattern)
        self.verse.display = pattern is None

    @property
    def pattern_text(self) -> str:
        """The tone pattern that is shown, "" while the verse is."""
        return self.pattern.render().plain if self.pattern is not None else ""

    def show(self, sitting: Sitting, sheet: Sheet, tones: "Tones | None") -> None:
        self.verse.show(sheet)
        current = sitting.current
        self.border_title = Content(tr_label("compose.stage") if current is None else name_of(current))
        self.pager.show([poem.nats_per_han for poem in sitting.compositions], sitting.index)
        facts: list[list[Content]] = []
        if current is not None and current.is_over:
            facts += [in_tones(tones)] if tones is not None else []
            facts += [how_new(current.novelty)] if current.novelty is not None else []
            facts += [how_it_was_made(current)]
        self.facts.show(facts)
