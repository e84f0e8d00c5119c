"""平仄谱: the tone pattern of a form in rows, one sentence each, and the view that replaces the poem while it is shown."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from engine.prosody.forms.definitions import form_or_none
from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.themes import FAINT

# The mark after a line that rhymes, and after any other line.
RHYME_MARK, OTHER_MARK = "。", "，"


@dataclass(frozen=True, slots=True)
class PatternLine:
    """The template of a line in 平 仄 中, and the label of its rhyme; "" for a line that does not rhyme."""

    template: str
    rhyme: str

    @property
    def text(self) -> str:
        return self.template + (RHYME_MARK if self.rhyme else OTHER_MARK)


@dataclass(frozen=True, slots=True)
class FormPattern:
    """The tone pattern of a form. `stanzas` hold rows; a row holds the lines up to the next rhyme. `tone_pattern`: name of the shown
    one; `tone_patterns`: the names of all."""

    name: str
    tone_pattern: str
    tone_patterns: tuple[str, ...]
    stanzas: tuple[tuple[tuple[PatternLine, ...], ...], ...]

    @property
    def n_chars(self) -> int:
        return sum(len(line.template) for stanza in self.stanzas for row in stanza for line in row)


def pattern_of(form_key: str, tone_pattern_name: str | None = None) -> FormPattern | None:
    """A form in one of its tone patterns; an unknown or missing name selects the first. None for an unknown form."""
    form = form_or_none(form_key)
    if form is None:
        return None
    tone_pattern = next((one for one in form.tone_patterns if one.name == tone_pattern_name), form.tone_patterns[0])
    rhymes = {position.line: position.label for position in tone_pattern.rhymes}
    stanzas: list[tuple[tuple[PatternLine, ...], ...]] = []
    rows: list[tuple[PatternLine, ...]] = []
    row: list[PatternLine] = []
    for number, template in enumerate(tone_pattern.templates):
        if number in form.stanza_starts and number:
            rows, row = [*rows, tuple(row)] if row else rows, []
            stanzas.append(tuple(rows))
            rows = []
        line = PatternLine(template, rhymes.get(number, ""))
        row.append(line)
        # The first line of regulated verse may rhyme, but stays in one row with the second.
        if line.rhyme and not (form.is_regulated and number % 2 == 0):
            rows.append(tuple(row))
            row = []
    if row:
        rows.append(tuple(row))
    stanzas.append(tuple(rows))
    return FormPattern(form.name, tone_pattern.name, tuple(one.name for one in form.tone_patterns), tuple(stanzas))


class FormPatternView(Static):
    """Shows a pattern; hidden without one. Positions of either tone are faint; rhymes are in the accent colour."""

    DEFAULT_CSS = """
    FormPatternView { width: 1fr; height: 1fr; content-align: center middle; text-align: center; display: none; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._pattern: FormPattern | None = None

    def show(self, pattern: "FormPattern | None") -> None:
        self._pattern = pattern
        self.display = pattern is not None
        self.refresh(layout=True)

    def render(self) -> Content:
        pattern = self._pattern
        if pattern is None:
            return Content("")
        width, height = self.content_size
        rows = _rows(pattern, width)
        head = [Content.styled(tr("compose.pattern", form=pattern.name, n=pattern.n_chars), "bold")]
        if len(pattern.tone_patterns) > 1:
            head.append(Content.styled(f"{pattern.tone_pattern}　({' '.join(pattern.tone_patterns)})", FAINT))
        legend = Content.styled(tr("compose.pattern_legend"), FAINT)
        # If the height is too small, leave out the legend and the blank rows.
        parts = [*head, Content(""), *rows, Content(""), legend]
        if len(parts) > height:
            parts = [*head[:1], *(row for row in rows if row.plain)]
        return Content("\n").join(parts)


def _rows(pattern: "FormPattern", width: int) -> list[Content]:
    rows: list[Content] = []
    for number, stanza in enumerate(pattern.stanzas):
        if number:
            rows.append(Content(""))
        for sentence in stanza:
            row = Content("")
            for line in sentence:
                if row.plain and row.cell_length + cell_len(line.text) > width:
                    rows.append(row)
                    row = Content("")
                row += _styled(line)
            rows.append(row)
    return rows


def _styled(line: "PatternLine") -> Content:
    content = Content("")
    for position, tone in enumerate(line.template, start=1):
        is_rhyme = bool(line.rhyme) and position == len(line.template)
        content += Content.styled(tone, "bold $accent" if is_rhyme else FAINT if tone == "中" else "$foreground")
    return content + Content.styled(line.text[-1], FAINT)
