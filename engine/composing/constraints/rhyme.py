"""Which places rhyme, and the groups that the wishes leave them. Free of torch.

Shapes: O tone orders, L rhyme labels, G rhyme groups or parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.composing.constraints.forced_characters import Fixed
from engine.composing.constraints.layout import Step
from engine.composing.constraints.tone_patterns import OrderFit
from engine.composing.token_prosody import Book, Bools, bits_of
from engine.errors import ComposeError, UsageError
from engine.prosody.forms import Form, RhymePosition
from engine.prosody.rhymes import RhymeSystem, group_called, masks_of
from engine.system.safe_text import shown


@dataclass(frozen=True, slots=True, eq=False)
class RhymeStep:
    """A step that rhymes. `orders` (O,): in which of the orders. `n_level` and `n_oblique`: how many places of this rhyme the
    machine still has to fill in each tone, this one included.
    """

    label: int
    is_level: bool
    orders: Bools
    n_level: int
    n_oblique: int


def rhyme_steps(
    form: Form, fits: Sequence[OrderFit], steps: Sequence[Step], fixed: Mapping[int, Fixed]
) -> Mapping[int, RhymeStep]:
    """The rhyming steps of some orders by their index; those that 叠 repeats are left out, since they rhyme by themselves."""
    ends = {step.line: step for step in steps if step.ends_line and step.source is None}
    labels = labels_of(form)
    orders: dict[int, Bools] = {}
    places: dict[int, RhymePosition] = {}
    for number, fit in enumerate(fits):
        for place in fit.order.rhymes:
            if end := ends.get(place.line + 1):
                places[end.index] = place
                orders.setdefault(end.index, np.zeros(len(fits), np.bool_))[number] = True
    found = {}
    for index, place in places.items():
        left = [one for at, one in places.items() if at >= index and at not in fixed and one.label == place.label]
        n_level = sum(one.is_level for one in left)
        found[index] = RhymeStep(labels.index(place.label), place.is_level, orders[index], n_level, len(left) - n_level)
    return found


def labels_of(form: Form) -> list[str]:
    return list(dict.fromkeys(place.label for place in form.tone_patterns[0].rhymes))


def wished_group(name: str | None, form: Form) -> int | None:
    """The number (0 for the first) of the group, or of a tune's part, that is called so.

    Raises:
        ComposeError: when the form cannot rhyme in it.
        UsageError: when there is none.
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
            f"{form.name} rhymes in an oblique tone, but {group.name} is of the {group.tone} tone.",
            "Choose an oblique group, such as 屑.",
        )
    if not group.is_level and form.rhymes_level:
        raise ComposeError(
            f"{form.name} rhymes in a level tone, but {group.name} is of the {group.tone} tone.",
            "Choose a level group, such as 东.",
        )
    return names.index(group.name)


def _modern_group_called(name: str, names: Sequence[str]) -> int:
    """八寒, or 寒."""
    found = [number for number, own in enumerate(names) if name in (own, own[1:], own[-1])]
    if not found:
        raise UsageError(f"There is no group of 中华新韵 called {shown(name)}.", f"Its groups are: {' '.join(names)}.")
    return found[0]


def _part_called(name: str, names: Sequence[str]) -> int:
    """第七部, or the group of the rhyme book that belongs to one part alone."""
    if name in names:
        return names.index(name)
    if name.startswith("第"):
        raise UsageError(f"There is no part called {shown(name)}.", f"The parts are: {' '.join(names)}.")
    group = group_called(name)
    masks = masks_of("cilin")
    side = masks.level if group.is_level else masks.oblique
    parts = {side[character] for character in group.characters}
    found = [number for number in range(len(names)) if 1 << number in parts]
    if len(found) != 1:
        told = " and ".join(names[number] for number in found)
        raise ComposeError(
            f"词林正韵 rhymes by parts, and {group.name} is divided between {told}.", "Name one of them."
        )
    return found[0]


