"""Typesetting: the cell of each character of a poem, stable while the poem grows. Pure arithmetic.

Two lines of the same length share a row as a couplet (see `engine.prosody.text.couplets`); any other line has its own row. The
block is centred by its expected final size, so that the verse does not move while it is revealed. Set vertically (竖排), each line
is a column, and columns run from right to left.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from engine.corpus.tokens.vocabulary import UNKNOWN_GLYPH
from engine.prosody.text import HAN_CELLS, LINE_MARKS

SENTENCE_ENDS = "。？！"
# Shown for a character outside the vocabulary, because □ is one cell wide in some terminals and two in others.
_GETA = "〓"
_FULL_WIDTH_SHIFT = 0xFEE0
# Expected line lengths: five or seven characters and a mark.
_DEFAULT_LENGTHS = (6, 8)
# Expected numbers of rows of couplets.
_DEFAULT_ROWS = (2, 4)


@dataclass(frozen=True, slots=True)
class Cell:
    """The position of a character: its index in the poem, its column and its row, in cells."""

    index: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a poem. `height`: rows from the top of the view to the poem's last row; `caret`: (x, y) of the next character.

    `is_upright`: columns from right to left. An annotation is then right of its character, otherwise below it.
    """

    cells: tuple[Cell, ...]
    caret: tuple[int, int]
    height: int
    is_upright: bool = False


def full_width(character: str) -> str:
    """Convert any character to exactly two cells."""
    if character == UNKNOWN_GLYPH:
        return _GETA
    if cell_len(character) == HAN_CELLS:
        return character
    if "!" <= character <= "~":
        return chr(ord(character) + _FULL_WIDTH_SHIFT)
    return character + " " if cell_len(character) == 1 else "  "


