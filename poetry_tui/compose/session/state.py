"""The poems of one session of the studio: request, tokens, and the number of revealed tokens. No Textual import."""

import dataclasses
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import msgspec

from engine.composing.replies import Inspection, Novelty, Poem, Progress, Token
from engine.composing.requests import InspectCharacter
from engine.prosody.text import nats_per_han
from engine.system.errors import StudioError
from poetry_tui.compose.session.revision_request import forced_positions
from poetry_tui.compose.session.revisions import ComposeRequest, Revision, RevisionTree


@dataclass(slots=True)
class Composition:
    """A requested poem, complete or not.

    `tokens`: the characters received from the engine. `shown`: number of revealed ones. `progress`: of the candidates while they
    are composed, for which this poem is the placeholder. `is_whole`: the poem was received complete, so that `stop` reveals it.
    `is_own`: typed by the user. `is_favourite`: saved as a favourite.
    """

    request: ComposeRequest
    tokens: list[Token] = field(default_factory=list)
    shown: float = 0.0
    done: Poem | None = None
    problem: StudioError | None = None
    novelty: Novelty | StudioError | None = None
    is_whole: bool = False
    is_stopped: bool = False
    is_favourite: bool = False
    is_own: bool = False
    progress: Progress | None = None
    # The cached result of `nats_per_han` and its key, because every repaint reads that of each poem of the session.
    _counted: tuple[tuple[bool, int, int], float | None] | None = field(default=None, repr=False, compare=False)

    @property
    def config(self) -> Mapping[str, Any]:
        """The plain fields of a ComposeConfig."""
        return self.request.config

    async def write(self, replies: AsyncGenerator[Token | Poem, None]) -> None:
        """Take the characters as the engine sends them, then the complete poem. Raises the engine's StudioError."""
        async with aclosing(replies):
            async for reply in replies:
                self.take(reply)

    def take(self, said: Token | Poem) -> None:
        if isinstance(said, Token):
            self.tokens.append(said)
        else:
            self.done = said

    def set_progress(self, progress: Progress) -> None:
        self.progress = progress

    def reveal(self, n_characters: float) -> None:
        """Reveal more of the received characters; the leading forced ones are revealed at once."""
        n_forced = next((i for i, token in enumerate(self.tokens) if not token.is_forced), len(self.tokens))
        self.shown = min(max(self.shown + n_characters, n_forced), float(len(self.tokens)))

    def reveal_all(self) -> None:
        self.reveal(float("inf"))

    def stop(self) -> None:
        """End the poem at its last revealed character."""
        if self.is_whole:
            self.reveal_all()
        elif not self.is_over:
            self.is_stopped = True
            self.done = None
            self.tokens = self.visible

    @property
    def is_composed(self) -> bool:
        """Whether the poem is over and has text."""
        return self.is_over and bool(self.tokens)

    @property
    def visible(self) -> list[Token]:
        return self.tokens[: int(self.shown)]

    @property
    def is_over(self) -> bool:
        """Whether the poem is complete and fully revealed, stopped, failed, or typed by the user."""
        is_written = self.done is not None and int(self.shown) >= len(self.tokens)
        return is_written or self.is_own or self.is_stopped or self.problem is not None

    @property
    def text(self) -> str:
        return "".join(token.character for token in self.visible)

    @property
    def logprob(self) -> float | None:
        """ln p of all characters, forced ones included, and of the end token if there is one; None for a poem of the user, and if the
        probability of a character is unknown."""
        if self.is_own:
            return None
        if self.done is not None:
            return self.done.logprob
        is_known = all(token.is_known for token in self.visible)
        return -sum(token.surprisal_nats for token in self.visible) if is_known else None

    @property
    def nats_per_han(self) -> float | None:
        """−ln p per Han character in nats; None before the poem is complete."""
        if not (self.is_over or self.is_whole):
            return None
        key = (self.done is not None, len(self.tokens), int(self.shown))
        if self._counted is None or self._counted[0] != key:
            self._counted = key, nats_per_han(self.logprob, self.text)
        return self._counted[1]

    def set_likelihood(self, token: Token) -> None:
        """Replace a token by one of the same character with its probability."""
        self.tokens[token.index] = token
        self._counted = None


def candidate_poem(request: ComposeRequest, done: Poem) -> Composition:
    """The composition of a candidate. The probabilities of its characters are unknown until `set_likelihood`."""
    forced = forced_positions(request.config, done.text)
    tokens = [Token(position, one, 0.0, 0.0, position in forced, ()) for position, one in enumerate(done.text)]
    own = dataclasses.replace(request, config={**request.config, "seed": done.seed, "n_particles": done.n_particles})
    return Composition(own, tokens, done=done, is_whole=True)


