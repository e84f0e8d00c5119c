"""A form as a sequence of slots: characters, marks and the end of the poem. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.prosody.forms.definitions import Form

COMMA, STOP = "，。"


@dataclass(frozen=True, slots=True)
class Slot:
    """One step of decoding: a character, a mark or the end of the poem.

    `line` and `position` count from 1; a mark and the end have position 0. `mark`: the marks allowed here; "" for a character and the
    end. `source`: the index of the slot whose character is repeated here (叠). `ends_line`: whether it is a line's last character.
    """

    index: int
    line: int
    position: int
    mark: str = ""
    source: int | None = None
    ends_line: bool = False

    @property
    def is_character(self) -> bool:
        """Whether the slot takes a Han character."""
        return self.position > 0

    @property
    def is_end(self) -> bool:
        return not self.is_character and not self.mark


def lay_out_slots(form: Form, marks: Sequence[str] = ()) -> tuple[Slot, ...]:
    """The slots of a form, the end of the poem last. `marks`: the mark or marks after each line; by default those of the form."""
    sources = _repeated_positions(form)
    marks = marks or _marks_of(form)
    slots: list[Slot] = []
    indices: dict[tuple[int, int], int] = {}
    for line, length in enumerate(form.line_lengths, start=1):
        for position in range(1, length + 1):
            index = len(slots)
            indices[line, position] = index
            source = sources.get((line, position))
            slots.append(
                Slot(index, line, position, "", None if source is None else indices[source], position == length)
            )
        slots.append(Slot(len(slots), line, 0, marks[line - 1]))
    return (*slots, Slot(len(slots), len(form.line_lengths), 0))


def _marks_of(form: Form) -> tuple[str, ...]:
    """The mark after each line: ， and 。 in turn in regulated verse; in a tune 。 after a rhyme, else ，.

    Source: 99.5 % of the 93,000 marks of the 词 in the package `chinese-poetry` 2.0.1 that have a form's line lengths.
    """
    n_lines = len(form.line_lengths)
    if form.is_regulated:
        return (COMMA, STOP) * (n_lines // 2)
    rhymed = {rhyme.line for rhyme in form.tone_patterns[0].rhymes}
    return tuple(STOP if line in rhymed else COMMA for line in range(n_lines))


def _repeated_positions(form: Form) -> dict[tuple[int, int], tuple[int, int]]:
    """(line, position) -> the (line, position) that it repeats."""
    repeated = {}
    for repeat in form.repeats:
        offset = form.line_lengths[repeat.line - 1] - repeat.length
        for position in range(1, repeat.length + 1):
            # `repeat.line` counts from 0, so it is the number, from 1, of the line before.
            repeated[repeat.line + 1, position] = (repeat.line, offset + position)
    return repeated
