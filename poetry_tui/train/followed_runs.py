"""The followed run, and the runs whose curves are overlaid on it. Knows no screen."""

from dataclasses import dataclass, field
from pathlib import Path

from poetry_tui.tracking.comparison import Comparison, compare
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.run_state.state import RunState

# The letter of the followed run in the list and in comparisons; its own curve has none.
FOLLOWED_LETTER = "a"
# The letters of the overlays.
OVERLAY_LETTERS = "bcde"


@dataclass(slots=True)
class FollowedRuns:
    """The followed run and its overlays. `is_dirty`: something changed since they were last drawn."""

    followed: RunFollower | None = None
    overlays: dict[Path, RunFollower] = field(default_factory=dict)
    is_dirty: bool = False

    def follow(self, follower: RunFollower) -> None:
        """Follow a run; it is removed from the overlays."""
        self.followed = follower
        self.overlays.pop(follower.folder, None)

    def toggle_overlay(self, folder: Path) -> bool:
        """Overlay the curve of a run, or remove it. Returns False for the followed run, and when no letter is free."""
        if self.followed is not None and folder == self.followed.folder:
            return False
        if folder in self.overlays:
            del self.overlays[folder]
            return True
        if len(self.overlays) == len(OVERLAY_LETTERS):
            return False
        self.overlays[folder] = RunFollower(folder)
        return True

    @property
    def is_replay(self) -> bool:
        """Whether the followed run is replayed from its events."""
        return isinstance(self.followed, RunReplay)

    @property
    def letters(self) -> dict[Path, str]:
        """The letter of each run, by folder."""
        followed = {self.followed.folder: FOLLOWED_LETTER} if self.followed else {}
        return followed | dict(zip(self.overlays, OVERLAY_LETTERS, strict=False))

    @property
    def overlay_states(self) -> list[tuple[str, RunState]]:
        """Name and state of each overlay, in the order of the letters."""
        return [(folder.name, overlay.state) for folder, overlay in self.overlays.items()]

    def compare(self) -> Comparison:
        """The followed run and its overlays as a table."""
        followers = [*filter(None, [self.followed]), *self.overlays.values()]
        return compare([(one.folder.name, one.status, one.state) for one in followers])
