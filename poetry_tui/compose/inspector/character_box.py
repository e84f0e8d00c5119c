"""The character itself, in the box that one practises writing in, and what is known of it. Knows no widget."""

from rich.cells import cell_len

from engine.service.protocol import Inspection, Token
from poetry_tui.compose.inspector.alternatives import END_GLYPH
from poetry_tui.compose.inspector.rows import GAP, Inks, Row, percent, piece
from poetry_tui.i18n import tr
from poetry_tui.verse.typesetting import wide

HEAD_ROWS = 3
_BOX_CELLS = 6


def head_rows(glyph: Token, inspection: Inspection | None, is_constrained: bool, width: int, inks: Inks) -> list[Row]:
    """Three rows: chances, surprise, tone and rhyme beside the character. What only the engine can tell may be missing still."""
    told = inspection if inspection is not None else glyph
    chance = percent(told.probability).strip() if told.probability else "…"
    if is_constrained:
        chance += f" → {percent(told.allowed_probability).strip()}"
    if glyph.is_forced:
        chance += f" · {tr('inspector.given')}"
    facts = [
        chance,
        _surprise(glyph, width - _BOX_CELLS - 1),
        _sound(inspection)
        if inspection is not None and glyph.character
        else tr("compose.given" if glyph.is_forced else "compose.drawn"),
    ]
    character = wide(glyph.character) if glyph.character else END_GLYPH
    paper, fact_cells = inks.strong + inks.picked, max(width - _BOX_CELLS - 1, 1)
    blank = [piece("", paper, _BOX_CELLS)]
    boxes = [blank, [piece("  ", paper + GAP), piece(character, paper), piece("  ", paper + GAP)], blank]
    return [
        Row([*box, piece(" ", inks.plain + GAP), piece(fact, inks.plain, fact_cells)])
        for box, fact in zip(boxes, facts, strict=True)
    ]


def _surprise(glyph: Token, room: int) -> str:
    """In as many words as there is room for."""
    nats = f"{glyph.surprisal_nats:.1f}" if glyph.is_known else "…"
    full = tr("compose.surprise", nats=nats)
    return full if cell_len(full) <= room else f"{nats} nats"


def _sound(inspection: Inspection) -> str:
    """Its tone and its rhyme groups: 平 · 一东."""
    tone = {"平": "平", "仄": "仄", "both": "平/仄"}.get(inspection.tone)
    return " · ".join([tone, *inspection.rhyme_groups]) if tone else tr("inspector.no_tone")