def shared_groups(
    wished: int | None,
    form: Form,
    fits: Sequence[OrderFit],
    steps: Sequence[Step],
    fixed: Mapping[int, Fixed],
    book: Book,
) -> tuple[Bools, list[OrderFit]]:
    """(the groups (L, G) that are left for each rhyme, the orders whose rhymes can be made).

    A wished group is that of the first rhyme.

    Raises:
        ComposeError: when there is no such order.
    """
    left, kept = [], []
    for fit in fits:
        rhymes = rhyme_steps(form, [fit], steps, fixed)
        labels = range(len(labels_of(form)))
        groups = np.stack([_groups_left(label, wished, rhymes, fixed, book, form.rhyme_system) for label in labels])
        if groups.any(1).all():
            left.append(groups)
            kept.append(fit)
    if not kept:
        raise _contradiction(wished, form, rhyme_steps(form, fits[:1], steps, fixed), fixed, book)
    if form.is_regulated:
        _refuse_repeated(rhyme_steps(form, kept[:1], steps, fixed), fixed, form)
    return np.asarray(np.stack(left).any(0), np.bool_), kept


def _groups_left(
    label: int,
    wished: int | None,
    rhymes: Mapping[int, RhymeStep],
    fixed: Mapping[int, Fixed],
    book: Book,
    system: RhymeSystem,
) -> Bools:
    """The groups (G,) of one rhyme that suit the wishes and have characters enough."""
    own = {index: rhyme for index, rhyme in rhymes.items() if rhyme.label == label}
    left = np.ones(len(book.level), np.bool_)
    if wished is not None and label == 0:
        left[:] = False
        left[wished] = True
    for index in own.keys() & fixed.keys():
        left &= groups_of_character(fixed[index].character, own[index].is_level, system)
    if own:
        first = own[min(own)]
        # A fixed character cannot rhyme a second time.
        taken = len(own.keys() & fixed.keys())
        left &= (book.n_level >= first.n_level + taken) | (first.n_level == 0)
        left &= (book.n_oblique >= first.n_oblique + taken) | (first.n_oblique == 0)
    return left


def groups_of_character(character: str, is_level: bool, system: RhymeSystem) -> Bools:
    """The groups (G,) of a fixed character in one tone, those that we added to the book included."""
    masks = masks_of(system)
    return bits_of((masks.level if is_level else masks.oblique).get(character, 0), len(masks.names))


def _refuse_repeated(rhymes: Mapping[int, RhymeStep], fixed: Mapping[int, Fixed], form: Form) -> None:
    seen: dict[str, Fixed] = {}
    for index in sorted(rhymes.keys() & fixed.keys()):
        one = fixed[index]
        other = seen.setdefault(one.character, one)
        if other is not one:
            raise ComposeError(
                f"{other} rhymes at {other.place} and again at {one.place}, but {form.name} rhymes with a character once.",
                "Change one of them.",
            )


def _contradiction(
    wished: int | None, form: Form, rhymes: Mapping[int, RhymeStep], fixed: Mapping[int, Fixed], book: Book
) -> ComposeError:
    names = masks_of(form.rhyme_system).names
    seen: list[tuple[Fixed, int, Bools]] = []
    for index in sorted(rhymes.keys() & fixed.keys()):
        one, label = fixed[index], rhymes[index].label
        groups = groups_of_character(one.character, rhymes[index].is_level, form.rhyme_system)
        told = " or ".join(name for name, is_own in zip(names, groups, strict=True) if is_own)
        if label == 0 and wished is not None and not groups[wished]:
            return ComposeError(
                f"The rhyme {names[wished]} and {one} contradict each other: it rhymes in {told or 'no group at all'}.",
                "Choose another rhyme, or another character.",
            )
        for other, other_label, other_groups in seen:
            if other_label == label and not (groups & other_groups).any():
                return ComposeError(f"{other} and {one} must rhyme, and they do not.", "Change one of them.")
        seen.append((one, label, groups))
    which = f"the group {names[wished]}" if wished is not None else "any group"
    return ComposeError(
        f"The model knows too few characters of {which} for the rhymes of {form.name}.", "Choose another rhyme or form."
    )
