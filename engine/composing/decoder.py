"""Writing poems by a plan, many in one batch, a stretch at a time.

A poem has one row, or several that try continuations side by side (a particle filter): a row's weight is the probability
that the wishes left it and what it gives to the fixed characters ahead; rows of little weight are replaced by copies of
others, and at the end of a stretch the likeliest row goes on. A stretch is a line with whatever is fixed at the beginning of
the next one, so that a line is chosen that leads up to it; or a single step where nothing is fixed ahead.

Shapes: N poems, P rows of each, R = N · P rows, S steps, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.constraints.layout import Step
from engine.composing.constraints.plan import FREE, Ints, Plan
from engine.composing.particles import Rows
from engine.composing.resampling import is_uneven, resample
from engine.composing.sampling import Scores, Uniforms, draw_rows
from engine.composing.token_masks import Masks
from engine.composing.token_prosody import Bools
from engine.corpus.vocabulary import UNKNOWN
from engine.errors import ComposeError
from engine.model.checkpoint import LoadedModel
from engine.model.layers import State
from engine.novelty.line_index import MIN_PART_CHARS

# So often a stretch is begun anew when none of its rows keeps every rule.
MOST_ATTEMPTS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the model thought at one step: ln p (R, V), and which characters the wishes allowed (R, V)."""

    log_p: Scores
    allowed: Bools

    def take(self, indices: Ints) -> "Seen":
        return Seen(self.log_p[indices], self.allowed[indices])


