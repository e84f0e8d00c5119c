"""The tree of revisions: every text that was composed, its locks, undo and redo. Immutable; no Textual import.

A `RevisionTree` holds `Revision`s, the number of the current one and a cursor in it. Its methods return a new tree, a
`ComposeRequest` for the engine, or a fact. No method removes a revision.

- A new poem: `tree.add(ComposeRequest(config, model), tokens, done)` adds a root and makes it the current revision. Several
  candidates are several roots.
- The cursor: `tree.step(-1)`, `tree.with_cursor(index)`.
- Another character at the cursor: `request = tree.choose("春", seed=…)`. The characters before the cursor and the locked ones
  after it are forced; the model writes the rest. When the poem is complete or stopped: `tree.add(request, tokens, done)`.
- Locks: `tree.toggle_lock()` for the character at the cursor, `tree.toggle_line_lock()` for its line.
- `request = tree.recompose(seed=…)` forces the characters that the user gave, chose or locked, and samples the others anew.
- `tree.undo()`, `tree.redo()` cover locks, moves between revisions, and new revisions.
- Moves: `tree.go_to(number)`; `tree.rows()` lists the tree for display.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from engine.composing.replies import Poem, Token
from engine.prosody.text import LINE_MARKS
from poetry_tui.compose.session.revision_request import config_to_keep, line_ranges, repeated_positions


class Origin(StrEnum):
    """Source of a character: forced by the request (begin, acrostic, …), chosen by the user, or sampled by the model."""

    FORCED = "forced"
    CHOSEN = "chosen"
    SAMPLED = "sampled"


@dataclass(frozen=True, slots=True)
class ComposeRequest:
    """A poem to be composed. The engine receives `config` (fields of a ComposeConfig) and `model`; `RevisionTree.add` uses the rest.

    `parent`: number of the revision that it revises. `changed`: position of the chosen character. `origins` and `locked` of the
    forced characters, by position.
    """

    config: Mapping[str, Any]
    model: str | None = None
    parent: int | None = None
    changed: int | None = None
    origins: Mapping[int, Origin] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Revision:
    """A complete text with its request. `number` counts from 0 in order of creation; `parent` is None for a root.

    `origins` holds one entry per character; `locked` and `changed` are indices of characters.
    """

    number: int
    parent: int | None
    tokens: tuple[Token, ...]
    origins: tuple[Origin, ...]
    config: Mapping[str, Any]
    model: str | None = None
    done: Poem | None = None
    changed: int | None = None
    locked: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        return "".join(token.character for token in self.tokens)

    @property
    def kept_positions(self) -> frozenset[int]:
        """The positions that the user gave, chose or locked."""
        return self.locked | {position for position, origin in enumerate(self.origins) if origin is not Origin.SAMPLED}


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """A state that undo restores: the number of a revision and its locked positions."""

    number: int
    locked: frozenset[int]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row of the displayed tree: a revision below its parent, indented by `depth` steps."""

    revision: Revision
    depth: int


