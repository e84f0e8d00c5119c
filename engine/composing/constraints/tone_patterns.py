"""Which tone orders of a form take the fixed characters, and with which rescues. Free of torch.

Shapes: S steps.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.composing.constraints.forced_characters import Fixed
from engine.composing.constraints.layout import Step
from engine.composing.token_prosody import EITHER_BITS, LEVEL_BIT, OBLIQUE_BIT, Codes
from engine.errors import ComposeError
from engine.prosody.forms import Form, Segment, SegmentOption, TonePattern
from engine.prosody.rhymes import RhymeSystem
from engine.prosody.tones import reading_of
from engine.system.safe_text import shown

CODE_OF = {"平": LEVEL_BIT, "仄": OBLIQUE_BIT, "中": EITHER_BITS}
TONES_OF = {"平": LEVEL_BIT, "仄": OBLIQUE_BIT, "both": EITHER_BITS, "unknown": 0}


@dataclass(frozen=True, slots=True, eq=False)
class OrderFit:
    """A tone order, what it takes at each step (S,), and how many rescues the fixed characters need in it."""

    order: TonePattern
    codes: Codes
    n_rescues: int


def fit_orders(
    wished_order: str | None, form: Form, steps: Sequence[Step], fixed: Mapping[int, Fixed]
) -> list[OrderFit]:
    """The orders that take all fixed characters; those that need the fewest rescues.

    Raises:
        ComposeError: when there is no order of that name, or none takes all of them.
    """
    orders = _orders_called(wished_order, form)
    fits = _fitting(orders, steps, fixed.values(), form.rhyme_system)
    if not fits:
        raise _contradiction(wished_order, form, orders, steps, list(fixed.values()))
    fewest = min(fit.n_rescues for fit in fits)
    return [fit for fit in fits if fit.n_rescues == fewest]


def tones_of(character: str, system: RhymeSystem) -> int:
    """The bits of a fixed character's readings, those that we added to the book included; 0 where it lacks it."""
    return TONES_OF[reading_of(character, system)]


def _orders_called(name: str | None, form: Form) -> list[TonePattern]:
    """All orders, or the one wished for; an octave's may be named by its first four lines."""
    orders = [order for order in form.tone_patterns if not name or (order.name.startswith(name) and len(name) >= 4)]
    if not orders or (name and not form.is_regulated):
        known = f"Its orders are {', '.join(order.name for order in form.tone_patterns)}."
        hint = known if form.is_regulated else "Leave the order out."
        raise ComposeError(f"{form.name} has no tone order called {shown(name)}.", hint)
    return orders


def _fitting(
    orders: Iterable[TonePattern], steps: Sequence[Step], fixed: Iterable[Fixed], system: RhymeSystem
) -> list[OrderFit]:
    wanted = {one.step.index: one for one in fixed}
    fits = (_fit(order, steps, wanted, system) for order in orders)
    return [fit for fit in fits if not _misfits(fit, steps, wanted, system)]


def _fit(order: TonePattern, steps: Sequence[Step], fixed: Mapping[int, Fixed], system: RhymeSystem) -> OrderFit:
    """An order with the rescues that the fixed characters call for, or plain where none helps."""
    templates: list[str] = []
    n_rescues = 0
    for segment in order.segments:
        pattern = _pattern_for(segment, fixed, system)
        templates += pattern.templates
        n_rescues += len(pattern.licences) + len(pattern.notes)
    codes = np.zeros(len(steps), np.uint8)
    for step in steps:
        if step.is_place:
            codes[step.index] = CODE_OF[templates[step.line - 1][step.position - 1]]
            if step.source is not None:
                # What is repeated must suit both lines.
                codes[step.source] &= codes[step.index]
    return OrderFit(order, codes, n_rescues)


def _pattern_for(segment: Segment, fixed: Mapping[int, Fixed], system: RhymeSystem) -> SegmentOption:
    def takes(pattern: SegmentOption) -> bool:
        return all(
            _suits(
                one.character,
                CODE_OF[pattern.templates[one.step.line - 1 - segment.first_line][one.step.position - 1]],
                system,
            )
            for one in fixed.values()
            if 0 <= one.step.line - 1 - segment.first_line < len(pattern.templates)
        )

    return next(filter(takes, sorted(segment.options, key=_effort)), segment.plain)


def _effort(pattern: SegmentOption) -> tuple[int, int]:
    """What a pattern leaves unrescued, and what it rescues: the plain one comes first."""
    return len(pattern.notes), len(pattern.licences)


def _suits(character: str, code: int, system: RhymeSystem) -> bool:
    return code == EITHER_BITS or bool(tones_of(character, system) & code)


def _misfits(fit: OrderFit, steps: Sequence[Step], fixed: Mapping[int, Fixed], system: RhymeSystem) -> list[int]:
    """The steps, repeated ones by what they repeat, whose fixed character the order does not take."""
    return [
        index
        for index, one in fixed.items()
        if not _suits(one.character, int(fit.codes[_source(steps, index)]), system)
    ]


def _source(steps: Sequence[Step], index: int) -> int:
    source = steps[index].source
    return index if source is None else source


def _contradiction(
    wished_order: str | None, form: Form, orders: Sequence[TonePattern], steps: Sequence[Step], fixed: Sequence[Fixed]
) -> ComposeError:
    """Which wishes contradict each other: one character and the form, or two characters."""
    name = f"the order {orders[0].name} of {form.name}" if wished_order else form.name
    for one in fixed:
        if not _fitting(orders, steps, [one], form.rhyme_system):
            return _misfit(one, name, orders, steps, form.rhyme_system)
    for one, other in itertools.combinations(fixed, 2):
        if not _fitting(orders, steps, [one, other], form.rhyme_system):
            told = [_told(each, form.rhyme_system) for each in (one, other)]
            return ComposeError(
                f"{told[0]} and {told[1]} contradict each other: no tone order of {form.name} takes both.",
                "Change one of them, or choose another form.",
            )
    return ComposeError(f"No tone order of {form.name} takes all the fixed characters.", "Leave some of them out.")


def _misfit(
    one: Fixed, name: str, orders: Sequence[TonePattern], steps: Sequence[Step], system: RhymeSystem
) -> ComposeError:
    code = int(_fit(orders[0], steps, {}, system).codes[_source(steps, one.step.index)])
    wanted = "平" if code == LEVEL_BIT else "仄"
    if not tones_of(one.character, system):
        return ComposeError(
            f"The rhyme book does not tell the tone of {one}, and {name} wants one at {one.place}.",
            "Choose another character, or another place for it.",
        )
    return ComposeError(
        f"{one} is {reading_of(one.character, system)}, but {name} wants {wanted} at {one.place}.",
        "Choose another character, or another form.",
    )


def _told(one: Fixed, system: RhymeSystem) -> str:
    return f"{one} ({reading_of(one.character, system)}, {one.place})"
