"""The teacher-forced preview: prediction over target, aligned, each target character tinted by its probability."""

import math
from itertools import chain, repeat

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.color import Color
from textual.containers import VerticalScroll
from textual.content import Content
from textual.style import Style

from engine.runs.events import Compared
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import VERTICAL_SCROLLING
from poetry_tui.preferences.themes import FAINT
from poetry_tui.widgets.rows import Lines

# The colour scale is logarithmic, like the loss; it ends at this probability.
MIN_PROBABILITY = 1e-3


def share_of(probability: float) -> float:
    """Position of a probability on the logarithmic scale, from 0 (0.001 or less, or NaN) to 1 (certain)."""
    if not probability > MIN_PROBABILITY:
        return 0.0
    return min(1.0, 1 - math.log(probability) / math.log(MIN_PROBABILITY))


def two_cells(character: str) -> str:
    """Pad a character to exactly two cells; a zero-width or unprintable one becomes blank."""
    width = cell_len(character)
    return character if width == 2 else character + " " if width == 1 and character.isprintable() else "  "


class PredictionGrid(VerticalScroll, inherit_bindings=False):
    """Pairs of lines (prediction, target), wrapped to the width. Correct predictions are underlined, so colour is not needed."""

    # Left and right select steps (the monitor's keys); the text is never wider than the pane.
    BINDINGS = VERTICAL_SCROLLING
    # A scroll bar that appears would otherwise take the room of a character.
    DEFAULT_CSS = """
    PredictionGrid { scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown: Compared | None = None

    def compose(self) -> ComposeResult:
        yield Lines()

    def on_mount(self) -> None:
        self.refresh_labels()

    def refresh_labels(self) -> None:
        """Write the title and the figures in the current language."""
        self.border_title = tr_label("train.compared")
        self._draw()

    def show(self, event: Compared | None) -> None:
        """Show a preview; None shows a note that there is none yet."""
        self.shown = event
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        event = self.shown
        inner = self.query_one(Lines)
        if event is None:
            self.border_subtitle = ""
            inner.show_note(tr("train.compared_none"))
            return
        n_right = sum(predicted == target for predicted, target in zip(event.prediction, event.target, strict=False))
        figures = tr("train.compared_figures", step=f"{event.step:,}", right=n_right, all=len(event.target))
        self.border_subtitle = figures
        inner.show(self._pairs(event, max(1, self.scrollable_content_region.width // 2)))

    def _pairs(self, event: Compared, n_across: int) -> Content:
        """Lines of at most `n_across` characters: prediction, target, and a blank line between pairs."""
        scale = self._scale()
        lines: list[Content] = []
        for start in range(0, len(event.target), n_across):
            end = start + n_across
            lines += [self._prediction(event, start, end), self._target(event, start, end, scale), Content()]
        return Content("\n").join(lines[:-1])

    def _prediction(self, event: Compared, start: int, end: int) -> Content:
        pairs = zip(event.prediction[start:end], event.target[start:end], strict=False)
        return Content.assemble(
            *((two_cells(one), "bold underline" if one == target else FAINT) for one, target in pairs)
        )

    def _target(self, event: Compared, start: int, end: int, scale: tuple[Style, ...]) -> Content:
        # A run of an older version may have written fewer probabilities than characters.
        probabilities = chain(event.probability[start:end], repeat(0.0))
        tints = (scale[round(share_of(one) * (len(scale) - 1))] for one in probabilities)
        return Content.assemble(*zip(map(two_cells, event.target[start:end]), tints, strict=False))

    def _scale(self) -> tuple[Style, ...]:
        """Nine tints from the theme's error colour through its background to its success colour."""
        colours = self.app.theme_variables
        paper = Color.parse(colours["background"])
        bad, good = Color.parse(colours["error"]), Color.parse(colours["success"])
        ends = [(bad, 0.42 * (1 - 2 * share)) if share < 0.5 else (good, 0.48 * (2 * share - 1)) for share in _NINTHS]
        return tuple(Style(background=paper.blend(end, amount)) for end, amount in ends)


_NINTHS = tuple(index / 8 for index in range(9))
