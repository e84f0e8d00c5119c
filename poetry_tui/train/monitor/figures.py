"""The figures of the followed run: status and next step, numbers and progress, three sparklines."""

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widget import Widget

from poetry_tui.preferences.chart_glyphs import progress, small_curve
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.themes import FAINT
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.wording import COLOURS, SYMBOLS, count, duration, epochs_read, figures, status_sentence
from poetry_tui.widgets.rows import Cells, Rows

# A shorter progress bar is unreadable.
MIN_BAR_CELLS = 10


class RunFigures(Rows):
    """Two rows: the figures of the run; and its progress, time left and speed."""

    DEFAULT_CSS = """
    RunFigures { height: 2; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
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
    """The progress bar, the epochs if they fit, the ETA and the speed."""
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


class RunHeadline(Widget):
    """Status, next step and name of the followed run, on up to three lines if one is too short, on a low screen on two.

    The height is set by `show`, not `auto`, for the reason given in `Lines`.
    """

    DEFAULT_CSS = """
    RunHeadline { height: 1; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._follower: RunFollower | None = None
        # The inputs of the shown line.
        self._shown: tuple[object, ...] = ()

    def show(self, follower: RunFollower) -> None:
        """Show the status of this run; redraw only when it has changed."""
        width = self.content_size.width
        shown = (
            follower.folder,
            follower.status,
            follower.is_settled,
            status_sentence(follower),
            width,
            self._max_lines,
        )
        if shown == self._shown:
            return
        self._follower, self._shown = follower, shown
        self.styles.height = len(self._lines(follower, width))
        self.refresh()

    def on_resize(self) -> None:
        if self._follower is not None:
            self.show(self._follower)

    def render(self) -> Content:
        follower = self._follower
        return Content() if follower is None else Content("\n").join(self._lines(follower, self.content_size.width))

    @property
    def _max_lines(self) -> int:
        return 2 if self.screen.has_class("-low") else 3

    def _lines(self, follower: RunFollower, width: int) -> list[Content]:
        status = follower.status
        if follower.is_settled:
            badge = (f" {SYMBOLS[status]} {tr_label(f'train.status.{status}')} ", f"bold {COLOURS[status]}")
        else:
            badge = (f" {tr_label('train.reading')} ", "bold dim")
        line = Content.assemble(badge, " ", status_sentence(follower))
        name = Content.styled(follower.folder.name, FAINT)
        room = width - line.cell_length - name.cell_length
        if room >= 2:
            return [line + Content(" " * room) + name]
        # The name comes first here, so that it is not cut.
        lines = Content.assemble(badge, " ", name, "  ", status_sentence(follower)).wrap(max(width, 1))
        if len(lines) > self._max_lines:
            cut = Content(" ").join(lines[self._max_lines - 1 :])
            lines[self._max_lines - 1 :] = [cut.truncate(max(width, 1), ellipsis=True)]
        return lines


class SparklineRow(Rows):
    """Loss, speed and gradient norm side by side, name and last value above each curve."""

    DEFAULT_CSS = """
    SparklineRow { height: 2; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
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
        # A run without further events would keep the drawing made before the widget had its size.
        if self._state is not None:
            self.show(self._state)


def _column(
    figure: str, curve: Curve, width: int, *, has_compact_numbers: bool = False
) -> tuple[list[Cells], list[Cells]]:
    """A label row and a curve row, `width` cells each, the last two empty."""
    room = max(width - 2, 0)
    value = curve.last_smooth
    text = "" if value is None else count(value) if has_compact_numbers else f"{value:.3g}"
    name = f"{tr(f'train.{figure}')} "
    name = set_cell_size(name, min(cell_len(name), room))
    above = [(name, "label"), (set_cell_size(text, room - cell_len(name)), "value"), ("  ", "blank")]
    return above, [(small_curve(curve.means(room)).ljust(width), "curve")]
