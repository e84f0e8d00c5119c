"""The likeliest characters of a place as bars, before and after the constraint. Knows no widget."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from engine.service.protocol import Alternative
from poetry_tui.compose.inspector.rows import Inks, Row, percent, piece
from poetry_tui.terminal.chart_glyphs import is_ascii
from poetry_tui.verse.typesetting import wide

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_PERCENT_CELLS = 6
_NAME_CELLS = 5
# Below this width there is room for one percentage.
_ROOMY = 30
# The end of a poem, where one is written.
END_GLYPH = "∎ "


@dataclass(frozen=True, slots=True)
class Chances:
    """The characters of a place, the one that stands there among them, and which is picked."""

    alternatives: tuple[Alternative, ...]
    character: str
    picked: int | None = None

    @property
    def place_of_character(self) -> int | None:
        return next((i for i, other in enumerate(self.alternatives) if other.character == self.character), None)

    @property
    def is_constrained(self) -> bool:
        """Whether the constraint changed anything that can be seen."""
        return any(
            other.is_forbidden or other.allowed_probability - other.probability > 0.005 for other in self.alternatives
        )


def chance_rows(chances: Chances, width: int, height: int, inks: Inks) -> list[Row]:
    """A row an alternative, at most `height` of them: those around the picked one where there are more."""
    n = len(chances.alternatives)
    middle = chances.picked if chances.picked is not None else chances.place_of_character or 0
    first = min(max(middle - height // 2, 0), max(n - height, 0))
    return [_row(chances, index, width, inks) for index in range(first, min(first + height, n))]


def _row(chances: Chances, index: int, width: int, inks: Inks) -> Row:
    one = chances.alternatives[index]
    is_it, is_picked = one.character == chances.character, index == chances.picked
    behind = inks.picked if is_picked else Style.null()
    name_style = (inks.forbidden if one.is_forbidden else inks.strong if is_it else inks.plain) + behind
    has_two = chances.is_constrained and width >= _ROOMY
    share = one.allowed_probability if chances.is_constrained and not has_two else one.probability
    figures = percent(share) if not one.is_forbidden or has_two else "✗"
    if has_two:
        figures += f" → {'✗'.rjust(5) if one.is_forbidden else percent(one.allowed_probability)}"
    n_figures = _PERCENT_CELLS + (8 if has_two else 0)
    room = max(width - _NAME_CELLS - n_figures, 1)
    largest = max(max(other.probability, other.allowed_probability) for other in chances.alternatives) or 1.0
    name = f"{'›' if is_picked else ' '} {wide(one.character) if one.character else END_GLYPH} "
    return Row(
        [
            piece(name, name_style, _NAME_CELLS),
            *_bar(one, largest, room, is_it, inks, behind),
            piece(figures.rjust(n_figures), (inks.forbidden if one.is_forbidden else inks.faint) + behind),
        ],
        alternative=index,
    )


def _bar(one: Alternative, largest: float, room: int, is_it: bool, inks: Inks, behind: Style) -> Sequence[Segment]:
    """The model's share solid, and paler what the constraint adds to it; a forbidden one is only hatched."""
    before = one.probability / largest * room
    hatched, full_block, half_block = "x#=" if is_ascii() else "░█▒"
    if one.is_forbidden:
        return [piece(hatched * round(before), inks.forbidden + behind, room)]
    ink = inks.strong if is_it else inks.bar
    after = one.allowed_probability / largest * room
    if is_ascii() or not inks.palettes.has_colour:
        return [piece(full_block * round(before) + half_block * (round(after) - round(before)), ink + behind, room)]
    solid, paler = _filled(ink), _filled(inks.allowed)
    # Whole cells are coloured blanks, which are as wide as a cell in every font.
    full = int(before)
    segments = [piece(" " * full, solid)]
    if full < room and before > full:
        segments.append(piece(_EIGHTHS[int((before - full) * 8)], ink + (paler if after > full + 1 else behind)))
        full += 1
    added = max(int(after) - full, 0)
    segments.append(piece(" " * added, paler))
    if full + added < min(after, room):
        segments.append(piece(_EIGHTHS[int((after - full - added) * 8)], inks.allowed + behind))
        full += 1
    return [*segments, piece(" " * (room - full - added), inks.plain + behind)]


def _filled(ink: Style) -> Style:
    return Style(bgcolor=ink.color)
