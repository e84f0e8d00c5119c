"""Which forms, tone orders and rhymes there are to wish for. Reads the tables of the prosody, so it belongs in a thread."""

from dataclasses import dataclass

from engine.prosody.forms import Form, forms
from engine.prosody.rhymes import RhymeSystem, part_names, rhyme_groups

FREE = "free"
# Of the parts of 词林正韵 the last five are of entering tone alone.
_N_PARTS_WITH_LEVEL_TONES = 14


@dataclass(frozen=True, slots=True)
class FormChoice:
    """A form's key and name, and what may be wished for in it: one of several tone orders, one of the rhymes."""

    key: str
    name: str
    orders: tuple[str, ...]
    rhymes: tuple[str, ...]
    rhyme_system: RhymeSystem = "pingshui"


def form_choices() -> tuple[FormChoice, ...]:
    """Every form, the regulated ones first."""
    return tuple(
        FormChoice(form.key, form.name, tuple(order.name for order in form.orders), _rhymes(form), form.rhyme_system)
        for form in forms()
    )


def _rhymes(form: Form) -> tuple[str, ...]:
    if form.is_regulated:
        return tuple(group.name for group in rhyme_groups() if group.is_level)
    parts = tuple(part_names())
    is_level = all(place.is_level for order in form.orders for place in order.rhymes)
    return parts[:_N_PARTS_WITH_LEVEL_TONES] if is_level else parts
