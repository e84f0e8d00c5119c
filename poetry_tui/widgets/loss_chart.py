"""The loss of a run over its steps: range and mean of what fell into each column, the smoothed line, validations."""

from itertools import groupby

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from poetry_tui.plot import PARTS, Cell, Mark, plot
from poetry_tui.run_state import RunState

# How much of the run the chart shows, from its end.
ZOOMS = (1.0, 0.25, 0.05)
CONTROL_LETTERS = {"paused": "P", "resumed": "R", "lr changed": "L", "saved on request": "S"}


class LossChart(Widget):
    """Draws a `RunState` line by line; redrawn when `show` is called and when it is resized, never by itself."""

    COMPONENT_CLASSES = {f"loss-chart--{part}" for part in PARTS}
    DEFAULT_CSS = """
    LossChart {
        min-height: 5;
        & > .loss-chart--range { color: $foreground 22%; }
        & > .loss-chart--mean { color: $foreground 42%; }
        & > .loss-chart--smooth { color: $accent; text-style: bold; }
        & > .loss-chart--validation { color: $success; text-style: bold; }
        & > .loss-chart--best { color: $success; text-style: bold reverse; }
        & > .loss-chart--control { color: $warning; text-style: bold; }
        & > .loss-chart--moment { color: $accent; text-style: bold; }
        & > .loss-chart--axis { color: $foreground 30%; }
        & > .loss-chart--label { color: $foreground 55%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.state: RunState | None = None
        self.moment: int | None = None
        self.zoom = ZOOMS[0]
        self._rows: list[list[Cell]] = []

    def show(self, state: RunState | None, moment: int | None = None) -> None:
        """Draw this state; None draws nothing. `moment` is a step to be pointed at."""
        self.state = state
        self.moment = moment
        self._draw()

    def next_zoom(self) -> float:
        """Show less of the run, or all of it again; the smoothed line stays what it is."""
        self.zoom = ZOOMS[(ZOOMS.index(self.zoom) + 1) % len(ZOOMS)]
        self._draw()
        return self.zoom

    def on_resize(self, _event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        self._rows = []
        if self.state is not None and len(self.state.loss):
            steps = self.state.loss.steps
            first = steps[-1] - (steps[-1] - steps[0]) * self.zoom
            width, height = self.content_size
            pointer = [] if self.moment is None else [Mark(self.moment, "moment", "^")]
            self._rows = plot(self.state.loss, [*marks_of(self.state), *pointer], width, height, first, steps[-1])
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        base = self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, base)
        segments = []
        for part, cells in groupby(self._rows[y], key=lambda cell: cell[1]):
            style = base if part == "blank" else self.get_component_rich_style(f"loss-chart--{part}")
            segments.append(Segment("".join(character for character, _ in cells), style))
        return Strip(segments).adjust_cell_length(width, base)


def marks_of(state: RunState) -> list[Mark]:
    """Validations as points (the best as a star), control events as letters on the axis."""
    best = state.best
    marks = [Mark(event.step, "control", CONTROL_LETTERS.get(event.what, "?")) for event in state.controls]
    for item in state.validations:
        is_best = item is best
        marks.append(
            Mark(item.step, "best" if is_best else "validation", "*" if is_best else "o", item.val_nats_per_han)
        )
    return marks
