"""The revision controller: cursor moves, locks, chosen characters, undo, and moves in the tree of a session. No Textual import."""

from collections.abc import Callable
from dataclasses import dataclass

from poetry_tui.compose.session.generation import new_seed
from poetry_tui.compose.session.revision_request import line_ranges
from poetry_tui.compose.session.revisions import ComposeRequest, Origin, RevisionTree, TreeRow
from poetry_tui.compose.session.state import ComposeSession
from poetry_tui.preferences.i18n import tr


@dataclass(frozen=True, slots=True)
class LockChange:
    """Characters that an undo or redo locked or unlocked without changing the text."""

    locked: str = ""
    unlocked: str = ""


class RevisionController:
    """Each edit replaces the immutable tree of the session, then calls `on_change`.

    `choose` and `recompose` return the request that the engine has to compose.
    """

    def __init__(self, session: ComposeSession, on_change: Callable[[], None]) -> None:
        self._session = session
        self._on_change = on_change
        # The session before it was cleared.
        self._cleared: ComposeSession | None = None

    @property
    def has_revision(self) -> bool:
        """Whether the displayed poem is complete, so that it can be revised."""
        return self._session.revision is not None

    @property
    def cursor(self) -> int | None:
        return self._session.cursor

    # Cursor

    def step(self, by: int) -> None:
        if self.has_revision:
            self._set(self._session.tree.step(by))

    def set_cursor(self, position: int | None) -> None:
        if self.has_revision:
            self._set(self._session.tree.with_cursor(position))

    def turn(self, by: int) -> None:
        """Display an earlier (-1) or a later (+1) poem of the session."""
        if self._session.move(by):
            self._on_change()

    # Other characters

    def choose(self, characters: str) -> ComposeRequest | None:
        """The request that puts characters at the cursor; None without a cursor."""
        if self.cursor is None:
            return None
        return self._session.tree.choose(characters, seed=new_seed())

    @property
    def can_recompose(self) -> bool:
        """Whether a character is locked or chosen; otherwise composing the request again has the same effect."""
        revision = self._session.revision
        return revision is not None and bool(revision.locked or Origin.CHOSEN in revision.origins)

    def recompose(self) -> ComposeRequest | None:
        """The request that samples the unlocked characters anew; None without a complete poem."""
        return self._session.tree.recompose(seed=new_seed()) if self.has_revision else None

    # Locks

    def toggle_lock(self) -> None:
        if self.has_revision:
            self._set(self._session.tree.toggle_lock())

    def toggle_line_lock(self) -> None:
        if self.has_revision:
            self._set(self._session.tree.toggle_line_lock())

    # Undo

    @property
    def can_undo(self) -> bool:
        return bool(self._session.tree.undo_stack) or (self._session.current is None and self._cleared is not None)

    @property
    def can_redo(self) -> bool:
        return bool(self._session.tree.redo_stack)

    def undo(self) -> LockChange:
        if self._cleared is not None and not self._session.compositions:
            self._session.replace(self._cleared)
            self._cleared = None
            self._on_change()
            return LockChange()
        return self._walk(self._session.tree.undo())

    def redo(self) -> LockChange:
        return self._walk(self._session.tree.redo())

    def clear(self) -> None:
        """Remove all poems from the session; `undo` restores them."""
        self._cleared = self._session.snapshot()
        self._session.replace(ComposeSession())
        self._on_change()

    def _walk(self, tree: RevisionTree) -> LockChange:
        before = self._session.tree.current
        if tree is self._session.tree:
            return LockChange()
        self._set(tree)
        after = tree.current
        if before is None or after is None or before.number != after.number:
            return LockChange()
        locked, unlocked = sorted(after.locked - before.locked), sorted(before.locked - after.locked)
        return LockChange(*("".join(after.text[position] for position in changed) for changed in (locked, unlocked)))

    # The tree

    def go_to(self, number: int) -> None:
        self._set(self._session.tree.go_to(number).with_cursor(None))

    def label_of(self, row: TreeRow) -> str:
        """A revision in one line: its depth, its number, and the lines that differ from its parent's."""
        revision, tree = row.revision, self._session.tree
        lines = line_ranges(revision.text)
        changed = tree.differences(revision.number)
        if revision.parent is None:
            text = revision.text[: lines[min(1, len(lines) - 1)].stop]
        else:
            changes = [revision.text[line.start : line.stop] for line in lines if changed & set(line)]
            text = "".join(changes[:2]) + ("…" if len(changes) > 2 else "")
        text = text or tr("compose.the_same")
        # Pad the numbers, so that the labels of one depth are aligned.
        width = len(str(len(tree.revisions)))
        return f"{'  ' * (row.depth - 1)}{'└ ' if row.depth else ''}{revision.number + 1:>{width}}  {text}"

    def _set(self, tree: RevisionTree) -> None:
        self._session.set_tree(tree)
        self._on_change()
