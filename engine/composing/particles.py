"""Poems in the making, side by side: a row is one poem, or one of the continuations that a poem tries.

Shapes: R rows, S steps, O tone orders, L rhyme labels, G rhyme groups or parts, H hidden.
"""

import dataclasses
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.constraints.plan import FREE, Ints, Plan
from engine.composing.token_prosody import Bools
from engine.model.layers import State

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Rows:
    """Where each row stands.

    `state`: the network's before it reads `last` (R,). `tokens` and `log_p` (R, S): what was written, and ln p of it, the
    model's own. `orders` (R, O) and `groups` (R, L, G): the tone orders and the rhyme groups that are still open.
    `log_weight` (R,): how much of the model's probability the wishes left, since rows were last chosen. `alive` (R,):
    whether the row keeps every rule.
    """

    state: State | None
    last: Ints
    tokens: Ints
    log_p: Floats
    orders: Bools
    groups: Bools
    log_weight: Floats
    alive: Bools

    @classmethod
    def at_the_beginning(cls, plan: Plan, groups: Bools, state: State | None, last: Ints) -> Self:
        """Rows before their first step, in these open groups (R, L, G), with the states after all but the last (R,) index."""
        n_rows, n_steps = len(last), len(plan.steps)
        return cls(
            state,
            last,
            np.full((n_rows, n_steps), FREE, np.int64),
            np.zeros((n_rows, n_steps)),
            np.ones((n_rows, len(plan.orders)), np.bool_),
            groups,
            np.zeros(n_rows),
            np.ones(n_rows, np.bool_),
        )

    def __len__(self) -> int:
        return len(self.last)

    def take(self, indices: Ints) -> "Rows":
        """Some rows, each as often as it is named, in a copy of their own."""
        where = torch.from_numpy(indices)
        state = self.state and tuple(part[:, where.to(part.device)] for part in self.state)
        arrays = {name: getattr(self, name)[indices] for name in _ARRAYS}
        return Rows(state=state, **arrays)

    def put(self, indices: Ints, other: "Rows") -> None:
        """Replace some rows by those of `other`."""
        where = torch.from_numpy(indices)
        if self.state is None or other.state is None:
            raise ValueError("rows are replaced once they have begun")
        self.state = tuple(
            part.index_copy(1, where.to(part.device), new) for part, new in zip(self.state, other.state, strict=True)
        )
        for name in _ARRAYS:
            getattr(self, name)[indices] = getattr(other, name)


_ARRAYS = tuple(field.name for field in dataclasses.fields(Rows) if field.name != "state")
