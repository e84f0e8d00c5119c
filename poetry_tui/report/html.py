"""A report as one HTML file that needs nothing beside it: styles and drawings are in it."""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest

from poetry_tui.report.document import Block, Code, Figure, Heading, Paragraph, Poem, Prediction, Table

STYLE = """
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; background: #fbf8f1; color: #2b2824;
  font: 16px/1.65 "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", Georgia, serif; }
h1, h2, h3 { font-weight: 600; line-height: 1.3; } h2 { margin-top: 2.6rem; }
table { border-collapse: collapse; font-size: .9rem; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #ddd6c8; vertical-align: top; }
tr.marked td { color: #b4432f; }
pre { background: #f2ecdf; padding: .7rem 1rem; overflow-x: auto; font-size: .85rem; white-space: pre-wrap; }
figure { margin: 1.5rem 0; } figure svg { width: 100%; height: auto; } figcaption, .caption { color: #6d665b; font-size: .9rem; }
.poems { display: flex; flex-wrap: wrap; gap: 1.2rem 2.4rem; }
.poem p { margin: 0; } .poem .caption { margin-bottom: .2rem; }
.grid { border-collapse: separate; border-spacing: 0; font-size: 1.05rem; margin: .3rem 0 1.2rem; }
.grid td { border: 0; padding: 0 .12rem; text-align: center; } .grid .said td { color: #8d867a; }
@media print { body { margin: 0; max-width: none; background: white; } }
"""
# A line of the prediction grid has so many characters at most.
GRID_WIDTH = 28


def to_html(blocks: Sequence[Block], title: str, language: str) -> str:
    """The whole report as one page. `language` is that of the text, as HTML names it."""
    body: list[str] = []
    is_among_poems = False
    for block in blocks:
        if isinstance(block, Poem) != is_among_poems:
            body.append("</div>" if is_among_poems else '<div class="poems">')
            is_among_poems = not is_among_poems
        body.append(_block(block))
    if is_among_poems:
        body.append("</div>")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>{head}<style>{STYLE}</style></head>\n'
        f"<body>\n{chr(10).join(body)}\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Code(text):
            return f"<pre>{escape(text)}</pre>"
        case Table():
            return _table(block)
        case Figure(_, svg, caption):
            return f"<figure>\n{svg}<figcaption>{escape(caption)}</figcaption></figure>"
        case Poem(caption, lines):
            verse = "".join(f"<p>{escape(line)}</p>" for line in lines)
            return f'<div class="poem"><div class="caption">{escape(caption)}</div>{verse}</div>'
        case Prediction():
            return _prediction(block)


def _table(table: Table) -> str:
    header = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = []
    for number, row in enumerate(table.rows):
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row)
        rows.append(f'<tr class="marked">{cells}</tr>' if number in table.marked else f"<tr>{cells}</tr>")
    return f'<div class="wide"><table><tr>{header}</tr>{"".join(rows)}</table></div>'


def _prediction(block: Prediction) -> str:
    """Prediction over target; the surer the model was of a character, the more its cell is tinted."""
    columns = list(zip_longest(block.prediction, block.target, block.probability, fillvalue=""))
    tables = []
    for start in range(0, len(columns), GRID_WIDTH):
        part = columns[start : start + GRID_WIDTH]
        said = "".join(f"<td>{escape(str(said))}</td>" for said, _, _ in part)
        true = "".join(
            f'<td style="background:rgba(93,125,58,{0.75 * float(share or 0):.2f})">{escape(str(target))}</td>'
            for _, target, share in part
        )
        tables.append(f'<table class="grid"><tr class="said">{said}</tr><tr>{true}</tr></table>')
    return f'<div class="caption">{escape(block.caption)}</div>{"".join(tables)}'
