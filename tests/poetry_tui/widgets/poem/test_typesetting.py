"""Where the characters of a poem stand."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from poetry_tui.compose.poem.facts import packed
from poetry_tui.widgets.poem.typesetting import Layout, full_width, typeset, typeset_vertical

SEVEN = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"
FIVE = "月色入江流，清风上小楼。故人何处去，明月满扁舟。"
IRREGULAR = "千古江山，英雄无觅，孙仲谋处。舞榭歌台，风流总被，雨打风吹去。"


def rows(text: str, page: Layout) -> list[str]:
    ys = sorted({cell.y for cell in page.cells})
    return ["".join(text[cell.index] for cell in page.cells if cell.y == y) for y in ys]


def test_a_regular_poem_stands_a_couplet_a_row() -> None:
    for text in (SEVEN, FIVE):
        half = len(text) // 2
        assert rows(text, typeset(text, 60, 20, is_done=True)) == [text[:half], text[half:]]


def test_an_irregular_poem_pairs_only_lines_of_one_length() -> None:
    page = typeset(IRREGULAR, 80, 20, is_done=True)
    assert rows(IRREGULAR, page) == ["千古江山，英雄无觅，", "孙仲谋处。", "舞榭歌台，风流总被，", "雨打风吹去。"]


def test_a_finished_poem_stands_in_the_middle() -> None:
    page = typeset(SEVEN, 60, 21, is_done=True)
    first, last = page.cells[0], page.cells[-1]
    assert abs(first.x - (60 - last.x - 2)) <= 1
    assert abs(first.y - (21 - last.y - 1)) <= 1


def test_the_verse_does_not_wander_while_it_grows() -> None:
    for text in (SEVEN, FIVE):
        after_first_line = text.index("，") + 1
        pages = [typeset(text[:length], 60, 20) for length in range(after_first_line, len(text) + 1)]
        assert len({page.cells[0] for page in [*pages, typeset(text, 60, 20, is_done=True)]}) == 1


def test_the_caret_stands_where_the_next_character_will() -> None:
    for length in range(1, len(SEVEN)):
        caret = typeset(SEVEN[:length], 60, 20).caret
        cell = typeset(SEVEN[: length + 1], 60, 20).cells[length]
        if length != 6:  # after the sixth character a longer line is expected, and all of it moves once
            assert caret == (cell.x, cell.y), length


def test_a_narrow_view_gives_up_gaps_and_then_couplets() -> None:
    assert len(rows(SEVEN, typeset(SEVEN, 33, 20, is_done=True))) == 2
    assert len(rows(SEVEN, typeset(SEVEN, 24, 20, is_done=True))) == 4
    assert len(rows(SEVEN, typeset(SEVEN, 10, 20, is_done=True))) > 4


def test_a_long_poem_gives_up_the_blank_rows() -> None:
    page = typeset(SEVEN * 4, 60, 8, is_done=True)
    assert page.cells[0].y == 0
    assert page.height == 8


def test_every_character_fills_two_cells() -> None:
    for character in ("日", "，", "□", "A", "“", "…", "\u0301", "𠀀"):
        assert cell_len(full_width(character)) == 2, character


@given(st.text("日月，。？\n A□", max_size=80), st.integers(2, 90), st.integers(1, 40), st.booleans())
def test_no_two_characters_share_a_cell_and_none_is_outside(text: str, width: int, height: int, is_done: bool) -> None:
    page = typeset(text, width, height, is_done)
    assert [cell.index for cell in sorted(page.cells, key=lambda cell: (cell.y, cell.x))] == list(range(len(text)))
    cells = [(cell.x + half, cell.y) for cell in page.cells for half in (0, 1)]
    assert len(set(cells)) == len(cells)
    assert all(0 <= x < width and y >= 0 for x, y in cells)


def test_annotations_have_a_row_of_their_own_below_each_line() -> None:
    page = typeset(SEVEN, 60, 20, is_done=True, annotation_cells=2)
    ys = sorted({cell.y for cell in page.cells})
    assert all(after - before >= 2 for before, after in itertools.pairwise(ys))
    assert page.height == ys[-1] + 2


def test_upright_a_line_is_a_column_and_columns_go_from_right_to_left() -> None:
    page = typeset_vertical(SEVEN, 60, 20, is_done=True)
    xs = sorted({cell.x for cell in page.cells}, reverse=True)
    columns = ["".join(SEVEN[cell.index] for cell in page.cells if cell.x == x) for x in xs]
    assert columns == [SEVEN[start : start + 8] for start in range(0, len(SEVEN), 8)]


def test_upright_columns_without_room_go_on_below() -> None:
    page = typeset_vertical(SEVEN + SEVEN, 37, 30, is_done=True, annotation_cells=2)
    assert len({cell.x for cell in page.cells}) == 4
    assert page.cells[32].y > page.cells[31].y


@given(
    st.text(alphabet="日月江，。山", max_size=60),
    st.integers(2, 80),
    st.integers(1, 30),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_no_two_characters_or_annotations_share_a_cell(
    text: str, width: int, height: int, is_done: bool, with_annotations: bool, is_upright: bool
) -> None:
    manner = typeset_vertical if is_upright else typeset
    page = manner(text, width, height, is_done, annotation_cells=2 * with_annotations)
    assert len(page.cells) == len(text)
    annotation = ((2, 0) if is_upright else (0, 1)) if with_annotations else (0, 0)
    cells = [
        taken
        for cell in page.cells
        for x, y in {(cell.x, cell.y), (cell.x + annotation[0], cell.y + annotation[1])}
        for taken in ((x, y), (x + 1, y))
    ]
    assert len(cells) == len(set(cells))
    assert all(cell.x >= 0 and cell.y >= 0 for cell in page.cells)
    assert all(cell.x + 2 <= max(width, 2) for cell in page.cells)


@given(st.lists(st.text("ab江", min_size=1, max_size=6), max_size=8), st.integers(1, 40))
def test_facts_break_only_between_their_parts(parts: list[str], width: int) -> None:
    lines = [line.plain for line in packed(list(map(Content, parts)), width)]
    assert " · ".join(lines) == " · ".join(parts)
    assert all(cell_len(line) <= width for line in lines if " · " in line)


TUNE = "日日日，月月月月。风风，山山山山。"


@pytest.mark.parametrize("with_annotations", [False, True])
def test_a_stanza_stands_apart_by_a_row_and_upright_by_a_column(with_annotations: bool) -> None:
    start = TUNE.index("风")
    plain = typeset(TUNE, 80, 40, True, annotation_cells=2 * with_annotations)
    apart = typeset(TUNE, 80, 40, True, annotation_cells=2 * with_annotations, stanza_starts=(start,))
    rows = [sorted({cell.y for cell in page.cells}) for page in (plain, apart)]
    step = rows[0][1] - rows[0][0]
    assert [b - a for a, b in itertools.pairwise(rows[1])] == [step, 2 * step, step]
    upright = typeset_vertical(TUNE, 80, 40, True, annotation_cells=2 * with_annotations, stanza_starts=(start,))
    columns = sorted({cell.x for cell in upright.cells}, reverse=True)
    gaps = [a - b for a, b in itertools.pairwise(columns)]
    assert gaps[1] == 2 * gaps[0] == 2 * gaps[2]


def test_characters_with_pinyin_stand_as_far_apart_as_it_is_wide() -> None:
    page = typeset(TUNE, 80, 40, True, annotation_cells=6)
    first = [cell for cell in page.cells if cell.y == page.cells[0].y]
    assert first[1].x - first[0].x == 7
    assert max(cell.x for cell in page.cells) + 6 <= 80
