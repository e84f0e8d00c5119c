"""The session file: the poems of a running studio, so that the next start restores those that are no favourites.

Each running studio has its own file, `desks/N.json` in the user's folder, with a lock file beside it; the system releases the
lock however the studio ends. A starting studio takes the first unlocked file, and the poems of all other unlocked ones.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import convert

from engine.composing.replies import Alternative, Poem, Token
from engine.system import paths
from engine.system.files import parse_json, read_start, write_atomically
from poetry_tui.compose.session.revisions import ComposeRequest, Origin, Revision, RevisionTree
from poetry_tui.compose.session.state import ComposeSession, Composition

# Without locks, on Windows, all studios share one file; the last writer wins.
HAS_LOCKS = os.name == "posix"
VERSION = 2
# The oldest poems are dropped: the file is read at every start.
MAX_POEMS = 100
MAX_FILE_BYTES = 16_000_000
_MAX_FILES = 9
# The fields of a complete poem that the file holds.
_DONE_FIELDS = ("begin", "text", "seed", "model", "logprob", "finish", "score", "rhyme", "n_particles")


class SessionFile:
    """The session file of one studio. Its methods block on the disk, so call them in a thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.home() / "desks"
        self._own: Path | None = None
        self._locks: list[int] = []

    def open(self) -> ComposeSession:
        """Lock a file and return the poems of all unlocked ones. Raises OSError when the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: list[ComposeSession] = []
        others: list[Path] = []
        for number in range(1, _MAX_FILES + 1 if HAS_LOCKS else 2):
            path = self._folder / f"{number}.json"
            if self._own is not None and not path.exists():
                continue
            if not self._lock(path.with_suffix(".lock")):
                continue
            if path.exists():
                found.append(_read(path))
            if self._own is None:
                self._own = path
            else:
                others.append(path)
        session = merge_sessions(found)
        if others:
            # No file is deleted before its poems are written to this one.
            self.save(session)
            for path in others:
                path.unlink(missing_ok=True)
        return session

    def save(self, session: ComposeSession) -> None:
        """Write the complete poems; without any, delete the file. Raises OSError when it cannot be written."""
        if self._own is None:
            return
        if session.tree.revisions:
            write_atomically(self._own, json.dumps(_to_dict(session), ensure_ascii=False))
        else:
            self._own.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the locks."""
        for lock in self._locks:
            with contextlib.suppress(OSError):
                os.close(lock)
        self._locks, self._own = [], None

    def _lock(self, path: Path) -> bool:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            if HAS_LOCKS:
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._locks.append(lock)
        return True


def n_unsaved(session: ComposeSession) -> int:
    """Number of poems that are no favourites."""
    return sum(not poem.is_favourite for poem in session.compositions[: len(session.tree.revisions)])


# To JSON


def _to_dict(session: ComposeSession) -> dict[str, Any]:
    revisions = session.tree.revisions[-MAX_POEMS:]
    first = revisions[0].number
    poems = [_poem_to_dict(revision, session.compositions[revision.number], first) for revision in revisions]
    here = max((session.tree.number or 0) - first, 0)
    return {"v": VERSION, "here": here, "poems": poems}


def _poem_to_dict(revision: Revision, composition: Composition, first: int) -> dict[str, Any]:
    parent = None if revision.parent is None or revision.parent < first else revision.parent - first
    tokens = [
        [
            token.character,
            token.is_forced,
            token.probability,
            token.surprisal_nats,
            token.allowed_probability,
            [[other.character, other.probability, other.allowed_probability] for other in token.alternatives],
        ]
        for token in revision.tokens
    ]
    return {
        "config": dict(revision.config),
        "model": revision.model,
        "parent": parent,
        "changed": revision.changed,
        "locked": sorted(revision.locked),
        "origins": [str(origin) for origin in revision.origins],
        "tokens": tokens,
        "done": None if revision.done is None else {name: getattr(revision.done, name) for name in _DONE_FIELDS},
        "is_stopped": composition.is_stopped,
        "is_favourite": composition.is_favourite,
        "is_own": composition.is_own,
    }


