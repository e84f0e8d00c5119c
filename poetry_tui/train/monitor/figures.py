"""The figures of a run in one row, and in another how far it is, how long it will take, how fast it goes."""

from rich.cells import cell_len

from poetry_tui.i18n import tr
from poetry_tui.runs.follower import RunFollower
from poetry_tui.runs.state import Status
from poetry_tui.runs.wording import count, duration, epochs_read, figures
from poetry_tui.terminal.chart_glyphs import progress
from poetry_tui.widgets.rows import Cells, Rows

# A shorter bar says nothing.
MIN_BAR_CELLS = 10


class RunFigures(Rows):
    """Figures and progress bar of the run that is followed."""

    DEFAULT_CSS = """
    RunFigures { height: 2; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._follower: RunFollower | None = None

    def show(self, follower: RunFollower) -> None:
        """Show the figures of this run as they are now."""
        self._follower = follower
        width = self.content_size.width
        self.show_rows([_figure_line(follower, width), _bar(follower, width)])

    def on_resize(self) -> None:
        if self._follower is not None:
            self.show(self._follower)


def _figure_line(follower: RunFollower, width: int) -> list[Cells]:
    """As many figures as fit, each whole."""
    line: list[Cells] = []
    room = width
    for name, value in figures(follower.state):
        before = "   " if line else " "
        room -= cell_len(f"{before}{name} {value}")
        if room < 0:
            break
        line += [(before, "blank"), (f"{name} ", "label"), (value, "value")]
    return line


def _bar(follower: RunFollower, width: int) -> list[Cells]:
    """The share of the steps done, in epochs too where there is room, and the time that the rest will take."""
    state = follower.state
    if not state.total_steps:
        return []
    share = state.step / state.total_steps
    percent = f" {100 * min(share, 1):3.0f} %"
    epochs = f"  {tr('train.epoch')} {read}" if (read := epochs_read(state)) else ""
    after = ""
    if follower.status.is_live and follower.status is not Status.STALLED and state.eta_s is not None:
        after += f"  {duration(state.eta_s)} {tr('train.left')}"
    if len(state.speed):
        after += f"  {count(state.speed.last_smooth or 0)} {tr('train.speed')}"
    fits = width - 2 - cell_len(percent + epochs + after) >= MIN_BAR_CELLS
    after = percent + (epochs if fits else "") + after
    room = max(width - 2 - cell_len(after), 4)
    done, to_do = progress(share, room)
    return [(" ", "blank"), (done, "done"), (to_do, "rest"), (after, "label")]
