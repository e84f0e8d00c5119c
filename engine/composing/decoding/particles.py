"""Particles: a batch of poems during decoding. A row is one poem, or one of several continuations of a poem.

Resampling (sequential Monte Carlo) replaces the unlikely particles of a poem by copies of its likely ones.

Shapes: P particles of a poem, R rows, S slots, O tone patterns, L rhyme labels, G rhyme groups or parts, H hidden.
"""

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.constraints.plan import NO_TOKEN, ConstraintPlan, Ints
from engine.composing.constraints.token_prosody import Bools
from engine.model.layers import State

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Particles:
    """The state of R rows.

    `state`: the recurrent state before the network reads `last` (R,). `token_ids` and `log_probs` (R, S): the tokens, `NO_TOKEN` where
    none is written yet, and ln p of each by the model. `tone_patterns` (R, O) and `groups` (R, L, G): the tone patterns and rhyme
    groups that are still open. `log_weights` (R,): ln of the importance weights since the last resampling. `penalties` (R,): the
    penalties of rare line ends in the segment, in nats. `alive` (R,): whether the row satisfies every constraint so far.
    """

    state: State | None
    last: Ints
    token_ids: Ints
    log_probs: Floats
    tone_patterns: Bools
    groups: Bools
    log_weights: Floats
    penalties: Floats
    alive: Bools

    @classmethod
    def initial(cls, plan: ConstraintPlan, groups: Bools, state: State | None, last: Ints) -> Self:
        """Rows before their first slot.

        Args:
            groups: open rhyme groups (R, L, G).
            state: the recurrent state after the prompt without its last token.
            last: the last token of the prompt (R,).
        """
        n_rows, n_slots = len(last), len(plan.slots)
        return cls(
            state,
            last,
            np.full((n_rows, n_slots), NO_TOKEN, np.int64),
            np.zeros((n_rows, n_slots)),
            np.ones((n_rows, len(plan.tone_patterns)), np.bool_),
            groups,
            np.zeros(n_rows),
            np.zeros(n_rows),
            np.ones(n_rows, np.bool_),
        )

    def __len__(self) -> int:
        return len(self.last)

    def gather(self, indices: Ints) -> "Particles":
        """Copy the rows at `indices`, which may repeat."""
        where = torch.from_numpy(indices)
        state = self.state and tuple(part[:, where.to(part.device)] for part in self.state)
        arrays = {name: getattr(self, name)[indices] for name in _ARRAYS}
        return Particles(state=state, **arrays)

    def scatter(self, indices: Ints, other: "Particles") -> None:
        """Replace the rows at `indices` by those of `other`, in place. Raises ValueError before the first slot."""
        where = torch.from_numpy(indices)
        if self.state is None or other.state is None:
            raise ValueError("rows are replaced only after their first slot")
        self.state = tuple(
            part.index_copy(1, where.to(part.device), new) for part, new in zip(self.state, other.state, strict=True)
        )
        for name in _ARRAYS:
            getattr(self, name)[indices] = getattr(other, name)


_ARRAYS = tuple(field.name for field in dataclasses.fields(Particles) if field.name != "state")


def are_degenerate(log_weights: Floats) -> NDArray[np.bool_]:
    """Whether the effective sample size of each poem's weights (N, P) is below P / 2; False if every particle is dead."""
    weights = _normalised(log_weights)
    return np.asarray((weights**2).sum(1) * weights.shape[1] > 2)


def resample(log_weights: Floats, rng: np.random.Generator) -> Ints:
    """Sample P particle indices by weights (P,) with one random number (systematic resampling)."""
    cumulative = _normalised(log_weights[None])[0].cumsum()
    points = (np.arange(len(cumulative)) + rng.random()) / len(cumulative) * cumulative[-1]
    indices: Ints = np.minimum(np.searchsorted(cumulative, points, side="right"), len(cumulative) - 1)
    return indices


def _normalised(log_weights: Floats) -> Floats:
    """Floats (N, P) that sum to 1 for each poem, or are all 0 when every particle is dead."""
    highest = log_weights.max(1, keepdims=True)
    weights: Floats = np.exp(log_weights - np.where(np.isneginf(highest), 0, highest))
    weights /= np.maximum(weights.sum(1, keepdims=True), np.finfo(np.float64).tiny)
    return weights
