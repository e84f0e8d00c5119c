"""Vertical typesetting (竖排): a line per column, columns from right to left, stable while the poem grows."""

from collections.abc import Callable, Sequence

from engine.prosody.text import HAN_CELLS, LINE_MARKS
from poetry_tui.verse.typesetting import Cell, Layout, expected, line_indices

# Cells between two columns, the most generous that fits; with annotations beside the characters they take two of their own.
_GAPS = (4, 3, 2, 1)
_GAPS_WITH_ANNOTATIONS = (3, 2, 1)
_DEFAULT_LENGTHS = (6, 8)
_DEFAULT_COLUMNS = (4, 8)
# A longer line is broken; up to this length it is one column, and the view scrolls.
_MAX_COLUMN_CHARS = 16
# A poem whose columns fill less of the view than this has a row between two characters.
_AIRY_SHARE = 0.7


def typeset_vertical(
    characters: Sequence[str], width: int, height: int, is_done: bool = False, *, with_annotations: bool = False
) -> Layout:
    """Lay out the characters of a poem, so far, in columns in a view of `width` × `height` cells.

    Where the columns have no room beside one another, they stand in blocks of as many, one below the other.
    """
    most = max(height, _MAX_COLUMN_CHARS)
    lines = [line[start : start + most] for line in line_indices(characters) for start in range(0, len(line), most)]
    n_columns = max(len(lines), 1) if is_done else expected(len(lines), _DEFAULT_COLUMNS)
    longest = max((len(line) for line in lines), default=1)
    longest = longest if is_done else expected(longest, _DEFAULT_LENGTHS)
    column = HAN_CELLS * 2 if with_annotations else HAN_CELLS
    per_block, gap = _manner(n_columns, column, width, _GAPS_WITH_ANNOTATIONS if with_annotations else _GAPS)
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

    cells = tuple(Cell(index, *at(number, row)) for number, line in enumerate(lines) for row, index in enumerate(line))
    bottom = max((cell.y for cell in cells), default=top)
    return Layout(cells, _caret(characters, lines, at), bottom + 1, is_upright=True)


def _manner(n_columns: int, column: int, width: int, gaps: Sequence[int]) -> tuple[int, int]:
    """How many columns stand side by side, and the cells between two: in as few blocks, and as generously, as there is room."""
    for n_blocks in range(1, n_columns + 1):
        per_block = -(-n_columns // n_blocks)
        for gap in gaps:
            if per_block * (column + gap) - gap <= width:
                return per_block, gap
    return 1, gaps[-1]


def _caret(
    characters: Sequence[str], lines: list[list[int]], at: Callable[[int, int], tuple[int, int]]
) -> tuple[int, int]:
    """The (x, y) of the next character."""
    if not lines:
        return at(0, 0)
    if characters[lines[-1][-1]] in LINE_MARKS:
        return at(len(lines), 0)
    return at(len(lines) - 1, len(lines[-1]))
