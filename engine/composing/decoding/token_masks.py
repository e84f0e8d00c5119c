"""Masks over the vocabulary: the characters allowed for each row at a slot by tone, rhyme and repetition.

Shapes: R rows, S slots, O tone patterns, L rhyme labels, G rhyme groups or parts, V vocabulary.
"""

import bisect
import functools

import numpy as np

from engine.composing.constraints.layout import Slot
from engine.composing.constraints.plan import NO_TOKEN, ConstraintPlan, Ints
from engine.composing.constraints.rhyme import RhymeSlot, groups_of_character
from engine.composing.constraints.token_prosody import EITHER_BITS, Bools, Codes, group_members
from engine.composing.constraints.tone_patterns import tones_of
from engine.composing.decoding.particles import Particles
from engine.corpus.novelty.training_lines import TrainingLines
from engine.corpus.tokens.vocabulary import Vocabulary

# A character is not repeated within this distance in slots: the length of a 七绝, marks included.
NO_REPEAT_SLOTS = 32
_NONE: Ints = np.zeros(0, np.int64)


class TokenMasks:
    """The constraints of a plan as masks over the vocabulary, and their update after each character."""

    def __init__(self, plan: ConstraintPlan, vocabulary: Vocabulary, lines: TrainingLines | None) -> None:
        self._plan = plan
        self._may_double = None if lines is None else reduplicable(lines, vocabulary)
        self._character_slots = [slot.index for slot in plan.slots if slot.is_character]

    def allowed(self, particles: Particles, slot: Slot) -> Bools:
        """The characters allowed for each row at a slot (R, V). Repetition is allowed if no other character is left."""
        allowed = self._by_tone_and_rhyme(particles, slot)
        rows, nearby = self._nearby(particles, slot)
        allowed_nearby = allowed[rows, nearby]
        doubling_rows, doubled = self._doublings(particles, slot, rows, nearby)
        allowed_doubled = allowed[doubling_rows, doubled]
        allowed[rows, nearby] = False
        allowed[doubling_rows, doubled] = allowed_doubled
        stuck: Bools = np.asarray(~allowed.any(1))
        if stuck.any():
            of_stuck = stuck[rows]
            allowed[rows[of_stuck], nearby[of_stuck]] = allowed_nearby[of_stuck]
        return allowed

    def update(self, particles: Particles, slot: Slot) -> None:
        """Close the tone patterns and rhyme groups that the character just written at a slot excludes."""
        plan = self._plan
        token_ids = particles.token_ids[:, slot.index]
        tones = plan.prosody.tones[token_ids]
        if slot.index in plan.forced:
            character = plan.forced[slot.index].character
            tones = np.full(len(particles), tones_of(character, plan.form.rhyme_system), np.uint8)
        codes = plan.codes[:, slot.index]
        # A forced character of unknown tone fits a slot that takes either tone.
        suits = (codes[None] & tones[:, None] > 0) | (codes[None] == EITHER_BITS)
        rhyme = plan.rhymes.get(slot.index)
        if rhyme is None:
            particles.tone_patterns &= suits
            return
        is_written = slot.index not in plan.forced
        open_groups = self._open_groups(particles, rhyme, is_written=is_written)
        open_groups &= self._groups_of(rhyme, slot, token_ids)
        can_rhyme = np.any(open_groups, axis=1, keepdims=True)
        rhyming = particles.tone_patterns & suits & rhyme.tone_patterns & can_rhyme
        other = particles.tone_patterns & suits & ~rhyme.tone_patterns
        rhymes: Bools = np.asarray(rhyming.any(1))
        particles.tone_patterns = np.where(rhymes[:, None], rhyming, other)
        particles.groups[rhymes, rhyme.label] = open_groups[rhymes]

    def _by_tone_and_rhyme(self, particles: Particles, slot: Slot) -> Bools:
        """The characters (R, V) by tone and rhyme alone."""
        prosody, rhyme = self._plan.prosody, self._plan.rhymes.get(slot.index)
        codes = self._plan.codes[:, slot.index]
        if rhyme is None:
            return prosody.fitting[_open_codes(particles.tone_patterns, codes)]
        allowed = prosody.fitting[_open_codes(particles.tone_patterns & ~rhyme.tone_patterns, codes)]
        rhyming = (particles.tone_patterns & rhyme.tone_patterns).any(1)
        allowed[rhyming] |= self._rhyming(particles, rhyme)[rhyming]
        return allowed

    def _rhyming(self, particles: Particles, rhyme: RhymeSlot) -> Bools:
        """The characters (R, V) of each row's open groups, without the rhyme characters already used in the poem."""
        open_groups = self._open_groups(particles, rhyme)
        prosody = self._plan.prosody
        allowed = np.stack([group_members(prosody, rhyme.is_level, groups.tobytes()) for groups in open_groups])
        rows, taken = self._taken_rhymes(particles)
        allowed[rows, taken] = False
        return allowed

    def _open_groups(self, particles: Particles, rhyme: RhymeSlot, *, is_written: bool = False) -> Bools:
        """The groups (R, G) with enough unused characters for the remaining slots of a rhyme.

        The current slot is one of them unless its character `is_written`.
        """
        prosody = self._plan.prosody
        rows, taken = self._taken_rhymes(particles)
        open_groups = particles.groups[:, rhyme.label].copy()
        n_level = rhyme.n_level - (is_written and rhyme.is_level)
        n_oblique = rhyme.n_oblique - (is_written and not rhyme.is_level)
        for members, n_members, n_left in (
            (prosody.level, prosody.n_level, n_level),
            (prosody.oblique, prosody.n_oblique, n_oblique),
        ):
            if n_left:
                n_free = np.repeat(n_members[None], len(particles), axis=0)  # (R, G)
                np.subtract.at(n_free, rows, members[:, taken].T.astype(n_free.dtype))
                open_groups &= n_free >= n_left
        return open_groups

    def _taken_rhymes(self, particles: Particles) -> tuple[Ints, Ints]:
        """(row, character) of every rhyme character written or forced."""
        return self._known_at(particles, sorted(self._plan.rhymes))

    def _groups_of(self, rhyme: RhymeSlot, slot: Slot, token_ids: Ints) -> Bools:
        """The groups (R, G) of each row's character at a slot."""
        if slot.index in self._plan.forced:
            character = self._plan.forced[slot.index].character
            groups = groups_of_character(character, rhyme.is_level, self._plan.form.rhyme_system)
            return np.repeat(groups[None], len(token_ids), axis=0)
        return self._plan.prosody.rhymes(rhyme.is_level)[:, token_ids].T

    def _nearby(self, particles: Particles, slot: Slot) -> tuple[Ints, Ints]:
        """(row, character) of every character within `NO_REPEAT_SLOTS`, written or forced."""
        first = bisect.bisect_left(self._character_slots, slot.index - NO_REPEAT_SLOTS)
        stop = bisect.bisect_right(self._character_slots, slot.index + NO_REPEAT_SLOTS)
        return self._known_at(particles, self._character_slots[first:stop])

    def _known_at(self, particles: Particles, at: list[int]) -> tuple[Ints, Ints]:
        """(row, character) at those of some slots that are written or forced."""
        token_ids = particles.token_ids[:, at]
        token_ids = np.where(token_ids == NO_TOKEN, self._plan.token_ids[at], token_ids)
        rows, columns = np.nonzero(token_ids != NO_TOKEN)
        return rows, token_ids[rows, columns]

    def _doublings(self, particles: Particles, slot: Slot, rows: Ints, nearby: Ints) -> tuple[Ints, Ints]:
        """(row, character) where the character just written may be doubled (reduplication).

        Allowed once a line, for characters that the training text doubles and that occur nowhere else in `nearby`.
        """
        if self._may_double is None or slot.position < 2:
            return _NONE, _NONE
        line = particles.token_ids[:, slot.index - slot.position + 1 : slot.index]
        last = line[:, -1]
        may_double = self._may_double[last]
        if not may_double.any():
            return _NONE, _NONE
        n_times = np.bincount(rows[nearby == last[rows]], minlength=len(particles))
        has_double = (line[:, 1:] == line[:, :-1]).any(1)
        doubling_rows = np.flatnonzero(may_double & (n_times == 1) & ~has_double)
        return doubling_rows, last[doubling_rows]


@functools.lru_cache(maxsize=4)
def reduplicable(lines: TrainingLines, vocabulary: Vocabulary) -> Bools:
    """The tokens (V,) that are characters doubled in the training text."""
    return np.array([lines.reduplicates(vocabulary.character(index)) for index in range(len(vocabulary))], np.bool_)


def _open_codes(tone_patterns: Bools, codes: Codes) -> Codes:
    """The union (R,), as bits, of the tones (O,) that the open tone patterns (R, O) take."""
    together: Codes = np.bitwise_or.reduce(np.where(tone_patterns, codes[None], np.uint8(0)), axis=1)
    return together
