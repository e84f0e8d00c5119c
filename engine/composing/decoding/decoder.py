"""The constrained decoder: many poems in one batch, a segment at a time, by particle filtering.

A poem has one particle, or several that sample continuations in parallel. The weight of a particle is the product of the probability
masses that the constraints allow and the probabilities of forced characters; particles of low weight are resampled.
After the last character of a segment the likeliest particle is kept. A segment is a line with the characters forced at
the beginning of the next line, so that the kept line leads up to them. When a poem is streamed and nothing is forced ahead, a segment
is a single slot.

Shapes: N poems, P particles of each, R = N · P rows, S slots, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.constraints.layout import Slot
from engine.composing.constraints.plan import NO_TOKEN, ConstraintPlan, Ints
from engine.composing.constraints.token_prosody import Bools
from engine.composing.decoding.particles import Floats, Particles, are_degenerate, resample
from engine.composing.decoding.sampling import LogProbs, Uniforms, log_allowed_mass, sample_top_p
from engine.composing.decoding.token_masks import TokenMasks
from engine.corpus.novelty.line_index import MIN_PART_CHARS
from engine.corpus.tokens.vocabulary import UNKNOWN
from engine.corpus.usage import TAILED_LENGTHS, line_tails, rare_ends
from engine.model.checkpoint import LoadedModel
from engine.model.layers import State
from engine.system.errors import ComposeError

# Maximum retries for a segment when no particle satisfies all constraints.
MAX_SEGMENT_RETRIES = 12
# Penalty of a line-final character that poets rarely write there after the character before it; penalty of either of the last two
# characters if the last three rarely end a line.
RARE_END_NATS, RARE_TAIL_NATS = np.float32(3), np.float32(3)


@dataclass(frozen=True, slots=True, eq=False)
class StepTrace:
    """The distributions at one slot: ln p (R, V), and the characters that the constraints allow (R, V)."""

    log_probs: LogProbs
    allowed: Bools

    def gather(self, rows: Ints) -> "StepTrace":
        return StepTrace(self.log_probs[rows], self.allowed[rows])


class Guide(Protocol):
    """A bias on the model's distribution that prefers some characters; it forbids and forces none."""

    def steered(self, log_probs: LogProbs, particles: Particles, poems: Ints, slot: Slot) -> LogProbs:
        """ln p (R, V) with a bias at a slot, not normalised; `poems`: the poem of each row (R,)."""

    def worth(self, particles: Particles, poems: Ints) -> Floats:
        """Nats added to ln p of each row (R,) when the likeliest particle of a segment is chosen."""