@dataclass(slots=True)
class ComposeSession:
    """Compositions in order of creation; `current`, at `index`, is the displayed one.

    Each complete one is the revision of `tree` with the same number; only the last one may be incomplete.
    """

    compositions: list[Composition] = field(default_factory=list)
    index: int = -1
    tree: RevisionTree = field(default_factory=RevisionTree)

    @property
    def current(self) -> Composition | None:
        return self.compositions[self.index] if self.compositions else None

    @property
    def incomplete(self) -> list[Composition]:
        """The poems that are being composed or revealed."""
        return [composition for composition in self.compositions if not composition.is_over]

    @property
    def revision(self) -> Revision | None:
        """The revision of the displayed poem; None while that is incomplete."""
        return self.tree.revisions[self.index] if 0 <= self.index < len(self.tree.revisions) else None

    @property
    def cursor(self) -> int | None:
        return self.tree.cursor if self.revision is not None else None

    def add(self, composition: Composition) -> None:
        self.compositions.append(composition)
        self.index = len(self.compositions) - 1

    def add_whole(self, compositions: Sequence[Composition]) -> None:
        """Add complete poems and display the first one."""
        first = len(self.compositions)
        self.compositions = [*self.compositions, *compositions]
        self.settle()
        if compositions:
            self.set_tree(self.tree.go_to(first).with_cursor(None))

    def reveal(self, n_characters: float) -> None:
        """Reveal more characters of the incomplete poems; a poem that becomes complete becomes a revision."""
        for composition in self.incomplete:
            composition.reveal(n_characters)
        self.settle()

    def settle(self) -> None:
        """Add a revision to the tree for every complete composition."""
        while len(self.tree.revisions) < len(self.compositions):
            composition = self.compositions[len(self.tree.revisions)]
            if not composition.tokens or not (composition.is_over or composition.is_whole):
                return
            request, cursor = composition.request, self.tree.cursor
            tree = self.tree.add(request, composition.tokens, composition.done)
            # The cursor stays where it was when a poem is recomposed.
            is_rewritten = request.parent is not None and request.changed is None
            self.set_tree(tree.with_cursor(cursor) if is_rewritten else tree)

    def discard(self, composition: Composition) -> None:
        """Remove a composition without characters, and display the current revision."""
        self.compositions = [other for other in self.compositions if other is not composition]
        if self.tree.number is not None:
            self.index = self.tree.number
        else:
            self.index = min(self.index, len(self.compositions) - 1)

    def move(self, by: int) -> bool:
        """Display an earlier or a later poem; False at either end."""
        index = self.index + by
        if not 0 <= index < len(self.compositions):
            return False
        self.index = index
        if index < len(self.tree.revisions):
            self.tree = self.tree.go_to(index).with_cursor(None)
        return True

    def set_inspection(self, inspected: InspectCharacter, found: Inspection) -> None:
        """Add the probabilities of an inspection to a character that has none."""
        revision = self.revision
        if revision is None or revision.text != inspected.text:
            return
        token = msgspec.structs.replace(
            revision.tokens[inspected.index],
            probability=found.probability,
            surprisal_nats=found.surprisal_nats,
            alternatives=found.alternatives,
            allowed_probability=found.allowed_probability,
        )
        self.set_likelihood(self.compositions[revision.number], token)

    async def add_likelihoods(self, composition: Composition, replies: AsyncGenerator[Token | Poem, None]) -> None:
        """Add the probabilities of a complete poem's characters, from composing it again; stops at the first character that differs."""
        async with aclosing(replies):
            async for reply in replies:
                if isinstance(reply, Token) and not self.set_likelihood(composition, reply):
                    return

    def set_likelihood(self, composition: Composition, token: Token) -> bool:
        """Add the probability of a character to a complete poem; False if the token's character differs from the poem's."""
        index = token.index
        if not index < len(composition.tokens) or composition.tokens[index].character != token.character:
            return False
        if composition.tokens[index].is_known:
            return True
        composition.set_likelihood(token)
        revisions = tuple(
            dataclasses.replace(revision, tokens=(*revision.tokens[:index], token, *revision.tokens[index + 1 :]))
            if self.compositions[revision.number] is composition
            else revision
            for revision in self.tree.revisions
        )
        self.tree = dataclasses.replace(self.tree, revisions=revisions)
        return True

    def snapshot(self) -> "ComposeSession":
        """A copy that later changes of this session do not affect."""
        return dataclasses.replace(self, compositions=list(self.compositions))

    def replace(self, other: "ComposeSession") -> None:
        """Replace the poems by those of another session."""
        self.compositions, self.index, self.tree = other.compositions, other.index, other.tree

    def set_tree(self, tree: RevisionTree) -> None:
        """Replace the tree, and display its current revision."""
        self.tree = tree
        if tree.number is not None:
            self.index = tree.number
