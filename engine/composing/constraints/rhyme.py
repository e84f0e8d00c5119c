"""The slots that rhyme, and the rhyme groups that the constraints leave open. Imports no torch.

Shapes: O tone patterns, L rhyme labels, G rhyme groups or parts.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from engine.composing.constraints.forced_characters import ForcedCharacter
from engine.composing.constraints.layout import Slot
from engine.composing.constraints.token_prosody import Bools, TokenProsody, bits_of, group_usage
from engine.composing.constraints.tone_patterns import TonePatternFit
from engine.prosody.forms.definitions import Form, RhymePosition
from engine.prosody.rhymes import group_called, masks_of
from engine.prosody.text import RhymeBook
from engine.system.errors import ComposeError, Message, UsageError
from engine.system.names import shown


def poem_seed(seed: int, constraints: str) -> int:
    """Derive the seed of a poem's random generator from the request's seed and a text of its constraints.

    Without the constraints, poems of the same seed would resemble each other.
    """
    return int.from_bytes(hashlib.blake2b(f"{seed} {constraints}".encode(), digest_size=7).digest(), "big")


@dataclass(frozen=True, slots=True, eq=False)
class RhymeSlot:
    """A slot that rhymes.

    `tone_patterns` (O,): the patterns in which it rhymes. `n_level` and `n_oblique`: the number of slots of this rhyme, from this one
    on, that are sampled in each tone.
    """

    label: int
    is_level: bool
    tone_patterns: Bools
    n_level: int
    n_oblique: int


def rhyme_slots(
    form: Form, fits: Sequence[TonePatternFit], slots: Sequence[Slot], forced: Mapping[int, ForcedCharacter]
) -> Mapping[int, RhymeSlot]:
    """The rhyming slots of tone patterns by slot index, without repeated ones (叠), which rhyme as their source does."""
    ends = {slot.line: slot for slot in slots if slot.ends_line and slot.source is None}
    labels = labels_of(form)
    patterns: dict[int, Bools] = {}
    positions: dict[int, RhymePosition] = {}
    for number, fit in enumerate(fits):
        for position in fit.pattern.rhymes:
            if end := ends.get(position.line + 1):
                positions[end.index] = position
                patterns.setdefault(end.index, np.zeros(len(fits), np.bool_))[number] = True
    found = {}
    for index, position in positions.items():
        left = [
            one for at, one in positions.items() if at >= index and at not in forced and one.label == position.label
        ]
        n_level = sum(one.is_level for one in left)
        found[index] = RhymeSlot(
            labels.index(position.label), position.is_level, patterns[index], n_level, len(left) - n_level
        )
    return found


def labels_of(form: Form) -> list[str]:
    return list(dict.fromkeys(position.label for position in form.tone_patterns[0].rhymes))


def requested_group(name: str | None, form: Form) -> int | None:
    """The index of the requested rhyme group, or part of 词林正韵; None if none is requested.

    Raises:
        ComposeError: when the form cannot rhyme in it.
        UsageError: for an unknown name.
    """
    if not name:
        return None
    names = masks_of(form.rhyme_system).names
    if form.rhyme_system == "cilin":
        return _part_called(name, names)
    if form.rhyme_system == "xinyun":
        return _modern_group_called(name, names)
    group = group_called(name)
    if group.is_level and not form.rhymes_level:
        raise ComposeError(
            "{form} rhymes in an oblique tone, but {group} is of the {tone} tone.",
            "Choose an oblique group, such as 屑.",
            form=form.name,
            group=group.name,
            tone=group.tone,
        )
    if not group.is_level and form.rhymes_level:
        raise ComposeError(
            "{form} rhymes in a level tone, but {group} is of the {tone} tone.",
            "Choose a level group, such as 东.",
            form=form.name,
            group=group.name,
            tone=group.tone,
        )
    return names.index(group.name)


def _modern_group_called(name: str, names: Sequence[str]) -> int:
    """The index of a group of 中华新韵 by its name (八寒) or character (寒)."""
    found = [number for number, own in enumerate(names) if name in (own, own[1:], own[-1])]
    if not found:
        raise UsageError(
            "There is no group of 中华新韵 called {name}.",
            "Its groups are: {names}.",
            name=shown(name),
            names=" ".join(names),
        )
    return found[0]


def _part_called(name: str, names: Sequence[str]) -> int:
    """The index of a part of 词林正韵 by its name (第七部), or by a group of 平水韵 that lies in a single part."""
    if name in names:
        return names.index(name)
    if name.startswith("第"):
        raise UsageError(
            "There is no part called {name}.", "The parts are: {names}.", name=shown(name), names=" ".join(names)
        )
    group = group_called(name)
    masks = masks_of("cilin")
    side = masks.level if group.is_level else masks.oblique
    parts = {side[character] for character in group.characters}
    found = [number for number in range(len(names)) if 1 << number in parts]
    if len(found) != 1:
        names_of_groups = _listed("{first} and {rest}", [names[number] for number in found])
        raise ComposeError(
            "词林正韵 rhymes by parts, and {group} is divided between {told}.",
            "Name one of them.",
            group=group.name,
            told=names_of_groups,
        )
    return found[0]


def shared_groups(
    requested: int | None,
    form: Form,
    fits: Sequence[TonePatternFit],
    slots: Sequence[Slot],
    forced: Mapping[int, ForcedCharacter],
    prosody: TokenProsody,
) -> tuple[Bools, list[TonePatternFit]]:
    """The open groups (L, G) of each rhyme, and the tone patterns in which every rhyme has an open group.

    A requested group constrains the first rhyme.

    Raises:
        ComposeError: when no pattern is left, or a regulated form would rhyme twice with the same forced character.
    """
    left, kept = [], []
    for fit in fits:
        rhymes = rhyme_slots(form, [fit], slots, forced)
        labels = range(len(labels_of(form)))
        groups = np.stack(
            [_groups_left(label, requested, rhymes, forced, prosody, form.rhyme_system) for label in labels]
        )
        if groups.any(1).all():
            left.append(groups)
            kept.append(fit)
    if not kept:
        raise _contradiction(requested, form, rhyme_slots(form, fits[:1], slots, forced), forced, prosody)
    if form.is_regulated:
        _refuse_repeated(rhyme_slots(form, kept[:1], slots, forced), forced, form)
    return np.asarray(np.stack(left).any(0), np.bool_), kept


def _groups_left(
    label: int,
    requested: int | None,
    rhymes: Mapping[int, RhymeSlot],
    forced: Mapping[int, ForcedCharacter],
    prosody: TokenProsody,
    system: RhymeBook,
) -> Bools:
    """The groups (G,) of one rhyme that satisfy the constraints and have enough characters."""
    own = {index: rhyme for index, rhyme in rhymes.items() if rhyme.label == label}
    left = np.ones(len(prosody.level), np.bool_)
    if requested is not None and label == 0:
        left[:] = False
        left[requested] = True
    for index in own.keys() & forced.keys():
        left &= groups_of_character(forced[index].character, own[index].is_level, system)
    if own:
        first = own[min(own)]
        # A forced character may not rhyme a second time.
        taken = len(own.keys() & forced.keys())
        left &= (prosody.n_level >= first.n_level + taken) | (first.n_level == 0)
        left &= (prosody.n_oblique >= first.n_oblique + taken) | (first.n_oblique == 0)
    return left


def groups_of_character(character: str, is_level: bool, system: RhymeBook) -> Bools:
    """The groups (G,) of a forced character in one tone, including the readings added to the rhyme book."""
    masks = masks_of(system)
    return bits_of([(masks.level if is_level else masks.oblique).get(character, 0)], len(masks.names))[:, 0]


def _refuse_repeated(rhymes: Mapping[int, RhymeSlot], forced: Mapping[int, ForcedCharacter], form: Form) -> None:
    seen: dict[str, ForcedCharacter] = {}
    for index in sorted(rhymes.keys() & forced.keys()):
        one = forced[index]
        other = seen.setdefault(one.character, one)
        if other is not one:
            raise ComposeError(
                "{other} rhymes at {position} and again at {position2}, but {form} rhymes with a character once.",
                "Change one of them.",
                other=other.named,
                position=other.position,
                position2=one.position,
                form=form.name,
            )


def _contradiction(
    requested: int | None,
    form: Form,
    rhymes: Mapping[int, RhymeSlot],
    forced: Mapping[int, ForcedCharacter],
    prosody: TokenProsody,
) -> ComposeError:
    names = masks_of(form.rhyme_system).names
    seen: list[tuple[ForcedCharacter, int, Bools]] = []
    for index in sorted(rhymes.keys() & forced.keys()):
        one, label = forced[index], rhymes[index].label
        groups = groups_of_character(one.character, rhymes[index].is_level, form.rhyme_system)
        names_of_groups = _listed("{first} or {rest}", list(compress(names, groups)))
        if label == 0 and requested is not None and not groups[requested]:
            return ComposeError(
                "The rhyme {name} and {one} contradict each other: it rhymes in {told}.",
                "Choose another rhyme, or another character.",
                name=names[requested],
                one=one.named,
                told=names_of_groups or "no group at all",
            )
        for other, other_label, other_groups in seen:
            if other_label == label and not (groups & other_groups).any():
                return ComposeError(
                    "{other} and {one} must rhyme, and they do not.",
                    "Change one of them.",
                    other=other.named,
                    one=one.named,
                )
        seen.append((one, label, groups))
    which = Message("the group {name}", name=names[requested]) if requested is not None else "any group"
    return ComposeError(
        "The model knows too few characters of {which} for the rhymes of {form}.",
        "Choose another rhyme or form.",
        which=which,
        form=form.name,
    )


def _listed(template: str, names: Sequence[str]) -> str:
    """Several names joined in one phrase, such as "第一部 or 第二部"."""
    return Message(template, first=names[0], rest=_listed(template, names[1:])) if len(names) > 1 else "".join(names)


def resolve_groups(groups: Bools, prosody: TokenProsody, is_level: bool, seed: int, request: str) -> Bools:
    """Reduce the open groups (L, G) of the first rhyme to one, sampled by seed and a text of the request.

    The probability of a group is proportional to its usage in the tone of the first rhyme (`is_level`). The groups are returned
    unchanged if fewer than two are open, or if one of them has no control code.
    """
    if groups[0].sum() < 2 or (groups[0] & ~prosody.has_control_code).any():
        return groups
    # The minimum of exponential variables: closing one group leaves the order of the others unchanged.
    rng = np.random.default_rng(poem_seed(seed, f"rhyme {request}"))
    arrivals = rng.exponential(size=groups.shape[1]) / group_usage(prosody, is_level)
    resolved = groups.copy()
    resolved[0] = np.arange(groups.shape[1]) == np.where(groups[0], arrivals, np.inf).argmin()
    return resolved