def typeset(
    characters: Sequence[str],
    width: int,
    height: int,
    is_done: bool = False,
    *,
    annotation_cells: int = 0,
    stanza_starts: Collection[int] = (),
) -> Layout:
    """Lay out the characters of a poem, complete or not, in a view of `width` × `height` cells.

    `annotation_cells`: width of the annotations, which get a row below each line; 0 for none. `stanza_starts`: indices of the
    characters before which a row is left blank.
    """
    lines = line_indices(characters)
    longest = expected(max((len(line) for line in lines), default=0), _DEFAULT_LENGTHS)
    if is_done and lines:
        longest = max(len(line) for line in lines)
    paired, gap = _manner(longest, width, annotation_cells - 1 if annotation_cells > HAN_CELLS else 0)
    rows = _couplets(lines, characters, is_done) if paired else lines
    step = HAN_CELLS + gap
    per_row = max(1, (width + gap) // step)
    rows = [row[start : start + per_row] for row in rows for start in range(0, len(row), per_row)]
    rows = [part for row in rows for part in ([[], row] if row[0] in stanza_starts else [row])]
    block = min(longest * (2 if paired else 1), per_row) * step - gap
    if is_done and rows:
        block = max(map(len, rows)) * step - gap
    left = max(0, (width - block) // 2)
    n_rows = max(len(rows), 1) if is_done else expected(len(rows), _DEFAULT_ROWS if paired else (4, 8))
    closest = 2 if annotation_cells else 1
    leading = closest + 1 if n_rows * (closest + 1) - 1 <= height else closest
    top = max(0, (height - (n_rows * leading - leading + closest)) // 2)

    def at(column: int, row: int) -> tuple[int, int]:
        return left + column * step, top + row * leading

    cells = tuple(Cell(index, *at(column, y)) for y, row in enumerate(rows) for column, index in enumerate(row))
    last = rows[-1] if rows else []
    is_full = len(last) >= per_row or not _goes_on(last, lines, characters, paired)
    caret = at(0, len(rows)) if is_full else at(len(last), len(rows) - 1)
    return Layout(cells, caret, (cells[-1].y if cells else top) + closest)


def line_indices(characters: Sequence[str]) -> list[list[int]]:
    """Indices of each line of verse; a line ends after its marks."""
    lines: list[list[int]] = []
    for index, character in enumerate(characters):
        after_mark = index > 0 and characters[index - 1] in LINE_MARKS
        if not lines or (after_mark and character not in LINE_MARKS):
            lines.append([])
        lines[-1].append(index)
    return lines


def _couplets(lines: list[list[int]], characters: Sequence[str], is_done: bool) -> list[list[int]]:
    rows: list[list[int]] = []
    position = 0
    while position < len(lines):
        first, second = lines[position], lines[position + 1] if position + 1 < len(lines) else []
        is_open = not is_done and position + 2 == len(lines) and characters[second[-1]] not in LINE_MARKS
        fits = len(second) == len(first) or (is_open and len(second) < len(first))
        is_pair = bool(second) and fits and characters[first[-1]] not in SENTENCE_ENDS
        rows.append(first + second if is_pair else first)
        position += 2 if is_pair else 1
    return rows


def _manner(longest: int, width: int, min_gap: int = 0) -> tuple[bool, int]:
    """Whether to set couplets on one row, and the gap between characters in cells: the widest setting that fits."""
    for paired, gap in ((True, 1), (True, 0), (False, 1)):
        gap = max(gap, min_gap)
        if longest * (2 if paired else 1) * (HAN_CELLS + gap) - gap <= width:
            return paired, gap
    return False, min_gap


def expected(so_far: int, usual: Sequence[int]) -> int:
    return next((length for length in usual if so_far <= length), so_far)


def _goes_on(row: list[int], lines: list[list[int]], characters: Sequence[str], paired: bool) -> bool:
    """Whether the next character belongs to a row, because its line or its couplet is incomplete."""
    if not row:
        return False
    last = characters[row[-1]]
    return last not in LINE_MARKS or (paired and last not in SENTENCE_ENDS and row == lines[-1])


# Candidate gaps between columns in cells; the widest that fits is used.
_GAPS = (4, 3, 2, 1)
_GAPS_WITH_ANNOTATIONS = (3, 2, 1)
_DEFAULT_COLUMNS = (4, 8)
# A line of up to this length is one column, even if the view must scroll; a longer one is broken.
_MAX_COLUMN_CHARS = 16
# If the columns with a blank row between characters fill at most this share of the height, they are set so.
_AIRY_SHARE = 0.7


def typeset_vertical(
    characters: Sequence[str],
    width: int,
    height: int,
    is_done: bool = False,
    *,
    annotation_cells: int = 0,
    stanza_starts: Collection[int] = (),
) -> Layout:
    """Lay out the characters of a poem, complete or not, in columns; the arguments are those of `typeset`.

    If not all columns fit side by side, they are set in blocks of equally many columns, one block below the other.
    """
    most = max(height, _MAX_COLUMN_CHARS)
    lines = [line[start : start + most] for line in line_indices(characters) for start in range(0, len(line), most)]
    lines = [part for line in lines for part in ([[], line] if line[0] in stanza_starts else [line])]
    n_columns = max(len(lines), 1) if is_done else expected(len(lines), _DEFAULT_COLUMNS)
    longest = max((len(line) for line in lines), default=1)
    longest = longest if is_done else expected(longest, _DEFAULT_LENGTHS)
    column = HAN_CELLS + annotation_cells
    per_block, gap = _columns_per_block(n_columns, column, width, _GAPS_WITH_ANNOTATIONS if annotation_cells else _GAPS)
    n_blocks = -(-n_columns // per_block)
    leading = 2 if n_blocks == 1 and longest * 2 - 1 <= height * _AIRY_SHARE else 1
    block = (longest - 1) * leading + 1
    top = max(0, (height - (n_blocks * (block + 1) - 1)) // 2)
    # The left edge of the rightmost column, with the block centred.
    right = (width + per_block * (column + gap) - gap) // 2 - column

    def at(line: int, row: int) -> tuple[int, int]:
        return (
            max(0, right - line % per_block * (column + gap)),
            top + line // per_block * (block + 1) + row * leading,
        )

    cells = tuple(Cell(index, *at(number, row)) for number, line in enumerate(lines) for row, index in enumerate(line))
    bottom = max((cell.y for cell in cells), default=top)
    return Layout(cells, _caret_of_columns(characters, lines, at), bottom + 1, is_upright=True)


def _columns_per_block(n_columns: int, column: int, width: int, gaps: Sequence[int]) -> tuple[int, int]:
    """Columns in a block, and the gap between columns in cells: the fewest blocks, then the widest gap that fits."""
    for n_blocks in range(1, n_columns + 1):
        per_block = -(-n_columns // n_blocks)
        for gap in gaps:
            if per_block * (column + gap) - gap <= width:
                return per_block, gap
    return 1, gaps[-1]


def _caret_of_columns(
    characters: Sequence[str], lines: list[list[int]], at: Callable[[int, int], tuple[int, int]]
) -> tuple[int, int]:
    """The (x, y) of the next character."""
    if not lines:
        return at(0, 0)
    if characters[lines[-1][-1]] in LINE_MARKS:
        return at(len(lines), 0)
    return at(len(lines) - 1, len(lines[-1]))
