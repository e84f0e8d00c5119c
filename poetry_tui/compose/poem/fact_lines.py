"""The lines of facts below a poem, made of parts that are never wrapped."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

_BETWEEN = " · "


class Facts(Widget):
    """As high as its facts need; on a low screen one fact follows the other in the same line."""

    DEFAULT_CSS = """
    Facts {
        width: 1fr;
        height: auto;
        max-height: 20vh;
        color: $text-muted;
        text-align: center;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[tuple[Content, ...], ...] = ()

    def show(self, facts: Sequence[Sequence[Content]]) -> None:
        wanted = tuple(map(tuple, facts))
        if wanted != self._facts:
            self._facts = wanted
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        facts = [sum(self._facts, ())] if self.screen.has_class("-low") else self._facts
        return [line for parts in facts for line in packed(parts, width)]


def packed(parts: Sequence[Content], width: int) -> list[Content]:
    """The parts in order, in the fewest lines that hold them."""
    lines: list[Content] = []
    for part in parts:
        if lines and lines[-1].cell_length + len(_BETWEEN) + part.cell_length <= width:
            lines[-1] = lines[-1] + Content(_BETWEEN) + part
        else:
            lines.append(part)
    return lines
