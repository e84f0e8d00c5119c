"""Where each character stands in the vertical view (竖排): a line a column, columns from right to left, stable while a poem grows."""

from collections.abc import Callable, Sequence

from engine.verse import HAN_CELLS, LINE_MARKS
from poetry_tui.typeset import Page, Place, expected, lines_so_far

# Cells between two columns, the most generous that fits; with signs beside the characters they take two of their own.
_GAPS = (4, 3, 2, 1)
_GAPS_WITH_SIGNS = (3, 2, 1, 0)
_USUAL_LENGTHS = (6, 8)
_USUAL_COLUMNS = (4, 8)
# A line this long is one column, and the stage scrolls where it is lower; what never ends is broken.
_LONGEST_COLUMN = 16
# A poem whose columns fill less of the stage than this has a row between two characters.
_AIRY_SHARE = 0.7


def typeset_upright(
    characters: Sequence[str], width: int, height: int, is_done: bool = False, *, with_signs: bool = False
) -> Page:
    """Lay out the characters of a poem, so far, in columns on a stage of `width` × `height` cells.

    Where the columns have no room beside one another, they go on in a block below.
    """
    most = max(height, _LONGEST_COLUMN)
    lines = [line[start : start + most] for line in lines_so_far(characters) for start in range(0, len(line), most)]
    n_columns = max(len(lines), 1) if is_done else expected(len(lines), _USUAL_COLUMNS)
    longest = max((len(line) for line in lines), default=1)
    longest = longest if is_done else expected(longest, _USUAL_LENGTHS)
    column = HAN_CELLS * 2 if with_signs else HAN_CELLS
    gap = _gap(n_columns, column, width, with_signs)
    per_block = min(max(1, (width + gap) // (column + gap)), n_columns)
    n_blocks = -(-n_columns // per_block)
    leading = 2 if n_blocks == 1 and longest * 2 - 1 <= height * _AIRY_SHARE else 1
    block = (longest - 1) * leading + 1
    top = max(0, (height - (n_blocks * (block + 1) - 1)) // 2)
    # The rightmost column's left edge, the whole being centred.
    right = (width + per_block * (column + gap) - gap) // 2 - column

    def at(line: int, row: int) -> tuple[int, int]:
        return (
            max(0, right - line % per_block * (column + gap)),
            top + line // per_block * (block + 1) + row * leading,
        )

    places = tuple(
        Place(index, *at(number, row)) for number, line in enumerate(lines) for row, index in enumerate(line)
    )
    bottom = max((place.y for place in places), default=top)
    return Page(places, _caret(characters, lines, at), bottom + 1, is_upright=True)


def _gap(n_columns: int, column: int, width: int, with_signs: bool) -> int:
    gaps = _GAPS_WITH_SIGNS if with_signs else _GAPS
    return next((gap for gap in gaps if n_columns * (column + gap) - gap <= width), gaps[-1])


def _caret(
    characters: Sequence[str], lines: list[list[int]], at: Callable[[int, int], tuple[int, int]]
) -> tuple[int, int]:
    """Where the next character will stand."""
    if not lines:
        return at(0, 0)
    if characters[lines[-1][-1]] in LINE_MARKS:
        return at(len(lines), 0)
    return at(len(lines) - 1, len(lines[-1]))
