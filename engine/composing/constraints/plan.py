"""What every place of a poem may hold, before anything is drawn: the wishes and a form become a plan. Free of torch.

Shapes: S steps, O tone orders, L rhyme labels, G rhyme groups or parts, V vocabulary.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.composing.constraints.forced_characters import Fixed, fixed_characters
from engine.composing.constraints.layout import Step, lay_out_steps
from engine.composing.constraints.rhyme import RhymeStep, rhyme_steps, shared_groups, wished_group
from engine.composing.constraints.rhyme_choice import settled_groups
from engine.composing.constraints.tone_patterns import fit_orders
from engine.composing.token_prosody import Book, Bools, Codes, read_book
from engine.config import ComposeConfig
from engine.corpus.vocabulary import END, Vocabulary
from engine.errors import ComposeError
from engine.prosody.forms import Form, form_called
from engine.prosody.rhymes import masks_of

Ints = NDArray[np.int64]

FREE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A form with the wishes put in.

    `tokens` (S,): the index of each fixed character, mark and end, `FREE` where the machine writes, repeats, or chooses the
    mark. `codes` (O, S): what each order that the wishes allow takes at a place. `groups` (L, G): the groups that each rhyme
    may be in. `wished_lines`: those, counted from 1, that the wishes give whole. `open_groups` (L, G): the groups that the
    wishes left, where `groups` was settled.
    """

    form: Form
    steps: tuple[Step, ...]
    fixed: Mapping[int, Fixed]
    tokens: Ints
    orders: tuple[str, ...]
    codes: Codes
    rhymes: Mapping[int, RhymeStep]
    groups: Bools
    book: Book
    wished_lines: frozenset[int]
    open_groups: Bools | None = None

    @property
    def group_names(self) -> tuple[str, ...]:
        """The names (G,) of the rhyme groups or parts."""
        return masks_of(self.form.rhyme_system).names

    @property
    def rhyme(self) -> str | None:
        """The group of the first rhyme, where there is but one for it."""
        left = [name for name, is_left in zip(self.group_names, self.groups[0], strict=True) if is_left]
        return left[0] if len(left) == 1 else None

    @property
    def fixes_ahead(self) -> bool:
        """Whether a character is fixed after a place that the machine writes."""
        free = (step.index for step in self.steps if step.is_place and step.source is None)
        first = next((index for index in free if self.tokens[index] == FREE), len(self.steps))
        return any(index > first for index in self.fixed)


def plan_poem(config: ComposeConfig, vocabulary: Vocabulary) -> Plan:
    """The plan of wishes that name a form; a rhyme that they leave open is settled by the seed, where the model reads headers.

    Raises:
        UsageError: for a form or a rhyme that there is not.
        ComposeError: when the wishes contradict each other or the form, saying which do.
    """
    form = form_called(config.form).in_book(config.rhyme_book)
    steps = lay_out_steps(form)
    fixed = fixed_characters(config, form, steps, vocabulary)
    book = read_book(vocabulary, form.rhyme_system)
    wished = wished_group(config.rhyme, form)
    fits = fit_orders(config.tone_order, form, steps, fixed)
    groups, fits = shared_groups(wished, form, fits, steps, fixed, book)
    plan = Plan(
        form,
        steps,
        fixed,
        _tokens(steps, fixed, vocabulary),
        tuple(fit.order.name for fit in fits),
        np.stack([fit.codes for fit in fits]),
        rhyme_steps(form, fits, steps, fixed),
        groups,
        book,
        _wished_lines(steps, fixed),
    )
    return settled(plan, config.seed, config.begin)


def settled(plan: Plan, seed: int, begin: str) -> Plan:
    """The plan of the same wishes for a poem of this seed, which may rhyme in a group of its own; so may one of another beginning."""
    if not plan.rhymes:
        return plan
    left = plan.groups if plan.open_groups is None else plan.open_groups
    groups = settled_groups(left, plan.book, plan.rhymes[min(plan.rhymes)].is_level, seed, begin)
    return dataclasses.replace(plan, groups=groups, open_groups=left)


def _tokens(steps: Sequence[Step], fixed: Mapping[int, Fixed], vocabulary: Vocabulary) -> Ints:
    tokens = np.full(len(steps), FREE, np.int64)
    for step in steps:
        if step.index in fixed:
            (tokens[step.index],) = vocabulary.encode(fixed[step.index].character)
        elif step.is_end:
            tokens[step.index] = END
        elif step.mark:
            for mark in step.mark:
                if mark not in vocabulary:
                    raise ComposeError(f"The model does not know the mark {mark}.", "Compose without a form.")
            if len(step.mark) == 1:
                (tokens[step.index],) = vocabulary.encode(step.mark)
    return tokens


def _wished_lines(steps: Sequence[Step], fixed: Mapping[int, Fixed]) -> frozenset[int]:
    """The lines without a place that the machine writes."""
    written = {step.line for step in steps if step.is_place and step.source is None and step.index not in fixed}
    return frozenset(step.line for step in steps if step.is_place) - written
