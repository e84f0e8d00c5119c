"""The poems of one sitting at the desk: what was wished for, what came, how much of it is on the stage. Knows no screen."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from engine.errors import StudioError
from engine.service.protocol import InspectCharacter, Inspection, Novelty, Poem, Token
from poetry_tui.compose.revisions import Draft, Variant, Wish
from poetry_tui.verse.likelihood import nats_per_han


@dataclass(slots=True)
class Composition:
    """One poem, wished for and then written.

    The engine is faster than the eye: `glyphs` is what has come, `shown` how many of them stand on the stage. `is_whole`: it
    came in one piece, so that there is nothing to stop. `is_own`: the user typed it.
    """

    wish: Wish
    glyphs: list[Token] = field(default_factory=list)
    shown: float = 0.0
    done: Poem | None = None
    problem: StudioError | None = None
    novelty: Novelty | StudioError | None = None
    is_whole: bool = False
    is_stopped: bool = False
    is_kept: bool = False
    is_own: bool = False
    # The likelihood that was counted last, and of what: every repaint asks for that of each poem of the session.
    _counted: tuple[tuple[bool, int, int], float | None] | None = field(default=None, repr=False, compare=False)

    @property
    def config(self) -> Mapping[str, Any]:
        """The plain fields of a ComposeConfig."""
        return self.wish.config

    def take(self, said: Token | Poem) -> None:
        if isinstance(said, Token):
            self.glyphs.append(said)
        else:
            self.done = said

    def reveal(self, n_characters: float) -> None:
        """Put some more of what has come on the stage; given characters stand there at once."""
        n_given = next((i for i, glyph in enumerate(self.glyphs) if not glyph.is_forced), len(self.glyphs))
        self.shown = min(max(self.shown + n_characters, n_given), float(len(self.glyphs)))

    def reveal_all(self) -> None:
        self.reveal(float("inf"))

    def stop(self) -> None:
        """What is on the stage is the poem; what the engine wrote beyond it is forgotten."""
        if self.is_whole:
            self.reveal_all()
        elif not self.is_over:
            self.is_stopped = True
            self.done = None
            self.glyphs = self.visible

    @property
    def visible(self) -> list[Token]:
        return self.glyphs[: int(self.shown)]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will appear."""
        is_written = self.done is not None and int(self.shown) >= len(self.glyphs)
        return is_written or self.is_own or self.is_stopped or self.problem is not None

    @property
    def text(self) -> str:
        return "".join(glyph.character for glyph in self.visible)

    @property
    def logprob(self) -> float | None:
        """ln p of the whole poem, given characters too, and of its end where it has one; None where the model did not write it, or
        what it thought of some of it is not known."""
        if self.is_own:
            return None
        if self.done is not None:
            return self.done.logprob
        is_known = all(glyph.is_known for glyph in self.visible)
        return -sum(glyph.surprisal_nats for glyph in self.visible) if is_known else None

    @property
    def nats_per_han(self) -> float | None:
        """How likely the model found it; None before it is over."""
        if not (self.is_over or self.is_whole):
            return None
        key = (self.done is not None, len(self.glyphs), int(self.shown))
        if self._counted is None or self._counted[0] != key:
            self._counted = key, nats_per_han(self.logprob, self.text)
        return self._counted[1]

    def recognise(self, glyph: Token) -> None:
        """Take what the model thought of a character that is there already."""
        self.glyphs[glyph.index] = glyph
        self._counted = None


@dataclass(slots=True)
class Sitting:
    """Compositions in the order of their making; `current`, number `index`, is the one on the stage.

    Those that are over are the variants of `draft`, under the same numbers; at most the last one is still being written.
    """

    compositions: list[Composition] = field(default_factory=list)
    index: int = -1
    draft: Draft = field(default_factory=Draft)

    @property
    def current(self) -> Composition | None:
        return self.compositions[self.index] if self.compositions else None

    @property
    def variant(self) -> Variant | None:
        """The one on the stage, if it is over: what can be stepped through, locked and changed."""
        return self.draft.variants[self.index] if 0 <= self.index < len(self.draft.variants) else None

    @property
    def cursor(self) -> int | None:
        return self.draft.cursor if self.variant is not None else None

    def add(self, composition: Composition) -> None:
        self.compositions.append(composition)
        self.index = len(self.compositions) - 1

    def add_whole(self, compositions: Sequence[Composition]) -> None:
        """Take several that came whole, the best first; that one goes on the stage."""
        first = len(self.compositions)
        self.compositions = [*self.compositions, *compositions]
        self.settle()
        if compositions:
            self.stand(self.draft.to(first).at(None))

    def settle(self) -> None:
        """Make a variant of every composition that is over."""
        while len(self.draft.variants) < len(self.compositions):
            composition = self.compositions[len(self.draft.variants)]
            if not composition.glyphs or not (composition.is_over or composition.is_whole):
                return
            wish, cursor = composition.wish, self.draft.cursor
            draft = self.draft.grow(wish, composition.glyphs, composition.done)
            # One goes on where one was when some of a poem was written anew.
            is_rewritten = wish.parent is not None and wish.changed is None
            self.stand(draft.at(cursor) if is_rewritten else draft)

    def discard(self, composition: Composition) -> None:
        """Forget one that came to nothing; back to what stood there before."""
        self.compositions = [other for other in self.compositions if other is not composition]
        if self.draft.number is not None:
            self.index = self.draft.number
        else:
            self.index = min(self.index, len(self.compositions) - 1)

    def move(self, by: int) -> bool:
        """Go back or forth; False at either end."""
        index = self.index + by
        if not 0 <= index < len(self.compositions):
            return False
        self.index = index
        if index < len(self.draft.variants):
            self.draft = self.draft.to(index).at(None)
        return True

    def learn(self, place: InspectCharacter, found: Inspection) -> None:
        """What the model thought of a character that came without it."""
        variant = self.variant
        if variant is None or variant.text != place.text:
            return
        glyph = msgspec.structs.replace(
            variant.glyphs[place.index],
            probability=found.probability,
            surprisal_nats=found.surprisal_nats,
            alternatives=found.alternatives,
            allowed_probability=found.allowed_probability,
        )
        self.recognise(self.compositions[variant.number], glyph)

    def recognise(self, composition: Composition, glyph: Token) -> bool:
        """Take what the model thought of a character of a poem that came whole; False where that is another poem's."""
        index = glyph.index
        if not index < len(composition.glyphs) or composition.glyphs[index].character != glyph.character:
            return False
        if composition.glyphs[index].is_known:
            return True
        composition.recognise(glyph)
        variants = tuple(
            dataclasses.replace(variant, glyphs=(*variant.glyphs[:index], glyph, *variant.glyphs[index + 1 :]))
            if self.compositions[variant.number] is composition
            else variant
            for variant in self.draft.variants
        )
        self.draft = dataclasses.replace(self.draft, variants=variants)
        return True

    def stand(self, draft: Draft) -> None:
        """Take another state of the draft, and put the variant that it stands on on the stage."""
        self.draft = draft
        if draft.number is not None:
            self.index = draft.number
