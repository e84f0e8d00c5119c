"""The poems on the desk, kept in a file while they are worked on: the next start brings back what nobody kept.

Each studio that runs has a desk of its own, `desks/N.json` in the user's folder, and holds a lock beside it that the system
takes away whatever ends the studio. A start takes the first desk that is free, and the poems of every other one that is.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import paths
from engine.files import parse_json, read_start, write_atomically
from engine.service.protocol import Alternative, Poem, Token
from poetry_tui.compose.revisions import Draft, Origin, Variant, Wish
from poetry_tui.compose.session import Composition, Sitting

# On Windows, without them, there is one desk, that of the studio which wrote last.
HAS_LOCKS = os.name == "posix"
VERSION = 1
# The oldest poems make room: a desk is read at every start.
MAX_POEMS = 100
MAX_FILE_BYTES = 16_000_000
_MAX_DESKS = 9


class DeskFile:
    """One studio's desk on the disk. Its calls wait for the disk, so they belong in a thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.home() / "desks"
        self._own: Path | None = None
        self._locks: list[int] = []

    def open(self) -> Sitting:
        """Take a desk, with all poems that lie on desks whose studio has gone. OSError where there can be none."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: list[Sitting] = []
        others: list[Path] = []
        for number in range(1, _MAX_DESKS + 1 if HAS_LOCKS else 2):
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
        sitting = together(found)
        if others:
            # Nothing is taken away before it lies on this desk.
            self.save(sitting)
            for path in others:
                path.unlink(missing_ok=True)
        return sitting

    def save(self, sitting: Sitting) -> None:
        """Write the poems that are over; a desk without any has no file. OSError where it cannot be written."""
        if self._own is None:
            return
        if sitting.draft.variants:
            write_atomically(self._own, json.dumps(_to_dict(sitting), ensure_ascii=False))
        else:
            self._own.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the desk back."""
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


# The fields of a finished poem that the file keeps.
_DONE_FIELDS = ("begin", "text", "seed", "model", "logprob", "finish", "score", "rhyme", "n_particles")


def n_unkept(sitting: Sitting) -> int:
    """How many poems would be lost without the desk."""
    return sum(not poem.is_kept for poem in sitting.compositions[: len(sitting.draft.variants)])


# To JSON


def _to_dict(sitting: Sitting) -> dict[str, Any]:
    variants = sitting.draft.variants[-MAX_POEMS:]
    first = variants[0].number
    poems = [_poem_to_dict(variant, sitting.compositions[variant.number], first) for variant in variants]
    here = max((sitting.draft.number or 0) - first, 0)
    return {"v": VERSION, "here": here, "poems": poems}


def _poem_to_dict(variant: Variant, composition: Composition, first: int) -> dict[str, Any]:
    parent = None if variant.parent is None or variant.parent < first else variant.parent - first
    glyphs = [
        [
            glyph.character,
            glyph.is_forced,
            glyph.probability,
            glyph.surprisal_nats,
            glyph.allowed_probability,
            [[other.character, other.probability, other.allowed_probability] for other in glyph.alternatives],
        ]
        for glyph in variant.glyphs
    ]
    return {
        "config": dict(variant.config),
        "model": variant.model,
        "parent": parent,
        "changed": variant.changed,
        "locked": sorted(variant.locked),
        "origins": [str(origin) for origin in variant.origins],
        "glyphs": glyphs,
        "done": None if variant.done is None else {name: getattr(variant.done, name) for name in _DONE_FIELDS},
        "is_stopped": composition.is_stopped,
        "is_kept": composition.is_kept,
        "is_own": composition.is_own,
    }


# From JSON


def _read(path: Path) -> Sitting:
    """The poems of a desk; one that cannot be read is put aside, and is an empty one."""
    try:
        said = parse_json(read_start(path, MAX_FILE_BYTES))
        if said["v"] != VERSION:
            raise ValueError("another version")
        poems = [_poem_of(poem, number) for number, poem in enumerate(said["poems"])]
        return _sitting_of(poems, int(said["here"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        return Sitting()


def _poem_of(said: Mapping[str, Any], number: int) -> tuple[Variant, Composition]:
    parent = None if said["parent"] is None else int(said["parent"])
    if parent is not None and not 0 <= parent < number:
        raise ValueError("a poem that comes from a later one")
    glyphs = tuple(_glyph_of(glyph, place) for place, glyph in enumerate(said["glyphs"]))
    origins = tuple(Origin(origin) for origin in said["origins"])
    locked = frozenset(int(place) for place in said["locked"])
    changed = None if said["changed"] is None else int(said["changed"])
    places = locked | ({changed} if changed is not None else frozenset())
    if not glyphs or len(origins) != len(glyphs) or not all(0 <= place < len(glyphs) for place in places):
        raise ValueError("places that the poem has not")
    config = {str(name): value for name, value in said["config"].items()}
    if not isinstance(config.get("begin"), str) or not isinstance(config.get("seed"), int):
        raise TypeError("no begin character or seed")
    model = None if said["model"] is None else str(said["model"])
    done = None if said["done"] is None else _done_of(said["done"])
    variant = Variant(number, parent, glyphs, origins, config, model, done, changed, locked)
    wish = Wish(config, model, parent, changed, dict(enumerate(origins)), locked)
    composition = Composition(
        wish,
        glyphs=list(glyphs),
        shown=float(len(glyphs)),
        done=done,
        is_whole=True,
        is_stopped=bool(said["is_stopped"]) or (done is None and not said["is_own"]),
        is_kept=bool(said["is_kept"]),
        is_own=bool(said["is_own"]),
    )
    return variant, composition


def _done_of(said: Mapping[str, Any]) -> Poem:
    score, rhyme = said["score"], said["rhyme"]
    return Poem(
        begin=str(said["begin"]),
        text=str(said["text"]),
        seed=int(said["seed"]),
        model=str(said["model"]),
        logprob=float(said["logprob"]),
        finish=str(said["finish"]),
        score=None if score is None else float(score),
        rhyme=None if rhyme is None else str(rhyme),
        n_particles=int(said["n_particles"]),
    )


def _glyph_of(said: Sequence[Any], place: int) -> Token:
    character, given, probability, surprisal_nats, allowed_probability, alternatives = said
    if not isinstance(character, str) or len(character) != 1:
        raise ValueError("no character")
    others = tuple(Alternative(str(other), float(p), float(allowed)) for other, p, allowed in alternatives)
    return Token(
        place, character, float(probability), float(surprisal_nats), bool(given), others, float(allowed_probability)
    )


def _sitting_of(poems: Sequence[tuple[Variant, Composition]], here: int) -> Sitting:
    if not poems:
        return Sitting()
    number = min(max(here, 0), len(poems) - 1)
    draft = Draft(variants=tuple(variant for variant, _ in poems), number=number)
    return Sitting([composition for _, composition in poems], number, draft)


def together(sittings: Sequence[Sitting]) -> Sitting:
    """All poems on one desk, those of the first sitting last and on the stage."""
    poems: list[tuple[Variant, Composition]] = []
    here = 0
    for sitting in reversed(sittings):
        first = len(poems)
        here = first + (sitting.draft.number or 0)
        for variant, composition in zip(sitting.draft.variants, sitting.compositions, strict=True):
            parent = None if variant.parent is None else variant.parent + first
            moved = dataclasses.replace(variant, number=variant.number + first, parent=parent)
            composition.wish = dataclasses.replace(composition.wish, parent=parent)
            poems.append((moved, composition))
    return _sitting_of(poems, here)
