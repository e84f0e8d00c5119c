"""The poems of one sitting at the desk: what was wished for, what came, how much of it is on the stage. Knows no screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import StudioError
from poetry_tui.engine_protocol import Glyph, PoemDone


@dataclass(slots=True)
class Composition:
    """One poem, wished for and then written. `config` holds the plain fields of a ComposeConfig.

    The engine is faster than the eye: `glyphs` is what has come, `shown` how many of them stand on the stage.
    """

    config: Mapping[str, Any]
    model: str | None = None
    glyphs: list[Glyph] = field(default_factory=list)
    shown: float = 0.0
    done: PoemDone | None = None
    problem: StudioError | None = None
    is_stopped: bool = False
    is_kept: bool = False

    def take(self, said: Glyph | PoemDone) -> None:
        if isinstance(said, Glyph):
            self.glyphs.append(said)
        else:
            self.done = said

    def reveal(self, n_characters: float) -> None:
        """Put some more of what has come on the stage; given characters stand there at once."""
        n_given = next((i for i, glyph in enumerate(self.glyphs) if not glyph.given), len(self.glyphs))
        self.shown = min(max(self.shown + n_characters, n_given), float(len(self.glyphs)))

    def stop(self) -> None:
        """What is on the stage is the poem; what the engine wrote beyond it is forgotten."""
        if not self.is_over:
            self.is_stopped = True
            self.done = None
            self.glyphs = self.visible

    @property
    def visible(self) -> list[Glyph]:
        return self.glyphs[: int(self.shown)]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will appear."""
        is_written = self.done is not None and int(self.shown) >= len(self.glyphs)
        return is_written or self.is_stopped or self.problem is not None

    @property
    def text(self) -> str:
        return "".join(glyph.character for glyph in self.visible)

    @property
    def logprob(self) -> float:
        """ln p of what was drawn: begin characters are given, not drawn; an ending counts."""
        if self.done is not None:
            return self.done.logprob
        return -sum(glyph.surprise_nats for glyph in self.visible if not glyph.given)


@dataclass(slots=True)
class Sitting:
    """Compositions in the order of their making; `current` is the one on the stage."""

    compositions: list[Composition] = field(default_factory=list)
    index: int = -1

    @property
    def current(self) -> Composition | None:
        return self.compositions[self.index] if self.compositions else None

    def add(self, composition: Composition) -> None:
        self.compositions.append(composition)
        self.index = len(self.compositions) - 1

    def discard(self, composition: Composition) -> None:
        """Forget one that came to nothing."""
        self.compositions = [other for other in self.compositions if other is not composition]
        self.index = min(self.index, len(self.compositions) - 1)

    def move(self, by: int) -> bool:
        """Go back or forth; False at either end."""
        index = self.index + by
        if not 0 <= index < len(self.compositions):
            return False
        self.index = index
        return True