class ConstrainedDecoder:
    """Decodes `len(seeds)` poems of one plan. Each poem has its own random generator, so that it is independent of the others.

    With `keep_trace`, `trace` maps slot indices to the distributions of the last segment.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        plan: ConstraintPlan,
        seeds: Sequence[int],
        n_particles: int,
        temperature: float,
        top_p: float,
        *,
        guides: Sequence[Guide] = (),
        keep_trace: bool = False,
    ) -> None:
        self._guides = guides
        self._loaded, self._plan, self._n_particles = loaded, plan, n_particles
        self._temperature, self._top_p, self._keep_trace = temperature, top_p, keep_trace
        # One slot per segment: each token is final at once if there is one particle and nothing is forced ahead.
        self._streams = keep_trace and n_particles == 1 and not plan.forces_ahead
        self._rngs = [np.random.default_rng(seed) for seed in seeds]
        self._line_positions = [
            [slot.index for slot in plan.slots if slot.is_character and slot.line == line]
            for line in range(1, len(plan.form.line_lengths) + 1)
        ]
        self._masks = TokenMasks(plan, loaded.vocabulary, loaded.lines)
        self.trace: dict[int, StepTrace] = {}
        # The poems (N,) that failed: no line satisfied all constraints.
        self.failed: Bools = np.zeros(len(seeds), np.bool_)

    def decode(self, prompts: Ints, groups: Bools) -> Iterator[tuple[Particles, Sequence[Slot]]]:
        """Read the prompts, then decode one segment per iteration.

        Yields the particles (all particles of a poem are copies of the kept one) and the segment's slots. The particles of a poem in
        `failed` hold no valid poem.

        Args:
            prompts: the tokens before each poem (N, T), BEGIN first.
            groups: the open rhyme groups of each poem (N, L, G).

        Raises:
            ComposeError: when all poems have failed: no line satisfies all constraints within `MAX_SEGMENT_RETRIES`.
        """
        state = self._read(prompts[:, :-1])
        particles = Particles.initial(self._plan, groups.copy(), state, prompts[:, -1].copy())
        return self._decode_segments(particles.gather(np.repeat(np.arange(len(particles)), self._n_particles)))

    def _decode_segments(self, particles: Particles) -> Iterator[tuple[Particles, Sequence[Slot]]]:
        for segment in self._segments():
            particles = self._decode_segment(particles, segment)
            yield particles, segment

    def _read(self, prompts: Ints) -> State | None:
        """The states of N poems after their prompts (N, T); None for empty prompts. A common prefix is read once."""
        state = None
        for column in prompts.T:
            n_read = 1 if state is None else state[0].shape[1]
            if n_read == 1 and (column != column[0]).any():
                n_read = len(column)
                state = state and tuple(part.expand(-1, n_read, -1).contiguous() for part in state)
            x = torch.from_numpy(column[:n_read, None].copy()).to(self._loaded.device)  # (N or 1, 1)
            state = self._loaded.model.read(x, state)[1]
        return state and tuple(part.expand(-1, len(prompts), -1) for part in state)

    @property
    def n_segments(self) -> int:
        return sum(1 for _ in self._segments())

    def _segments(self) -> Iterator[Sequence[Slot]]:
        slots, is_known = self._plan.slots, self._plan.token_ids != NO_TOKEN
        if self._streams:
            yield from ([slot] for slot in slots)
            return
        start = 0
        for slot in slots:
            if slot.mark and slot.index >= start:
                stop = slot.index + 1
                while stop < len(slots) and is_known[stop]:
                    stop += 1
                yield slots[start:stop]
                start = stop

    def _decode_segment(self, particles: Particles, segment: Sequence[Slot]) -> Particles:
        poems = np.arange(len(self._rngs))
        before = particles if self._streams else particles.gather(self._rows_of(poems))
        after = self._try_segment(before, poems, segment)
        n_retries = 0 if self._streams else MAX_SEGMENT_RETRIES
        while len(dead := np.flatnonzero(~after.alive[:: self._n_particles] & ~self.failed)) and n_retries > 0:
            rows = self._rows_of(dead)
            after.scatter(rows, self._try_segment(particles.gather(rows), dead, segment))
            n_retries -= 1
        self.failed[dead] = True
        if self.failed.all():
            raise ComposeError(
                "No line {number} was found that satisfies all constraints and is new.",
                "Compose again, or with fewer constraints.",
                number=segment[0].line,
            )
        return after

    def _rows_of(self, poems: Ints) -> Ints:
        """The rows of some poems."""
        return (poems[:, None] * self._n_particles + np.arange(self._n_particles)).ravel()

    def _try_segment(self, particles: Particles, poems: Ints, segment: Sequence[Slot]) -> Particles:
        """The rows of some poems after one attempt at a segment; all particles of a poem are copies of its likeliest."""
        last = max((slot.index for slot in segment if slot.is_character), default=-1)
        for slot in segment:
            self._step(particles, poems, slot, are_copies=slot is segment[0] or slot.index > last)
            if self._n_particles > 1 and slot.index < last:
                particles = self._resampled(particles, poems, segment)
            elif self._n_particles > 1 and slot.index == last:
                particles = self._likeliest(particles, poems, segment)
        return particles

    def _likeliest(self, particles: Particles, poems: Ints, segment: Sequence[Slot]) -> Particles:
        """The rows, with all particles of a poem replaced by its likeliest."""
        score = particles.log_probs[:, segment[0].index : segment[-1].index + 1].sum(1) - particles.penalties
        for guide in self._guides:
            score += guide.worth(particles, np.repeat(poems, self._n_particles))
        score[~particles.alive] = -np.inf
        best = score.reshape(-1, self._n_particles).argmax(1) + np.arange(len(poems)) * self._n_particles
        particles = self._gathered(particles, np.repeat(best, self._n_particles), segment)
        particles.log_weights[:] = particles.penalties[:] = 0
        return particles

    def _step(self, particles: Particles, poems: Ints, slot: Slot, *, are_copies: bool) -> None:
        """Advance every row by one token. If the particles of a poem `are_copies`, the network reads one of them."""
        n_copies = self._n_particles if are_copies else 1
        x = torch.from_numpy(particles.last[::n_copies].copy()).to(self._loaded.device)
        before = particles.state and tuple(part[:, ::n_copies] for part in particles.state)
        log_probs_of_rows, state = self._loaded.model.step_log_probs(x, before)  # (R,) -> (R, V)
        particles.state = state if n_copies == 1 else tuple(part.repeat_interleave(n_copies, 1) for part in state)
        log_probs: LogProbs = log_probs_of_rows.numpy()
        if n_copies > 1:
            log_probs = log_probs.repeat(n_copies, axis=0)
        known, rows = int(self._plan.token_ids[slot.index]), np.arange(len(particles))
        is_sampled = slot.is_character and known == NO_TOKEN and slot.source is None
        needs_mask = is_sampled or (self._keep_trace and slot.is_character)
        allowed = self._masks.allowed(particles, slot) if needs_mask else None
        preferred = log_probs
        if is_sampled and allowed is not None:
            preferred = attested = self._attested(log_probs, particles, slot)
            for guide in self._guides:
                preferred = guide.steered(preferred, particles, np.repeat(poems, self._n_particles), slot)
            particles.last = self._sample(particles, poems, slot, preferred, allowed)
            particles.penalties += log_probs[rows, particles.last] - attested[rows, particles.last]
        elif slot.source is not None:
            particles.last = particles.token_ids[:, slot.source].copy()
        elif known != NO_TOKEN:
            particles.last = np.full(len(particles), known, np.int64)
        else:
            marks = np.array(self._loaded.vocabulary.encode(slot.mark))
            particles.last = marks[log_probs[:, marks].argmax(1)]
        particles.token_ids[:, slot.index] = particles.last
        particles.log_probs[:, slot.index] = log_probs[rows, particles.last]
        if slot.is_character and not is_sampled:
            particles.log_weights += particles.log_probs[:, slot.index]
        elif allowed is not None and self._n_particles > 1:
            particles.log_weights += log_allowed_mass(preferred, allowed)
        if slot.is_character and slot.source is None:
            self._masks.update(particles, slot)
        if slot.ends_line and not is_sampled:
            particles.alive &= ~self._repeats_known_line(particles, slot, rows)
        if self._keep_trace:
            shown = np.zeros(log_probs.shape, np.bool_) if allowed is None else allowed
            shown[rows, particles.last] = True
            self.trace[slot.index] = StepTrace(log_probs, shown)

    def _attested(self, log_probs: LogProbs, particles: Particles, slot: Slot) -> LogProbs:
        """ln p (R, V) less the penalties of line ends that poets rarely write, not normalised.

        The penalty of the last character but one considers only the last characters that tones and rhyme allow.
        """
        length = self._plan.form.line_lengths[slot.line - 1]
        if slot.position < max(2, length - 1):
            return log_probs
        attested = log_probs.copy()
        if slot.ends_line:
            attested -= RARE_END_NATS * rare_ends(self._loaded.vocabulary, particles.last)
        if length in TAILED_LENGTHS:
            tails = line_tails(self._loaded.vocabulary)
            if slot.ends_line:
                rare = tails.rare_last(particles.token_ids[:, slot.index - 2], particles.last)
            else:
                rare = tails.rare_second(
                    particles.last, self._may_end_line(particles, self._plan.slots[slot.index + 1])
                )
            attested -= RARE_TAIL_NATS * rare
        return attested

    def _may_end_line(self, particles: Particles, end: Slot) -> Bools:
        """The characters (R, V) allowed at the end of a line, given those before the last but one."""
        known = int(self._plan.token_ids[end.index])
        if known == NO_TOKEN:
            return self._masks.allowed(particles, end)
        allowed = np.zeros((len(particles), len(self._loaded.vocabulary)), np.bool_)
        allowed[:, known] = True
        return allowed

    def _sample(self, particles: Particles, poems: Ints, slot: Slot, log_probs: LogProbs, allowed: Bools) -> Ints:
        """Sample a character for each row. A character that completes a known line is removed from `allowed` and sampled again."""
        chosen = np.zeros(len(particles), np.int64)
        pending: Ints = np.arange(len(particles))
        while len(pending):
            hopeless = ~allowed.any(1)
            particles.alive[hopeless] = False
            # A dead row continues with UNKNOWN, because the rows are decoded in one batch.
            allowed[hopeless, UNKNOWN] = True
            # A slice for all rows avoids a copy.
            rows = slice(None) if len(pending) == len(particles) else pending
            chosen[pending] = sample_top_p(
                log_probs[rows], allowed[rows], self._temperature, self._top_p, self._uniforms(poems, pending)
            )
            particles.token_ids[pending, slot.index] = chosen[pending]
            if not slot.ends_line and slot.position < MIN_PART_CHARS:
                break
            pending = pending[particles.alive[pending] & self._repeats_known_line(particles, slot, pending)]
            allowed[pending, chosen[pending]] = False
        return chosen

    def _uniforms(self, poems: Ints, rows: Ints) -> Uniforms:
        """A function that returns random numbers for some of `rows`, from the generator of each poem."""

        def uniforms(which: Ints) -> NDArray[np.float64]:
            if self._n_particles == 1:
                return np.array([self._rngs[poems[row]].random() for row in rows[which]])
            owners, counts = np.unique(rows[which] // self._n_particles, return_counts=True)
            sampled = [self._rngs[poems[owner]].random(n) for owner, n in zip(owners, counts, strict=True)]
            return np.concatenate(sampled)

        return uniforms

    def _repeats_known_line(self, particles: Particles, slot: Slot, rows: Ints) -> Bools:
        """Whether a line of the training text, or a repeat of an earlier line of the poem, ends at this slot of each row."""
        if slot.line in self._plan.forced_lines or slot.source is not None:
            return np.zeros(len(rows), np.bool_)
        *others, at = self._line_positions[: slot.line]
        line = particles.token_ids[rows][:, at[: slot.position]]  # (…, characters of the line so far)
        repeats = np.zeros(len(rows), np.bool_)
        if self._loaded.lines is not None:
            if slot.position >= MIN_PART_CHARS:
                repeats |= self._loaded.lines.ends(self._plan.prosody.code_points[line])
            else:
                repeats |= self._loaded.lines.contains(list(map(self._loaded.vocabulary.decode, line.tolist())))
        for other in others:
            if slot.ends_line and len(other) == len(at):
                repeats |= (particles.token_ids[rows][:, other] == line).all(1)
        return repeats

    def _resampled(self, particles: Particles, poems: Ints, segment: Sequence[Slot]) -> Particles:
        """The rows after resampling the poems whose weights are degenerate."""
        weights = np.where(particles.alive, particles.log_weights, -np.inf).reshape(-1, self._n_particles)  # (N, P)
        chosen = np.arange(len(particles)).reshape(weights.shape)
        for number in np.flatnonzero(are_degenerate(weights)):
            chosen[number] = number * self._n_particles + resample(weights[number], self._rngs[poems[number]])
            particles.log_weights[chosen[number]] = 0
        if (chosen.ravel() == np.arange(len(particles))).all():
            return particles
        return self._gathered(particles, chosen.ravel(), segment)

    def _gathered(self, particles: Particles, rows: Ints, segment: Sequence[Slot]) -> Particles:
        """Gather rows, and their traces in this segment."""
        for slot in segment:
            if slot.index in self.trace:
                self.trace[slot.index] = self.trace[slot.index].gather(rows)
        return particles.gather(rows)
