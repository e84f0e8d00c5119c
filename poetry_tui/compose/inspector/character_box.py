"""The head of the inspector: the character in a writing-practice box, beside it its probabilities. No widget import."""

from rich.cells import cell_len

from engine.composing.service.replies import Inspection, Token
from poetry_tui.compose.inspector.alternatives import END_GLYPH
from poetry_tui.compose.inspector.rows import GAP, InspectorStyles, Row, percent, piece
from poetry_tui.preferences.i18n import tr
from poetry_tui.widgets.poem.typesetting import full_width

HEAD_ROWS = 3
_BOX_CELLS = 6


def character_rows(
    token: Token, inspection: Inspection | None, is_constrained: bool, width: int, styles: InspectorStyles
) -> list[Row]:
    """Three rows: the character, beside it probability, surprisal, tone and rhyme; some are missing before the inspection."""
    source = inspection if inspection is not None else token
    chance = percent(source.probability).strip() if source.probability else "…"
    if is_constrained:
        chance += f" → {percent(source.allowed_probability).strip()}"
    if token.is_forced:
        chance += f" · {tr('inspector.given')}"
    facts = [
        chance,
        _surprise(token, width - _BOX_CELLS - 1),
        _sound(inspection)
        if inspection is not None and token.character
        else tr("compose.forced" if token.is_forced else "compose.sampled"),
    ]
    character = full_width(token.character) if token.character else END_GLYPH
    paper, fact_cells = styles.strong + styles.picked, max(width - _BOX_CELLS - 1, 1)
    blank = [piece("", paper, _BOX_CELLS)]
    boxes = [blank, [piece("  ", paper + GAP), piece(character, paper), piece("  ", paper + GAP)], blank]
    return [
        Row([*box, piece(" ", styles.plain + GAP), piece(fact, styles.plain, fact_cells)])
        for box, fact in zip(boxes, facts, strict=True)
    ]


def _surprise(token: Token, room: int) -> str:
    """The surprisal, with its name where there is room."""
    nats = f"{token.surprisal_nats:.1f}" if token.is_known else "…"
    full = tr("compose.surprisal", nats=nats)
    return full if cell_len(full) <= room else f"{nats} nats"


def _sound(inspection: Inspection) -> str:
    """Its tone and its rhyme groups: 平 · 一东."""
    tone = {"平": "平", "仄": "仄", "both": "平/仄"}.get(inspection.tone)
    return " · ".join([tone, *inspection.rhyme_groups]) if tone else tr("inspector.no_tone")
