"""A report in Markdown, for a repository or a notebook."""

import re
from collections.abc import Sequence

from poetry_tui.report.document import Block, Code, Figure, Heading, Paragraph, Poem, Prediction, Table

_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(blocks: Sequence[Block]) -> str:
    """The whole report as one text; its figures are linked, not embedded."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_plain(text)}"
        case Paragraph(text):
            return _plain(text)
        case Code(text):
            return f"```\n{text}\n```"
        case Table():
            return _table(block)
        case Figure(file_name, _, caption):
            return f"![{_plain(caption)}]({file_name})"
        case Poem(caption, lines):
            verse = "  \n".join(f"> {_plain(line)}" for line in lines)
            return f"{_plain(caption)}\n\n{verse}"
        case Prediction(caption, prediction, target, _):
            return f"{_plain(caption)}\n\n```\n{prediction}\n{target}\n```"


def _table(table: Table) -> str:
    rows = [list(map(_plain, row)) for row in table.rows]
    marked = [
        [f"**{cell}**" if cell else "" for cell in row] if n in table.marked else row for n, row in enumerate(rows)
    ]
    lines = [list(map(_plain, table.header)), ["---"] * len(table.header), *marked]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that no Markdown reader takes for markup."""
    return _MEANS_SOMETHING.sub(r"\\\1", text)
