"""A report as one HTML file that needs nothing beside it: styles and drawings are in it."""

from collections.abc import Sequence
from html import escape
from itertools import zip_longest

from poetry_tui.report.document import Block, Code, Figure, Heading, Paragraph, Poem, Prediction, Table

# Light and dark by what the reader's system prefers; the curves, which name their colours, are recoloured in the dark.
STYLE = """
:root { color-scheme: light dark; --paper: #fbf8f1; --shade: #f2ecdf; --ink: #2b2824; --faint: #6d665b; --line: #ddd6c8;
  --accent: #b4432f; --sure: 93, 125, 58; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --shade: #1f2327; --ink: #ddd6c8; --faint: #98917f; --line: #363b42; --accent: #e0866a;
    --sure: 120, 160, 96; }
DARK_CURVES
}
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.65 "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "STSong", "SimSun", Georgia, serif;
  overflow-wrap: break-word; }
h1, h2, h3 { font-weight: 600; line-height: 1.3; } h2 { margin-top: 2.6rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .2rem 1.1rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr.marked td { color: var(--accent); }
pre { background: var(--shade); padding: .7rem 1rem; overflow-x: auto; font-size: .85rem; }
figure { margin: 1.5rem 0; } figure svg { display: block; width: 100%; min-width: 32rem; height: auto; }
figcaption, .caption { color: var(--faint); font-size: .9rem; }
figure svg text { fill: var(--ink); } figure svg .paper { fill: var(--paper); }
figure svg .rule { stroke: var(--line); } figure svg .axis { stroke: var(--ink); }
.poems { display: flex; flex-wrap: wrap; gap: 1.2rem 2.4rem; }
.poem p { margin: 0; } .poem .caption { margin-bottom: .2rem; }
.pairs { display: flex; flex-wrap: wrap; row-gap: .5rem; font-size: 1.05rem; margin: .3rem 0 1.2rem; }
.pair { display: flex; flex-direction: column; width: 1.3em; text-align: center; }
.pair span:first-child { color: var(--faint); } .pair span { min-height: 1.65em; }
@media print { body { margin: 0; max-width: none; background: white; } }
"""
# The colours of the curves, bright enough for a dark page, in the order of those in `svg`.
_DARK_COLOURS = ("#e8795f", "#6fb0d2", "#9dc06f", "#c495da", "#dcab58", "#b5b0a6")
STYLE = STYLE.replace(
    "DARK_CURVES",
    "\n".join(
        f"  figure svg .line-{n} {{ stroke: {colour}; }} figure svg .fill-{n} {{ fill: {colour}; }}"
        for n, colour in enumerate(_DARK_COLOURS)
    ),
)


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
            return f'<figure>\n<div class="wide">{svg}</div><figcaption>{escape(caption)}</figcaption></figure>'
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
    """Prediction over target, as wide as the page is; the surer the model was of a character, the more it is tinted."""
    pairs = []
    for said, target, share in zip_longest(block.prediction, block.target, block.probability, fillvalue=""):
        tint = f"background: rgba(var(--sure), {0.75 * float(share or 0):.2f})"
        pairs.append(
            f'<span class="pair"><span>{escape(str(said))}</span><span style="{tint}">{escape(str(target))}</span></span>'
        )
    return f'<div class="caption">{escape(block.caption)}</div><div class="pairs">{"".join(pairs)}</div>'
