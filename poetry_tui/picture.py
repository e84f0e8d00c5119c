"""The screen as an SVG whose Han characters stand where they stood."""

import html
import re

from rich.cells import cell_len

_TEXT = re.compile(r'(<text [^>]*?textLength=")([\d.]+)("[^>]*>)([^<]*)(</text>)')


def with_true_widths(svg: str) -> str:
    """Give each run of text the width of its cells: Rich's export counts characters, which squeezes Han ones to half."""
    return _TEXT.sub(_widened, svg)


def _widened(match: re.Match[str]) -> str:
    before, width, middle, escaped, after = match.groups()
    text = html.unescape(escaped)
    if not text or cell_len(text) == len(text):
        return match[0]
    true_width = float(width) / len(text) * cell_len(text)
    return f"{before}{true_width:g}{middle}{escaped}{after}"
