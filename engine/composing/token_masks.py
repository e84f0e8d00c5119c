"""What each row may write at a step: tone, rhyme, and no character again so soon.

Shapes: R rows, S steps, O tone orders, L rhyme labels, G rhyme groups or parts, V vocabulary.
"""

import bisect
import functools
from collections.abc import Hashable
from typing import Protocol

import numpy as np

from engine.composing.constraints.layout import Step
from engine.composing.constraints.plan import FREE, Ints, Plan
from engine.composing.constraints.rhyme import RhymeStep, groups_of_character
from engine.composing.constraints.tone_patterns import tones_of
from engine.composing.particles import Rows
from engine.composing.token_prosody import Bools, Codes, members_of
from engine.corpus.vocabulary import Vocabulary

# Within so many steps no character is written twice: a quatrain of seven has as many, marks counted.
NEARBY_STEPS = 32
_NOBODY: Ints = np.zeros(0, np.int64)


class Doubling(Hashable, Protocol):
    """What is known of the text that a model was trained on."""

    def reduplicates(self, character: str) -> bool:
        """Whether it doubles this character: 青青 and 年年, not 月月."""


class Masks:
    """The rules of a plan as masks over the vocabulary, and what a character that was written leaves open."""

    def __init__(self, plan: Plan, vocabulary: Vocabulary, lines: Doubling | None) -> None:
        self._plan = plan
        self._doubled_in_text = None if lines is None else doubled_in(lines, vocabulary)
        self._places = [step.index for step in plan.steps if step.is_place]

    def allowed(self, rows: Rows, step: Step) -> Bools:
        """What each row may write at a place (R, V); where repetition could not be avoided, only the rules are kept."""
        allowed = self._by_rule(rows, step)
        numbers, tokens = self._nearby(rows, step)
        by_rule = allowed[numbers, tokens]
        doubled, token = self._doubled(rows, step, numbers, tokens)
        doubled_by_rule = allowed[doubled, token]
        allowed[numbers, tokens] = False
        allowed[doubled, token] = doubled_by_rule
        stuck: Bools = np.asarray(~allowed.any(1))
        if stuck.any():
            again = stuck[numbers]
            allowed[numbers[again], tokens[again]] = by_rule[again]
        return allowed

    def take(self, rows: Rows, step: Step) -> None:
        """Close the tone orders and rhyme groups that what the rows have just written at a place rules out."""
        plan = self._plan
        tokens = rows.tokens[:, step.index]
        tones = plan.book.tones[tokens]
        if step.index in plan.fixed:
            character = plan.fixed[step.index].character
            tones = np.full(len(rows), tones_of(character, plan.form.rhyme_system), np.uint8)
        codes = plan.codes[:, step.index]
        # What any order takes, a fixed character of unknown tone may be too.
        suits = (codes[None] & tones[:, None] > 0) | (codes[None] == 3)
        rhyme = plan.rhymes.get(step.index)
        if rhyme is None:
            rows.orders &= suits
            return
        members = self._members(rhyme, step, tokens)
        is_written = step.index not in plan.fixed
        open_groups = self._open_groups(rows, rhyme, is_written=is_written) & members
        can_rhyme = np.any(open_groups, axis=1, keepdims=True)
        rhyming = rows.orders & suits & rhyme.orders & can_rhyme
        other = rows.orders & suits & ~rhyme.orders
        rhymes: Bools = np.asarray(rhyming.any(1))
        rows.orders = np.where(rhymes[:, None], rhyming, other)
        rows.groups[rhymes, rhyme.label] = open_groups[rhymes]

    def _by_rule(self, rows: Rows, step: Step) -> Bools:
        """Tone and rhyme alone."""
        book, rhyme = self._plan.book, self._plan.rhymes.get(step.index)
        codes = self._plan.codes[:, step.index]
        if rhyme is None:
            return book.drawable[_open_codes(rows.orders, codes)]
        allowed = book.drawable[_open_codes(rows.orders & ~rhyme.orders, codes)]
        rhyming = (rows.orders & rhyme.orders).any(1)
        allowed[rhyming] |= self._rhyming(rows, rhyme)[rhyming]
        return allowed

    def _rhyming(self, rows: Rows, rhyme: RhymeStep) -> Bools:
        """The characters (R, V) of each row's open groups that have not rhymed yet, nor will since they are fixed."""
        open_groups = self._open_groups(rows, rhyme)
        allowed = np.stack([members_of(self._plan.book, rhyme.is_level, groups.tobytes()) for groups in open_groups])
        numbers, taken = self._taken_rhymes(rows)
        allowed[numbers, taken] = False
        return allowed

    def _open_groups(self, rows: Rows, rhyme: RhymeStep, *, is_written: bool = False) -> Bools:
        """The groups (R, G) that can fill all places of a rhyme that are left, this one too unless it `is_written`."""
        book = self._plan.book
        numbers, taken = self._taken_rhymes(rows)
        open_groups = rows.groups[:, rhyme.label].copy()
        n_level = rhyme.n_level - (is_written and rhyme.is_level)
        n_oblique = rhyme.n_oblique - (is_written and not rhyme.is_level)
        for members, n_members, n_left in (
            (book.level, book.n_level, n_level),
            (book.oblique, book.n_oblique, n_oblique),
        ):
            if n_left:
                n_free = np.repeat(n_members[None], len(rows), axis=0)  # (R, G)
                np.subtract.at(n_free, numbers, members[:, taken].T.astype(n_free.dtype))
                open_groups &= n_free >= n_left
        return open_groups

    def _taken_rhymes(self, rows: Rows) -> tuple[Ints, Ints]:
        """(row, character) of every rhyme character that is written or fixed."""
        at = sorted(self._plan.rhymes)
        tokens = np.where(rows.tokens[:, at] == FREE, self._plan.tokens[at], rows.tokens[:, at])
        numbers, places = np.nonzero(tokens != FREE)
        return numbers, tokens[numbers, places]

    def _members(self, rhyme: RhymeStep, step: Step, tokens: Ints) -> Bools:
        """The groups (R, G) of what each row wrote."""
        if step.index in self._plan.fixed:
            character = self._plan.fixed[step.index].character
            groups = groups_of_character(character, rhyme.is_level, self._plan.form.rhyme_system)
            return np.repeat(groups[None], len(tokens), axis=0)
        return self._plan.book.rhymes(rhyme.is_level)[:, tokens].T

    def _nearby(self, rows: Rows, step: Step) -> tuple[Ints, Ints]:
        """(row, character) of all that stands nearby, written or fixed."""
        first = bisect.bisect_left(self._places, step.index - NEARBY_STEPS)
        near = self._places[first : bisect.bisect_right(self._places, step.index + NEARBY_STEPS)]
        tokens = np.where(rows.tokens[:, near] == FREE, self._plan.tokens[near], rows.tokens[:, near])
        numbers, places = np.nonzero(tokens != FREE)
        return numbers, tokens[numbers, places]

    def _doubled(self, rows: Rows, step: Step, numbers: Ints, tokens: Ints) -> tuple[Ints, Ints]:
        """(row, character) of the character just written where it may be written again, since poets double it; `numbers` and
        `tokens` say what stands nearby.

        Poets double one word of a line; and what stands further back in the poem would be repeated, not doubled.
        """
        if self._doubled_in_text is None or step.position < 2:
            return _NOBODY, _NOBODY
        line = rows.tokens[:, step.index - step.position + 1 : step.index]
        last = line[:, -1]
        may_double = self._doubled_in_text[last]
        if not may_double.any():
            return _NOBODY, _NOBODY
        n_times = np.bincount(numbers[tokens == last[numbers]], minlength=len(rows))
        has_double = (line[:, 1:] == line[:, :-1]).any(1)
        some = np.flatnonzero(may_double & (n_times == 1) & ~has_double)
        return some, last[some]


@functools.lru_cache(maxsize=4)
def doubled_in(lines: Doubling, vocabulary: Vocabulary) -> Bools:
    """Which indices (V,) stand for characters that the training text doubles."""
    return np.array([lines.reduplicates(vocabulary.character(index)) for index in range(len(vocabulary))], np.bool_)


def _open_codes(orders: Bools, codes: Codes) -> Codes:
    """What the open orders (R, O) take together, of what each takes (O,): bits (R,)."""
    together: Codes = np.bitwise_or.reduce(np.where(orders, codes[None], np.uint8(0)), axis=1)
    return together
