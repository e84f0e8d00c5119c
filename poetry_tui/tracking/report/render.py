"""Render a report as HTML and Markdown with the templates of this package. Imported only when a report is written."""

import itertools
import re
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from poetry_tui.tracking.report.blocks import Block
from poetry_tui.tracking.report.svg import COLOURS

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
# The colours of the curves on a dark page, in the order of `svg.COLOURS`.
_DARK_COLOURS = ("#e8795f", "#6fb0d2", "#9dc06f", "#c495da", "#dcab58", "#b5b0a6")


def to_html(blocks: Sequence[Block], title: str, language: str) -> str:
    """Render one self-contained page, with styles and figures inline. `language` is the page's `lang` attribute."""
    template = _environment().get_template("report.html.jinja")
    groups = _by_kind(blocks)
    return (
        template.render(groups=groups, title=title, language=language, colours=COLOURS, dark_colours=_DARK_COLOURS)
        + "\n"
    )


def to_markdown(blocks: Sequence[Block]) -> str:
    """Render Markdown; the figures are linked, not embedded."""
    return _environment().get_template("report.md.jinja").render(groups=_by_kind(blocks))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("poetry_tui.tracking.report"),
        autoescape=select_autoescape(("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = _plain
    return environment


def _by_kind(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """Blocks in order, consecutive ones of one class grouped, because a page sets poems side by side."""
    return [(kind, list(group)) for kind, group in itertools.groupby(blocks, lambda block: type(block).__name__)]


def _plain(text: str) -> str:
    """Escape Markdown's markup characters."""
    return _MARKUP.sub(r"\\\1", text)
