"""The poem on the desk: every variant that was tried, what is locked, undo and redo. Pure and frozen; knows no screen.

A `Draft` is a tree of `Variant`s and a place in it. Every method returns another draft (or a `Wish`, or a fact), and none
ever removes a variant: whatever was written can be walked to again. What the screen does:

- A new poem: `draft = draft.grow(Wish(config, model), glyphs, done)` makes a root, and stands on it. Several candidates are
  several roots.
- Stepping: `draft.step(-1)`, `draft.at(index)`; the place is `draft.cursor`, the variant `draft.here`.
- Another character: `wish = draft.choose("春", seed=…)` at the cursor. What stands before it is kept, so are locked characters
  after it, and the machine writes the rest: send `wish.config` and `wish.model` with the `compose` operation, put the glyphs
  on the stage as they come, and when the poem is done (or stopped) `draft = draft.grow(wish, glyphs, done)`.
- Locks: `draft.toggle_lock()` for the character at the cursor, `draft.toggle_line_lock()` for its line.
- `wish = draft.recompose(seed=…)`: what the user gave, chose or locked stays, what the machine drew is written anew.
- `draft.undo()`, `draft.redo()`: over locks, walks and new variants alike. `can_undo` and `can_redo` say whether.
- Walking: `draft.to(number)`, `to_parent()`, `to_child()`, `to_sibling(±1)`; `draft.rows()` lists the tree as it is drawn.

To look into the network at a place, `glass_protocol.Place` takes the variant's text, config and model.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from engine.service.protocol import Poem, Token
from poetry_tui.compose.revision_request import config_to_keep, lines_of, tied_to


class Origin(StrEnum):
    """Who put a character there: the wish (begin, acrostic, …), the user who chose it, or the machine."""

    GIVEN = "given"
    CHOSEN = "chosen"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class Wish:
    """A variant to ask the engine for. `config` (fields of a ComposeConfig) and `model` go to the engine, all goes to `grow`.

    `changed`: the place of the chosen character. `origins` of the characters that are kept, by place.
    """

    config: Mapping[str, Any]
    model: str | None = None
    parent: int | None = None
    changed: int | None = None
    origins: Mapping[int, Origin] = field(default_factory=dict)
    locked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Variant:
    """One text and how it came about. `number` counts from 0 in order of making; `parent` is None for a root.

    `origins` holds one entry a character; places in `locked` and `changed` are indices of characters.
    """

    number: int
    parent: int | None
    glyphs: tuple[Token, ...]
    origins: tuple[Origin, ...]
    config: Mapping[str, Any]
    model: str | None = None
    done: Poem | None = None
    changed: int | None = None
    locked: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        return "".join(glyph.character for glyph in self.glyphs)

    @property
    def yours(self) -> frozenset[int]:
        """The places that the user gave, chose or locked."""
        return self.locked | {place for place, origin in enumerate(self.origins) if origin is not Origin.DRAWN}


@dataclass(frozen=True, slots=True)
class Standing:
    """What undo comes back to: a variant, and what was locked in it."""

    number: int
    locked: frozenset[int]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the drawn tree: a variant below its parent, `depth` steps in."""

    variant: Variant
    depth: int
    is_here: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """`number` is the variant on the stage, None while there is none; `cursor` the place in it, None for no place."""

    variants: tuple[Variant, ...] = ()
    number: int | None = None
    cursor: int | None = None
    past: tuple[Standing, ...] = ()
    future: tuple[Standing, ...] = ()

    @property
    def here(self) -> Variant | None:
        return None if self.number is None else self.variants[self.number]

    # Places

    def at(self, place: int | None) -> Self:
        """Put the cursor on a place, the nearest that there is; None for none."""
        n = len(self.here.glyphs) if self.here else 0
        return self._replace(cursor=None if place is None or n == 0 else min(max(place, 0), n - 1))

    def step(self, by: int) -> Self:
        """Back or forth; without a cursor, in from the end that one comes from."""
        if self.cursor is not None:
            return self.at(self.cursor + by)
        return self.at(0 if by > 0 or self.here is None else len(self.here.glyphs) - 1)

    # Writing together

    def choose(self, character: str, *, seed: int | None = None) -> Wish:
        """Ask for the variant with another character at the cursor, from where the machine goes on.

        `seed`: of what the machine writes; without one, that of the variant on the stage. ValueError without a cursor.
        """
        variant = self._standing_on()
        if self.cursor is None:
            raise ValueError("there is no cursor")
        before = {place: variant.origins[place] for place in range(self.cursor)}
        after = {place: variant.origins[place] for place in variant.locked if place > self.cursor}
        tied = tied_to(variant.config, variant.text, self.cursor)
        kept = {**before, self.cursor: Origin.CHOSEN, **after}
        origins = {place: Origin.CHOSEN if place in tied else origin for place, origin in kept.items()}
        text = "".join(character if place in tied else one for place, one in enumerate(variant.text))
        locked = frozenset(place for place in variant.locked if place in origins)
        return self._wish(text, origins, locked, seed, changed=self.cursor)

    def recompose(self, *, seed: int) -> Wish:
        """Ask for the same again, keeping what the user gave, chose or locked."""
        variant = self._standing_on()
        origins = {place: variant.origins[place] for place in sorted(variant.yours)}
        return self._wish(variant.text, origins, variant.locked, seed)

    def grow(self, wish: Wish, glyphs: Sequence[Token], done: Poem | None = None) -> Self:
        """Add what the engine wrote for a wish, and stand on it, the cursor where a character was chosen."""
        origins = [wish.origins.get(place, _origin_of(glyph)) for place, glyph in enumerate(glyphs)]
        variant = Variant(
            number=len(self.variants),
            parent=wish.parent,
            glyphs=tuple(glyphs),
            origins=tuple(origins),
            config=wish.config,
            model=wish.model,
            done=done,
            changed=wish.changed,
            locked=frozenset(place for place in wish.locked if place < len(glyphs)),
        )
        grown = self._replace(variants=(*self.variants, variant))
        return grown._go_to(variant.number).at(wish.changed)

    # Locks

    def toggle_lock(self) -> Self:
        """Lock the character at the cursor, or unlock it."""
        return self if self.cursor is None else self._toggle([self.cursor])

    def toggle_line_lock(self) -> Self:
        """Lock the line at the cursor; where all of it is locked, unlock it."""
        if self.cursor is None:
            return self
        lines = lines_of(self._standing_on().text)
        return self._toggle(next(line for line in lines if self.cursor in line))

    # Undo and redo

    @property
    def can_undo(self) -> bool:
        return bool(self.past)

    @property
    def can_redo(self) -> bool:
        return bool(self.future)

    def undo(self) -> Self:
        """Back to what stood here before the last lock, walk or new variant."""
        if not self.past:
            return self
        back = self._stand(self.past[-1])
        return back._replace(past=self.past[:-1], future=(*self.future, *self._now()))

    def redo(self) -> Self:
        """Forth again, after an undo."""
        if not self.future:
            return self
        forth = self._stand(self.future[-1])
        return forth._replace(past=(*self.past, *self._now()), future=self.future[:-1])

    # Walking

    def to(self, number: int) -> Self:
        """Walk to any variant; staying is no walk."""
        if not 0 <= number < len(self.variants):
            raise ValueError(f"there is no variant {number}")
        return self if number == self.number else self._go_to(number)

    def to_parent(self) -> Self:
        parent = self._standing_on().parent
        return self if parent is None else self.to(parent)

    def to_child(self) -> Self:
        """To the newest child."""
        children = self.children_of(self._standing_on().number)
        return self.to(children[-1].number) if children else self

    def to_sibling(self, by: int) -> Self:
        """To an older (-1) or a younger (+1) child of the same parent, or root."""
        siblings = self.children_of(self._standing_on().parent)
        index = siblings.index(self._standing_on()) + by
        return self.to(siblings[index].number) if 0 <= index < len(siblings) else self

    def children_of(self, number: int | None) -> tuple[Variant, ...]:
        """The children of a variant in order of making; the roots for None."""
        return tuple(variant for variant in self.variants if variant.parent == number)

    def differences(self, number: int) -> frozenset[int]:
        """The places where a variant is not like its parent; none for a root."""
        variant = self.variants[number]
        if variant.parent is None:
            return frozenset()
        before = self.variants[variant.parent].text
        return frozenset(at for at, character in enumerate(variant.text) if before[at : at + 1] != character)

    def rows(self) -> tuple[Row, ...]:
        """The whole tree, a variant a row: each below its parent, before its younger siblings."""
        # Not by recursion: a tree may be as deep as the user is patient.
        children: dict[int | None, list[Variant]] = {}
        for variant in self.variants:
            children.setdefault(variant.parent, []).append(variant)
        rows: list[Row] = []
        waiting = [(variant, 0) for variant in reversed(children.get(None, []))]
        while waiting:
            variant, depth = waiting.pop()
            rows.append(Row(variant, depth, variant.number == self.number))
            waiting += [(child, depth + 1) for child in reversed(children.get(variant.number, []))]
        return tuple(rows)

    # How

    def _standing_on(self) -> Variant:
        if self.here is None:
            raise ValueError("there is no variant yet")
        return self.here

    def _wish(
        self,
        text: str,
        origins: Mapping[int, Origin],
        locked: frozenset[int],
        seed: int | None,
        changed: int | None = None,
    ) -> Wish:
        variant = self._standing_on()
        config = config_to_keep(variant.config, text, origins.keys(), changed)
        if seed is not None:
            config["seed"] = seed
        return Wish(config, variant.model, variant.number, changed, origins, locked)

    def _toggle(self, places: Iterable[int]) -> Self:
        variant, wanted = self._standing_on(), frozenset(places)
        locked = variant.locked - wanted if wanted <= variant.locked else variant.locked | wanted
        past = (*self.past, *self._now())
        return self._stand(Standing(variant.number, locked))._replace(past=past, future=())

    def _go_to(self, number: int) -> Self:
        past = (*self.past, *self._now())
        return self._stand(Standing(number, self.variants[number].locked))._replace(past=past, future=())

    def _now(self) -> tuple[Standing, ...]:
        return (Standing(self.here.number, self.here.locked),) if self.here else ()

    def _stand(self, standing: Standing) -> Self:
        variants = list(self.variants)
        variants[standing.number] = dataclasses.replace(variants[standing.number], locked=standing.locked)
        return self._replace(variants=tuple(variants), number=standing.number).at(self.cursor)

    def _replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)


def _origin_of(glyph: Token) -> Origin:
    return Origin.GIVEN if glyph.is_forced else Origin.DRAWN