class Writer:
    """Writes `len(seeds)` poems by one plan, each with random numbers of its own, so that it does not hang on the others.

    With `remember` the distributions of each stretch are kept in `seen`, by step, for whoever wants to look.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        plan: Plan,
        seeds: Sequence[int],
        n_particles: int,
        temperature: float,
        top_p: float,
        *,
        remember: bool = False,
    ) -> None:
        self._loaded, self._plan, self._n_particles = loaded, plan, n_particles
        self._temperature, self._top_p, self._remember = temperature, top_p, remember
        # Where nothing is fixed ahead, and somebody looks, there is no need to wait for the end of a line.
        self._streams = remember and n_particles == 1 and not plan.fixes_ahead
        self._random = [np.random.default_rng(seed) for seed in seeds]
        self._places_of_lines = [
            [step.index for step in plan.steps if step.is_place and step.line == line]
            for line in range(1, len(plan.form.line_lengths) + 1)
        ]
        self._masks = Masks(plan, loaded.vocabulary, loaded.lines)
        self.seen: dict[int, Seen] = {}

    def write(self, openings: Ints, groups: Bools) -> Iterator[tuple[Rows, Sequence[Step]]]:
        """Write stretch after stretch; after each, the rows (the first of each poem is the chosen one) and its steps.

        Args:
            openings: the indices that stand before each poem (N, T), G the first.
            groups: the rhyme groups that are open to each poem (N, L, G).

        Raises:
            ComposeError: when no line keeps every rule, however often it is begun.
        """
        state = self._read(openings[:, :-1])
        rows = Rows.at_the_beginning(self._plan, groups.copy(), state, openings[:, -1].copy())
        rows = rows.take(np.repeat(np.arange(len(rows)), self._n_particles))
        for stretch in self._stretches():
            rows = self._write_stretch(rows, stretch)
            yield rows, stretch

    def _read(self, openings: Ints) -> State | None:
        """The states of N poems after their openings (N, T); None where these are empty. What they share is read once."""
        state = None
        for column in openings.T:
            n_read = 1 if state is None else state[0].shape[1]
            if n_read == 1 and (column != column[0]).any():
                n_read = len(column)
                state = state and tuple(part.expand(-1, n_read, -1).contiguous() for part in state)
            state = self._loaded.model.read(torch.from_numpy(column[:n_read].copy()).to(self._loaded.device), state)
        return state and tuple(part.expand(-1, len(openings), -1) for part in state)

    def _stretches(self) -> Iterator[Sequence[Step]]:
        steps, fixed = self._plan.steps, self._plan.tokens != FREE
        if self._streams:
            yield from ([step] for step in steps)
            return
        start = 0
        for step in steps:
            if step.mark and step.index >= start:
                stop = step.index + 1
                while stop < len(steps) and fixed[stop]:
                    stop += 1
                yield steps[start:stop]
                start = stop

    def _write_stretch(self, rows: Rows, stretch: Sequence[Step]) -> Rows:
        poems = np.arange(len(self._random))
        written = self._try(rows if self._streams else rows.take(self._rows_of(poems)), poems, stretch)
        for _ in range(MOST_ATTEMPTS):
            dead = np.flatnonzero(~written.alive[:: self._n_particles])
            if not len(dead):
                return written
            if not self._streams:
                written.put(self._rows_of(dead), self._try(rows.take(self._rows_of(dead)), dead, stretch))
        line = stretch[0].line
        raise ComposeError(
            f"No line {line} was found that keeps to all the wishes and is new.", "Compose again, or wish for less."
        )

    def _rows_of(self, poems: Ints) -> Ints:
        """The rows of some poems."""
        return (poems[:, None] * self._n_particles + np.arange(self._n_particles)).ravel()

    def _try(self, rows: Rows, poems: Ints, stretch: Sequence[Step]) -> Rows:
        """The rows of some poems after a stretch, all rows of a poem copies of its likeliest."""
        for step in stretch:
            self._advance(rows, poems, step)
            if self._n_particles > 1 and step is not stretch[-1]:
                rows = self._resampled(rows, poems, stretch)
        if self._n_particles == 1:
            return rows
        score = rows.log_p[:, stretch[0].index : stretch[-1].index + 1].sum(1)
        score[~rows.alive] = -np.inf
        best = score.reshape(-1, self._n_particles).argmax(1) + np.arange(len(poems)) * self._n_particles
        rows = self._taken(rows, np.repeat(best, self._n_particles), stretch)
        rows.log_weight[:] = 0
        return rows

    def _advance(self, rows: Rows, poems: Ints, step: Step) -> None:
        """One step on for every row."""
        x = torch.from_numpy(rows.last).to(self._loaded.device)
        log_p_of_rows, rows.state = self._loaded.model.step_log_p(x, rows.state)  # (R,) -> (R, V)
        log_p: Scores = log_p_of_rows.numpy()
        token, numbers = int(self._plan.tokens[step.index]), np.arange(len(rows))
        is_drawn = step.is_place and token == FREE and step.source is None
        allowed = self._masks.allowed(rows, step) if is_drawn or (self._remember and step.is_place) else None
        if is_drawn and allowed is not None:
            rows.last = self._draw(rows, poems, step, log_p, allowed)
        elif step.source is not None:
            rows.last = rows.tokens[:, step.source].copy()
        elif token != FREE:
            rows.last = np.full(len(rows), token, np.int64)
        else:
            marks = np.array(self._loaded.vocabulary.encode(step.mark))
            rows.last = marks[log_p[:, marks].argmax(1)]
        rows.tokens[:, step.index] = rows.last
        rows.log_p[:, step.index] = log_p[numbers, rows.last]
        if step.is_place and not is_drawn:
            rows.log_weight += rows.log_p[:, step.index]
        elif allowed is not None and self._n_particles > 1:
            rows.log_weight += np.log(np.einsum("rv,rv->r", torch.from_numpy(log_p).exp().numpy(), allowed))
        if step.is_place and step.source is None:
            self._masks.take(rows, step)
        if step.ends_line and not is_drawn:
            rows.alive &= ~self._is_stale(rows, step, numbers)
        if self._remember:
            seen = np.zeros(log_p.shape, np.bool_) if allowed is None else allowed
            seen[numbers, rows.last] = True
            self.seen[step.index] = Seen(log_p, seen)

    def _draw(self, rows: Rows, poems: Ints, step: Step, log_p: Scores, allowed: Bools) -> Ints:
        """A character for each row; `allowed` loses those that would complete a line which is not new."""
        chosen = np.zeros(len(rows), np.int64)
        pending: Ints = np.arange(len(rows))
        while len(pending):
            hopeless = ~allowed.any(1)
            rows.alive[hopeless] = False
            # It is lost, and goes on only because rows go side by side.
            allowed[hopeless, UNKNOWN] = True
            # At first all rows, without a copy.
            some = slice(None) if len(pending) == len(rows) else pending
            chosen[pending] = draw_rows(
                log_p[some], allowed[some], self._temperature, self._top_p, self._uniforms(poems, pending)
            )
            rows.tokens[pending, step.index] = chosen[pending]
            if not step.ends_line and step.position < MIN_PART_CHARS:
                break
            pending = pending[rows.alive[pending] & self._is_stale(rows, step, pending)]
            allowed[pending, chosen[pending]] = False
        return chosen

    def _uniforms(self, poems: Ints, rows: Ints) -> Uniforms:
        """Numbers for rows of `rows`, each poem's from its own generator."""

        def uniforms(which: Ints) -> NDArray[np.float64]:
            if self._n_particles == 1:
                return np.array([self._random[poems[row]].random() for row in rows[which]])
            owners, counts = np.unique(rows[which] // self._n_particles, return_counts=True)
            drawn = [self._random[poems[owner]].random(n) for owner, n in zip(owners, counts, strict=True)]
            return np.concatenate(drawn)

        return uniforms

    def _is_stale(self, rows: Rows, step: Step, numbers: Ints) -> Bools:
        """Whether a training line ends here, the line that these rows write or the last part of it; or one that the poem has."""
        if step.line in self._plan.wished_lines or step.source is not None:
            return np.zeros(len(numbers), np.bool_)
        *others, at = self._places_of_lines[: step.line]
        written = rows.tokens[numbers][:, at[: step.position]]  # (…, characters of the line so far)
        stale = np.zeros(len(numbers), np.bool_)
        if self._loaded.lines is not None:
            if step.position >= MIN_PART_CHARS:
                stale |= self._loaded.lines.ends(self._plan.book.code_points[written])
            else:
                stale |= self._loaded.lines.contains(list(map(self._loaded.vocabulary.decode, written.tolist())))
        for other in others:
            if step.ends_line and len(other) == len(at):
                stale |= (rows.tokens[numbers][:, other] == written).all(1)
        return stale

    def _resampled(self, rows: Rows, poems: Ints, stretch: Sequence[Step]) -> Rows:
        """Rows of little weight replaced by copies of others, in the poems where few rows hold most of the weight."""
        weights = np.where(rows.alive, rows.log_weight, -np.inf).reshape(-1, self._n_particles)  # (N, P)
        chosen = np.arange(len(rows)).reshape(weights.shape)
        for number, own in enumerate(weights):
            if is_uneven(own):
                chosen[number] = number * self._n_particles + resample(own, self._random[poems[number]])
                rows.log_weight[chosen[number]] = 0
        if (chosen.ravel() == np.arange(len(rows))).all():
            return rows
        return self._taken(rows, chosen.ravel(), stretch)

    def _taken(self, rows: Rows, indices: Ints, stretch: Sequence[Step]) -> Rows:
        """Some rows, and what was seen of them in this stretch."""
        for step in stretch:
            if step.index in self.seen:
                self.seen[step.index] = self.seen[step.index].take(indices)
        return rows.take(indices)