# From JSON


def _read(path: Path) -> ComposeSession:
    """The poems of a file; a damaged file is renamed and counts as empty."""
    try:
        said = parse_json(read_start(path, MAX_FILE_BYTES))
        if said["v"] not in (1, VERSION):
            raise ValueError("another version")
        poems = [
            _poem_of(_from_version_1(poem) if said["v"] == 1 else poem, number)
            for number, poem in enumerate(said["poems"])
        ]
        return _session_of(poems, int(said["here"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        return ComposeSession()


def _from_version_1(poem: Mapping[str, Any]) -> Mapping[str, Any]:
    """Convert a poem of a version 1 file to the current field names."""
    names = {"given": Origin.FORCED, "drawn": Origin.SAMPLED}
    return {**poem, "tokens": poem["glyphs"], "origins": [names.get(origin, origin) for origin in poem["origins"]]}


def _poem_of(said: Mapping[str, Any], number: int) -> tuple[Revision, Composition]:
    parent = None if said["parent"] is None else int(said["parent"])
    if parent is not None and not 0 <= parent < number:
        raise ValueError("a poem that comes from a later one")
    tokens = tuple(_token_of(token, position) for position, token in enumerate(said["tokens"]))
    origins = tuple(Origin(origin) for origin in said["origins"])
    locked = frozenset(int(position) for position in said["locked"])
    changed = None if said["changed"] is None else int(said["changed"])
    positions = locked | ({changed} if changed is not None else frozenset())
    if not tokens or len(origins) != len(tokens) or not all(0 <= position < len(tokens) for position in positions):
        raise ValueError("positions beyond the poem")
    config = {str(name): value for name, value in said["config"].items()}
    if not isinstance(config.get("begin"), str) or not isinstance(config.get("seed"), int):
        raise TypeError("no begin character or seed")
    model = None if said["model"] is None else str(said["model"])
    done = convert({name: said["done"][name] for name in _DONE_FIELDS}, Poem) if said["done"] is not None else None
    revision = Revision(number, parent, tokens, origins, config, model, done, changed, locked)
    request = ComposeRequest(config, model, parent, changed, dict(enumerate(origins)), locked)
    composition = Composition(
        request,
        tokens=list(tokens),
        shown=float(len(tokens)),
        done=done,
        is_whole=True,
        is_stopped=bool(said["is_stopped"]) or (done is None and not said["is_own"]),
        is_favourite=bool(said["is_favourite"] if "is_favourite" in said else said["is_kept"]),
        is_own=bool(said["is_own"]),
    )
    return revision, composition


def _token_of(said: Sequence[Any], position: int) -> Token:
    character, is_forced, probability, surprisal_nats, allowed_probability, alternatives = said
    if not isinstance(character, str) or len(character) != 1:
        raise ValueError("no character")
    others = convert(alternatives, tuple[Alternative, ...])
    figures = float(probability), float(surprisal_nats)
    return Token(position, character, *figures, bool(is_forced), others, float(allowed_probability))


def _session_of(poems: Sequence[tuple[Revision, Composition]], here: int) -> ComposeSession:
    if not poems:
        return ComposeSession()
    number = min(max(here, 0), len(poems) - 1)
    tree = RevisionTree(revisions=tuple(revision for revision, _ in poems), number=number)
    return ComposeSession([composition for _, composition in poems], number, tree)


def merge_sessions(sessions: Sequence[ComposeSession]) -> ComposeSession:
    """Merge sessions into one. The poems of the first session come last, and its current poem is displayed."""
    poems: list[tuple[Revision, Composition]] = []
    here = 0
    for session in reversed(sessions):
        first = len(poems)
        here = first + (session.tree.number or 0)
        for revision, composition in zip(session.tree.revisions, session.compositions, strict=True):
            parent = None if revision.parent is None else revision.parent + first
            moved = dataclasses.replace(revision, number=revision.number + first, parent=parent)
            composition.request = dataclasses.replace(composition.request, parent=parent)
            poems.append((moved, composition))
    return _session_of(poems, here)
