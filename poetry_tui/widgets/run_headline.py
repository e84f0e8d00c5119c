"""What a run is doing: its state and what to do next, in two lines where one is too short, its figures, how far it is."""

from textual.content import Content
from textual.widget import Widget

from poetry_tui.glyphs import progress
from poetry_tui.run_follower import RunFollower
from poetry_tui.run_state import Status
from poetry_tui.run_words import COLOURS, SYMBOLS, count, duration, figures, what_next
from poetry_tui.words import heading, word


class RunHeadline(Widget):
    """State, sentence, figures and progress bar of the run that is followed."""

    DEFAULT_CSS = """
    RunHeadline { height: auto; min-height: 3; max-height: 4; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._follower: RunFollower | None = None
        self._is_long = False

    def show(self, follower: RunFollower | None) -> None:
        """Draw this run as it is now."""
        self._follower = follower
        width = self.content_size.width
        was_long, self._is_long = self._is_long, follower is not None and self._is_too_long(follower, width)
        self.refresh(layout=self._is_long != was_long)

    def _is_too_long(self, follower: RunFollower, width: int) -> bool:
        return self._state_line(follower, width).cell_length > width

    def render(self) -> Content:
        follower = self._follower
        if follower is None:
            return Content()
        width = self.content_size.width
        return Content("\n").join(
            [self._state_line(follower, width), self._figure_line(follower, width), self._bar(follower, width)]
        )

    def _state_line(self, follower: RunFollower, width: int) -> Content:
        status = follower.status
        if follower.is_settled:
            badge = (f" {SYMBOLS[status]} {heading(f'train.status.{status}')} ", f"bold {COLOURS[status]}")
        else:
            badge = (f" {heading('train.reading')} ", "bold dim")
        line = Content.assemble(badge, " ", what_next(follower))
        # What has gone wrong is worth a second line; some cells of the first may stay empty where it is broken.
        line = line.truncate(max(2 * width - 12, 1), ellipsis=True)
        name = Content.styled(follower.folder.name, "dim")
        room = width - line.cell_length - name.cell_length
        return line + Content(" " * room) + name if room >= 2 else line

    def _figure_line(self, follower: RunFollower, width: int) -> Content:
        """As many figures as fit, each whole."""
        line = Content(" ")
        for name, value in figures(follower.state):
            following = line + Content.assemble((f"{name} ", "dim"), (value, "bold"), "   ")
            if following.rstrip().cell_length > width:
                break
            line = following
        return line

    def _bar(self, follower: RunFollower, width: int) -> Content:
        """The share of the steps done, and the time that the rest will take."""
        state = follower.state
        if not state.total_steps:
            return Content()
        share = state.step / state.total_steps
        after = f" {100 * min(share, 1):3.0f} %"
        if follower.status.is_live and follower.status is not Status.STALLED and state.eta_s is not None:
            after += f"  {duration(state.eta_s)} {word('train.left')}"
        if len(state.speed):
            after += f"  {count(state.speed.last_smooth or 0)} {word('train.speed')}"
        room = max(width - 2 - Content(after).cell_length, 4)
        done, to_do = progress(share, room)
        return Content.assemble(" ", (done, "$accent"), (to_do, "$foreground 25%"), (after, "dim"))
