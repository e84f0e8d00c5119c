"""The constraint plan: the constraints of form and request on each slot of a poem, computed before decoding. Imports no torch.

Shapes: S slots, O tone patterns, L rhyme labels, G rhyme groups or parts, V vocabulary.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from engine.composing.constraints.forced_characters import ForcedCharacter, forced_characters
from engine.composing.constraints.layout import Slot, lay_out_slots
from engine.composing.constraints.rhyme import RhymeSlot, requested_group, resolve_groups, rhyme_slots, shared_groups
from engine.composing.constraints.token_prosody import Bools, Codes, TokenProsody, token_prosody
from engine.composing.constraints.tone_patterns import fit_tone_patterns
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.keywords import split_keywords
from engine.corpus.tokens.vocabulary import END, UNKNOWN, Vocabulary
from engine.prosody.forms.definitions import Form, form_called
from engine.prosody.rhymes import masks_of
from engine.system.errors import ComposeError

Ints = NDArray[np.int64]

# The token id of a slot whose token is not determined yet.
NO_TOKEN = -1


@dataclass(frozen=True, slots=True, eq=False)
class ConstraintPlan:
    """A form together with the constraints of a request.

    `forced`: the forced characters by slot index. `token_ids` (S,): the token of each forced character, mark and end; `NO_TOKEN`
    where one is sampled, repeated or chosen among marks. `codes` (O, S): the tones, as bits, that each tone pattern takes at a slot.
    `rhymes`: the rhyming slots by slot index. `groups` (L, G): the open groups of each rhyme. `forced_lines`: the lines, counted from
    1, without a sampled character. `unresolved_groups` (L, G): the open groups before `resolve_rhyme`.
    """

    form: Form
    slots: tuple[Slot, ...]
    forced: Mapping[int, ForcedCharacter]
    token_ids: Ints
    tone_patterns: tuple[str, ...]
    codes: Codes
    rhymes: Mapping[int, RhymeSlot]
    groups: Bools
    prosody: TokenProsody
    forced_lines: frozenset[int]
    unresolved_groups: Bools | None = None

    @property
    def rhyme(self) -> str | None:
        """The group of the first rhyme; None unless exactly one is open."""
        names = list(compress(masks_of(self.form.rhyme_system).names, self.groups[0]))
        return names[0] if len(names) == 1 else None

    @property
    def forces_ahead(self) -> bool:
        """Whether a character is forced after a sampled slot."""
        sampled = (slot.index for slot in self.slots if slot.is_character and slot.source is None)
        first = next((index for index in sampled if self.token_ids[index] == NO_TOKEN), len(self.slots))
        return any(index > first for index in self.forced)

    def character_at(self, slot: Slot, token_id: int, vocabulary: Vocabulary) -> str:
        """The character of a token at a slot; for `UNKNOWN` the forced character, which the network reads as `UNKNOWN`."""
        forced = self.forced.get(slot.index if slot.source is None else slot.source)
        return forced.character if token_id == UNKNOWN and forced is not None else vocabulary.character(token_id)

    def text_of(self, token_ids: Sequence[int], vocabulary: Vocabulary) -> str:
        """The text of the tokens of a poem (S,)."""
        return "".join(self.character_at(slot, token_ids[slot.index], vocabulary) for slot in self.slots)


def plan_poem(config: ComposeConfig, vocabulary: Vocabulary) -> ConstraintPlan:
    """The plan of a request that names a form. If the groups have control codes, an open rhyme is resolved by the seed.

    Raises:
        UsageError: for an unknown form or rhyme.
        ComposeError: when constraints contradict each other or the form; it names them.
    """
    form = form_called(config.form).in_book(config.rhyme_book)
    slots = lay_out_slots(form)
    forced = forced_characters(config, form, slots, vocabulary)
    prosody = token_prosody(vocabulary, form.rhyme_system)
    group = requested_group(config.rhyme, form)
    fits = fit_tone_patterns(config.tone_pattern, form, slots, forced)
    groups, fits = shared_groups(group, form, fits, slots, forced, prosody)
    plan = ConstraintPlan(
        form,
        slots,
        forced,
        known_token_ids(slots, forced, vocabulary, "Compose without a form."),
        tuple(fit.pattern.name for fit in fits),
        np.stack([fit.codes for fit in fits]),
        rhyme_slots(form, fits, slots, forced),
        groups,
        prosody,
        forced_lines(slots, forced),
    )
    return resolve_rhyme(plan, config)


def resolve_rhyme(plan: ConstraintPlan, config: ComposeConfig) -> ConstraintPlan:
    """The plan with the first rhyme resolved to one group, sampled by seed, form, begin character, title and keywords."""
    if not plan.rhymes:
        return plan
    open_groups = plan.groups if plan.unresolved_groups is None else plan.unresolved_groups
    is_level = plan.rhymes[min(plan.rhymes)].is_level
    request = "/".join((plan.form.key, config.begin, config.title, *split_keywords(config.keywords)))
    groups = resolve_groups(open_groups, plan.prosody, is_level, config.seed, request)
    return dataclasses.replace(plan, groups=groups, unresolved_groups=open_groups)


def known_token_ids(
    slots: Sequence[Slot], forced: Mapping[int, ForcedCharacter], vocabulary: Vocabulary, hint: str
) -> Ints:
    """The token of each slot (S,) that is determined by the plan, `NO_TOKEN` elsewhere.

    Raises ComposeError, with `hint`, for a mark that is not in the vocabulary.
    """
    token_ids = np.full(len(slots), NO_TOKEN, np.int64)
    for slot in slots:
        if slot.index in forced:
            (token_ids[slot.index],) = vocabulary.encode(forced[slot.index].character)
        elif slot.is_end:
            token_ids[slot.index] = END
        elif slot.mark:
            for mark in slot.mark:
                if mark not in vocabulary:
                    raise ComposeError("The model does not know the mark {mark}.", hint, mark=mark)
            if len(slot.mark) == 1:
                (token_ids[slot.index],) = vocabulary.encode(slot.mark)
    return token_ids


def forced_lines(slots: Sequence[Slot], forced: Mapping[int, ForcedCharacter]) -> frozenset[int]:
    """The numbers of the lines without a sampled character."""
    sampled = {slot.line for slot in slots if slot.is_character and slot.source is None and slot.index not in forced}
    return frozenset(slot.line for slot in slots if slot.is_character) - sampled
