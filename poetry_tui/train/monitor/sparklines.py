"""Three figures of a run as small curves side by side: loss, speed, gradient norm."""

from rich.cells import cell_len, set_cell_size

from poetry_tui.i18n import tr
from poetry_tui.runs.curve import Curve
from poetry_tui.runs.state import RunState
from poetry_tui.runs.wording import count
from poetry_tui.terminal.chart_glyphs import small_curve
from poetry_tui.widgets.rows import Cells, Rows


class SparklineRow(Rows):
    """Each curve has a third of the width, its name and its last value above it."""

    DEFAULT_CSS = """
    SparklineRow { height: 2; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state: RunState | None = None

    def show(self, state: RunState) -> None:
        """Draw the three curves of a run."""
        self._state = state
        width = self.content_size.width // 3
        columns = [
            _column("loss_now", state.loss, width),
            _column("speed", state.speed, width, has_compact_numbers=True),
            _column("grad", state.grad_norm, width),
        ]
        self.show_rows([[cells for column in columns for cells in column[y]] for y in range(2)])

    def on_resize(self) -> None:
        # What is drawn before there is room for it would stay as it is for a run that says nothing more.
        if self._state is not None:
            self.show(self._state)


def _column(
    figure: str, curve: Curve, width: int, *, has_compact_numbers: bool = False
) -> tuple[list[Cells], list[Cells]]:
    """The text above and the curve below it, in `width` cells each, the last two empty."""
    room = max(width - 2, 0)
    value = curve.last_smooth
    text = "" if value is None else count(value) if has_compact_numbers else f"{value:.3g}"
    name = f"{tr(f'train.{figure}')} "
    name = set_cell_size(name, min(cell_len(name), room))
    above = [(name, "label"), (set_cell_size(text, room - cell_len(name)), "value"), ("  ", "blank")]
    return above, [(small_curve(curve.means(room)).ljust(width), "curve")]
