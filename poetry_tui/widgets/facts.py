"""Quiet lines of facts below the verse, each a row of parts that is never broken within a part."""

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

_BETWEEN = " · "


class Facts(Widget):
    """As high as its facts need; nothing to say takes no room."""

    DEFAULT_CSS = """
    Facts { width: 1fr; height: auto; color: $text-muted; text-align: center; text-wrap: nowrap; text-overflow: ellipsis; }
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
        lines: list[Content] = []
        for parts in self._facts:
            lines += packed(parts, width)
        return lines


def packed(parts: Sequence[Content], width: int) -> list[Content]:
    """The parts in as few lines as have room for them, in order."""
    lines: list[Content] = []
    for part in parts:
        if lines and lines[-1].cell_length + len(_BETWEEN) + part.cell_length <= width:
            lines[-1] = lines[-1] + Content(_BETWEEN) + part
        else:
            lines.append(part)
    return lines
