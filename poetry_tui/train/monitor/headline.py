"""What a run is doing: its state and what to do next, in two lines where one is too short."""

from textual.content import Content
from textual.widget import Widget

from poetry_tui.i18n import tr_label
from poetry_tui.runs.follower import RunFollower
from poetry_tui.runs.wording import COLOURS, SYMBOLS, what_next


class RunHeadline(Widget):
    """State, sentence and name of the run that is followed.

    Its height is told, not `auto`, for the reason that `Lines` gives.
    """

    DEFAULT_CSS = """
    RunHeadline { height: 1; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._follower: RunFollower | None = None
        # What it says, as far as it depends on the run.
        self._shown: tuple[object, ...] = ()

    def show(self, follower: RunFollower) -> None:
        """Say what this run is doing, where that is another thing than before."""
        width = self.content_size.width
        shown = (follower.folder, follower.status, follower.is_settled, what_next(follower), width)
        if shown == self._shown:
            return
        self._follower, self._shown = follower, shown
        self.styles.height = 2 if self._line(follower, width).cell_length > width else 1
        self.refresh()

    def on_resize(self) -> None:
        if self._follower is not None:
            self.show(self._follower)

    def render(self) -> Content:
        follower = self._follower
        return Content() if follower is None else self._line(follower, self.content_size.width)

    def _line(self, follower: RunFollower, width: int) -> Content:
        status = follower.status
        if follower.is_settled:
            badge = (f" {SYMBOLS[status]} {tr_label(f'train.status.{status}')} ", f"bold {COLOURS[status]}")
        else:
            badge = (f" {tr_label('train.reading')} ", "bold dim")
        line = Content.assemble(badge, " ", what_next(follower))
        # What has gone wrong is worth a second line; some cells of the first may stay empty where it is broken.
        line = line.truncate(max(2 * width - 12, 1), ellipsis=True)
        name = Content.styled(follower.folder.name, "dim")
        room = width - line.cell_length - name.cell_length
        return line + Content(" " * room) + name if room >= 2 else line
