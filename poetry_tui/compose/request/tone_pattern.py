"""平仄谱: the tone pattern of a form as rows to show, a sentence a row. No Textual import."""

from dataclasses import dataclass

from engine.errors import StudioError
from engine.prosody.forms import form_called

# A mark after each line: where the form rhymes, and elsewhere.
RHYME_MARK, OTHER_MARK = "。", "，"


@dataclass(frozen=True, slots=True)
class PatternLine:
    """The template of a line in 平 仄 中, and the label of its rhyme: "" where it does not rhyme."""

    template: str
    rhyme: str

    @property
    def text(self) -> str:
        return self.template + (RHYME_MARK if self.rhyme else OTHER_MARK)


@dataclass(frozen=True, slots=True)
class FormPattern:
    """`stanzas` hold rows, and a row holds the lines up to the next rhyme. `order` is the chosen order of tones; `orders` all."""

    name: str
    order: str
    orders: tuple[str, ...]
    stanzas: tuple[tuple[tuple[PatternLine, ...], ...], ...]

    @property
    def n_chars(self) -> int:
        return sum(len(line.template) for stanza in self.stanzas for row in stanza for line in row)


def pattern_of(form_key: str, order_name: str | None = None) -> FormPattern | None:
    """The pattern of a form in one of its orders of tones, the first where none is named; None for what is no form."""
    try:
        form = form_called(form_key)
    except StudioError:
        return None
    order = next((one for one in form.tone_patterns if one.name == order_name), form.tone_patterns[0])
    rhymes = {position.line: position.label for position in order.rhymes}
    stanzas: list[tuple[tuple[PatternLine, ...], ...]] = []
    rows: list[tuple[PatternLine, ...]] = []
    row: list[PatternLine] = []
    for number, template in enumerate(order.templates):
        if number in form.stanza_starts and number:
            rows, row = [*rows, tuple(row)] if row else rows, []
            stanzas.append(tuple(rows))
            rows = []
        line = PatternLine(template, rhymes.get(number, ""))
        row.append(line)
        # The first line of regulated verse may rhyme, and still stands beside the second.
        if line.rhyme and not (form.is_regulated and number % 2 == 0):
            rows.append(tuple(row))
            row = []
    if row:
        rows.append(tuple(row))
    stanzas.append(tuple(rows))
    return FormPattern(form.name, order.name, tuple(one.name for one in form.tone_patterns), tuple(stanzas))
