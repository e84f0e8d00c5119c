"""The rows of one character in the inspector: its head, a writing-practice box beside its probabilities, and below it the likeliest
characters as bars, before and after the constraints. No widget import.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from engine.composing.replies import Alternative, Inspection, Token
from engine.prosody.text import LINE_MARKS
from poetry_tui.compose.inspector.rows import GAP, InspectorStyles, Row, percent, piece
from poetry_tui.preferences.chart_glyphs import is_ascii
from poetry_tui.preferences.i18n import tr
from poetry_tui.widgets.poem.typesetting import full_width

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_PERCENT_CELLS = 6
_NAME_CELLS = 5
# Minimum width in cells for two percentages (before and after the constraints).
_ROOMY = 30
# The end token, where a character would be.
END_GLYPH = "∎ "
HEAD_ROWS = 3
_BOX_CELLS = 6


def character_rows(
    token: Token, inspection: Inspection | None, is_constrained: bool, width: int, styles: InspectorStyles
) -> list[Row]:
    """Three rows: the character, beside it probability, surprisal, tone and rhyme. Before the inspection, unknown ones are `…` and
    tone and rhyme are replaced by the origin."""
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
        if inspection is not None and token.character and token.character not in LINE_MARKS
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
    """The surprisal, with its name if that fits."""
    nats = f"{token.surprisal_nats:.1f}" if token.is_known else "…"
    full = tr("compose.surprisal", nats=nats)
    return full if cell_len(full) <= room else tr("favourites.nats", nats=nats)


def _sound(inspection: Inspection) -> str:
    """The tone and the rhyme groups: 平 · 一东."""
    tone = {"平": "平", "仄": "仄", "both": "平/仄"}.get(inspection.tone)
    return " · ".join([tone, *inspection.rhyme_groups]) if tone else tr("inspector.no_tone")


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The likeliest characters of a position, its own character, and the index of the picked one."""

    items: tuple[Alternative, ...]
    character: str
    picked: int | None = None

    @property
    def character_index(self) -> int | None:
        return next((i for i, other in enumerate(self.items) if other.character == self.character), None)

    @property
    def is_constrained(self) -> bool:
        """Whether the constraints change a displayed probability."""
        return any(other.is_forbidden or other.allowed_probability - other.probability > 0.005 for other in self.items)


def alternative_rows(alternatives: Alternatives, width: int, height: int, styles: InspectorStyles) -> list[Row]:
    """A row for each alternative; if there are more than `height`, those around the picked one."""
    n = len(alternatives.items)
    middle = alternatives.picked if alternatives.picked is not None else alternatives.character_index or 0
    first = min(max(middle - height // 2, 0), max(n - height, 0))
    return [_row(alternatives, index, width, styles) for index in range(first, min(first + height, n))]


def _row(alternatives: Alternatives, index: int, width: int, styles: InspectorStyles) -> Row:
    one = alternatives.items[index]
    is_it, is_picked = one.character == alternatives.character, index == alternatives.picked
    behind = styles.picked if is_picked else Style.null()
    name_style = (styles.forbidden if one.is_forbidden else styles.strong if is_it else styles.plain) + behind
    has_two = alternatives.is_constrained and width >= _ROOMY
    share = one.allowed_probability if alternatives.is_constrained and not has_two else one.probability
    figures = percent(share) if not one.is_forbidden or has_two else "✗"
    if has_two:
        figures += f" → {'✗'.rjust(5) if one.is_forbidden else percent(one.allowed_probability)}"
    n_figures = _PERCENT_CELLS + (8 if has_two else 0)
    room = max(width - _NAME_CELLS - n_figures, 1)
    largest = max(max(other.probability, other.allowed_probability) for other in alternatives.items) or 1.0
    name = f"{'›' if is_picked else ' '} {full_width(one.character) if one.character else END_GLYPH} "
    return Row(
        [
            piece(name, name_style, _NAME_CELLS),
            *_bar(one, largest, room, is_it, styles, behind),
            piece(figures.rjust(n_figures), (styles.forbidden if one.is_forbidden else styles.faint) + behind),
        ],
        alternative=index,
    )


def _bar(
    one: Alternative, largest: float, room: int, is_it: bool, styles: InspectorStyles, behind: Style
) -> Sequence[Segment]:
    """A solid bar for the model's probability, then a paler one for the probability that the constraints add; hatched for a
    forbidden character."""
    before = one.probability / largest * room
    hatched, full_block, half_block = "x#=" if is_ascii() else "░█▒"
    if one.is_forbidden:
        return [piece(hatched * round(before), styles.forbidden + behind, room)]
    style = styles.strong if is_it else styles.bar
    after = one.allowed_probability / largest * room
    if is_ascii() or not styles.palettes.has_colour:
        return [piece(full_block * round(before) + half_block * (round(after) - round(before)), style + behind, room)]
    solid, paler = _filled(style), _filled(styles.allowed)
    # Whole cells are coloured blanks, because a blank fills its cell in every font.
    full = int(before)
    segments = [piece(" " * full, solid)]
    if full < room and before > full:
        segments.append(piece(_EIGHTHS[int((before - full) * 8)], style + (paler if after > full + 1 else behind)))
        full += 1
    added = max(int(after) - full, 0)
    segments.append(piece(" " * added, paler))
    if full + added < min(after, room):
        segments.append(piece(_EIGHTHS[int((after - full - added) * 8)], styles.allowed + behind))
        full += 1
    return [*segments, piece(" " * (room - full - added), styles.plain + behind)]


def _filled(style: Style) -> Style:
    return Style(bgcolor=style.color)