@dataclass(frozen=True, slots=True)
class RevisionTree:
    """`number` is that of the current revision, None in an empty tree; `cursor` a position in it, or None."""

    revisions: tuple[Revision, ...] = ()
    number: int | None = None
    cursor: int | None = None
    undo_stack: tuple[UndoEntry, ...] = ()
    redo_stack: tuple[UndoEntry, ...] = ()

    @property
    def current(self) -> Revision | None:
        return None if self.number is None else self.revisions[self.number]

    # Cursor

    def with_cursor(self, position: int | None) -> Self:
        """Move the cursor to the nearest position of the text, or remove it (None)."""
        n = len(self.current.tokens) if self.current else 0
        return self._replace(cursor=None if position is None or n == 0 else min(max(position, 0), n - 1))

    def step(self, by: int) -> Self:
        """Move the cursor by some positions; without a cursor, enter at the first or the last character, closing marks aside."""
        if self.cursor is not None:
            return self.with_cursor(self.cursor + by)
        last = len(self.current.text.rstrip(LINE_MARKS)) - 1 if self.current is not None else 0
        return self.with_cursor(0 if by > 0 else last)

    # Requests

    def choose(self, characters: str, *, seed: int | None = None) -> ComposeRequest:
        """The request that forces other characters from the cursor on, and samples the rest; several characters skip marks.

        `seed`: of the sampling; by default that of the current revision. Raises ValueError without a cursor.
        """
        revision = self._require_current()
        if self.cursor is None:
            raise ValueError("there is no cursor")
        here = list(range(self.cursor, len(revision.text)))
        if len(characters) > 1:
            here = [position for position in here if revision.text[position] not in LINE_MARKS] or here
        chosen: dict[int, str] = {}
        for position, character in zip(here, characters, strict=False):
            repeated = repeated_positions(revision.config, revision.text, position)
            chosen |= dict.fromkeys(repeated, character)
        end = max(here[: len(characters)]) + 1
        before = {position: revision.origins[position] for position in range(end)}
        after = {position: revision.origins[position] for position in revision.locked if position >= end}
        kept = {**before, **after}
        origins = {position: Origin.CHOSEN if position in chosen else origin for position, origin in kept.items()}
        text = "".join(chosen.get(position, one) for position, one in enumerate(revision.text))
        locked = frozenset(position for position in revision.locked if position in origins)
        return self._request(text, origins, locked, seed, changed=self.cursor)

    def recompose(self, *, seed: int) -> ComposeRequest:
        """The request that samples all characters anew, except those that the user gave, chose or locked."""
        revision = self._require_current()
        origins = {position: revision.origins[position] for position in sorted(revision.kept_positions)}
        return self._request(revision.text, origins, revision.locked, seed)

    def add(self, request: ComposeRequest, tokens: Sequence[Token], done: Poem | None = None) -> Self:
        """Add the composed text of a request and make it the current revision, with the cursor at the chosen character."""
        by_token = [Origin.FORCED if token.is_forced else Origin.SAMPLED for token in tokens]
        origins = [request.origins.get(position, origin) for position, origin in enumerate(by_token)]
        revision = Revision(
            number=len(self.revisions),
            parent=request.parent,
            tokens=tuple(tokens),
            origins=tuple(origins),
            config=request.config,
            model=request.model,
            done=done,
            changed=request.changed,
            locked=frozenset(position for position in request.locked if position < len(tokens)),
        )
        added = self._replace(revisions=(*self.revisions, revision))
        return added._go_to(revision.number).with_cursor(request.changed)

    # Locks

    def toggle_lock(self) -> Self:
        """Lock the character at the cursor, or unlock it."""
        return self if self.cursor is None else self._toggle([self.cursor])

    def toggle_line_lock(self) -> Self:
        """Lock the line at the cursor, or unlock it if all of it is locked."""
        if self.cursor is None:
            return self
        lines = line_ranges(self._require_current().text)
        return self._toggle(next(line for line in lines if self.cursor in line))

    # Undo and redo

    def undo(self) -> Self:
        """Restore the state before the last lock, move or new revision."""
        if not self.undo_stack:
            return self
        back = self._restore(self.undo_stack[-1])
        return back._replace(undo_stack=self.undo_stack[:-1], redo_stack=(*self.redo_stack, *self._undo_entry()))

    def redo(self) -> Self:
        """Restore the state before the last undo."""
        if not self.redo_stack:
            return self
        forth = self._restore(self.redo_stack[-1])
        return forth._replace(undo_stack=(*self.undo_stack, *self._undo_entry()), redo_stack=self.redo_stack[:-1])

    # Moves

    def go_to(self, number: int) -> Self:
        """Move to a revision; undo covers it unless it is the current one."""
        if not 0 <= number < len(self.revisions):
            raise ValueError(f"there is no revision {number}")
        return self if number == self.number else self._go_to(number)

    def differences(self, number: int) -> frozenset[int]:
        """Positions at which a revision differs from its parent; none for a root."""
        revision = self.revisions[number]
        if revision.parent is None:
            return frozenset()
        before = self.revisions[revision.parent].text
        return frozenset(at for at, character in enumerate(revision.text) if before[at : at + 1] != character)

    def rows(self) -> tuple[TreeRow, ...]:
        """All revisions in display order (depth first): each below its parent, before its younger siblings."""
        # Not recursive, because the depth of the tree is unlimited.
        children: dict[int | None, list[Revision]] = {}
        for revision in self.revisions:
            children.setdefault(revision.parent, []).append(revision)
        rows: list[TreeRow] = []
        waiting = [(revision, 0) for revision in reversed(children.get(None, []))]
        while waiting:
            revision, depth = waiting.pop()
            rows.append(TreeRow(revision, depth))
            waiting += [(child, depth + 1) for child in reversed(children.get(revision.number, []))]
        return tuple(rows)

    # Internals

    def _require_current(self) -> Revision:
        if self.current is None:
            raise ValueError("there is no revision yet")
        return self.current

    def _request(
        self,
        text: str,
        origins: Mapping[int, Origin],
        locked: frozenset[int],
        seed: int | None,
        changed: int | None = None,
    ) -> ComposeRequest:
        revision = self._require_current()
        config = config_to_keep(revision.config, text, origins.keys(), changed)
        if seed is not None:
            config["seed"] = seed
        return ComposeRequest(config, revision.model, revision.number, changed, origins, locked)

    def _toggle(self, positions: Iterable[int]) -> Self:
        revision, wanted = self._require_current(), frozenset(positions)
        locked = revision.locked - wanted if wanted <= revision.locked else revision.locked | wanted
        undo_stack = (*self.undo_stack, *self._undo_entry())
        return self._restore(UndoEntry(revision.number, locked))._replace(undo_stack=undo_stack, redo_stack=())

    def _go_to(self, number: int) -> Self:
        undo_stack = (*self.undo_stack, *self._undo_entry())
        return self._restore(UndoEntry(number, self.revisions[number].locked))._replace(
            undo_stack=undo_stack, redo_stack=()
        )

    def _undo_entry(self) -> tuple[UndoEntry, ...]:
        return (UndoEntry(self.current.number, self.current.locked),) if self.current else ()

    def _restore(self, entry: UndoEntry) -> Self:
        revisions = list(self.revisions)
        revisions[entry.number] = dataclasses.replace(revisions[entry.number], locked=entry.locked)
        return self._replace(revisions=tuple(revisions), number=entry.number).with_cursor(self.cursor)

    def _replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)
