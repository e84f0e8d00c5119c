"""The tone pattern of the chosen form (平仄谱), in place of the poem while a form is being chosen."""

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from poetry_tui.i18n import tr
from poetry_tui.themes import FAINT

if TYPE_CHECKING:
    from poetry_tui.compose.request.tone_pattern import FormPattern, PatternLine


class FormPatternView(Static):
    """Hidden without a pattern. Positions of either tone are faint; rhymes are in the accent colour."""

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
        if len(pattern.orders) > 1:
            head.append(Content.styled(f"{pattern.order}　({' '.join(pattern.orders)})", FAINT))
        legend = Content.styled(tr("compose.pattern_legend"), FAINT)
        # Where the pattern needs the rows, the legend is left out.
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
    """A line of the pattern with its mark."""
    content = Content("")
    for position, tone in enumerate(line.template, start=1):
        is_rhyme = bool(line.rhyme) and position == len(line.template)
        content += Content.styled(tone, "bold $accent" if is_rhyme else FAINT if tone == "中" else "$foreground")
    return content + Content.styled(line.text[-1], FAINT)
