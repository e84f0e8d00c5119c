"""Where the characters of a poem stand."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from poetry_tui.typeset import Page, typeset, wide

SEVEN = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"
FIVE = "月色入江流，清风上小楼。故人何处去，明月满扁舟。"
IRREGULAR = "千古江山，英雄无觅，孙仲谋处。舞榭歌台，风流总被，雨打风吹去。"


def rows(text: str, page: Page) -> list[str]:
    ys = sorted({place.y for place in page.places})
    return ["".join(text[place.index] for place in page.places if place.y == y) for y in ys]


def test_a_regular_poem_stands_a_couplet_a_row() -> None:
    for text in (SEVEN, FIVE):
        half = len(text) // 2
        assert rows(text, typeset(text, 60, 20, is_done=True)) == [text[:half], text[half:]]


def test_an_irregular_poem_pairs_only_lines_of_one_length() -> None:
    page = typeset(IRREGULAR, 80, 20, is_done=True)
    assert rows(IRREGULAR, page) == ["千古江山，英雄无觅，", "孙仲谋处。", "舞榭歌台，风流总被，", "雨打风吹去。"]


def test_a_finished_poem_stands_in_the_middle() -> None:
    page = typeset(SEVEN, 60, 21, is_done=True)
    first, last = page.places[0], page.places[-1]
    assert abs(first.x - (60 - last.x - 2)) <= 1
    assert abs(first.y - (21 - last.y - 1)) <= 1


def test_the_verse_does_not_wander_while_it_grows() -> None:
    for text in (SEVEN, FIVE):
        after_first_line = text.index("，") + 1
        pages = [typeset(text[:length], 60, 20) for length in range(after_first_line, len(text) + 1)]
        assert len({page.places[0] for page in [*pages, typeset(text, 60, 20, is_done=True)]}) == 1


def test_the_caret_stands_where_the_next_character_will() -> None:
    for length in range(1, len(SEVEN)):
        caret = typeset(SEVEN[:length], 60, 20).caret
        place = typeset(SEVEN[: length + 1], 60, 20).places[length]
        if length != 6:  # after the sixth character a longer line is expected, and all of it moves once
            assert caret == (place.x, place.y), length


def test_a_narrow_stage_gives_up_gaps_and_then_couplets() -> None:
    assert len(rows(SEVEN, typeset(SEVEN, 33, 20, is_done=True))) == 2
    assert len(rows(SEVEN, typeset(SEVEN, 24, 20, is_done=True))) == 4
    assert len(rows(SEVEN, typeset(SEVEN, 10, 20, is_done=True))) > 4


def test_a_long_poem_gives_up_the_blank_rows() -> None:
    page = typeset(SEVEN * 4, 60, 8, is_done=True)
    assert page.places[0].y == 0
    assert page.height == 8


def test_every_character_fills_two_cells() -> None:
    for character in ("日", "，", "□", "A", "“", "…", "\u0301", "𠀀"):
        assert cell_len(wide(character)) == 2, character


@given(st.text("日月，。？\n A□", max_size=80), st.integers(2, 90), st.integers(1, 40), st.booleans())
def test_no_two_characters_share_a_cell_and_none_is_outside(text: str, width: int, height: int, is_done: bool) -> None:
    page = typeset(text, width, height, is_done)
    assert [place.index for place in sorted(page.places, key=lambda place: (place.y, place.x))] == list(
        range(len(text))
    )
    cells = [(place.x + half, place.y) for place in page.places for half in (0, 1)]
    assert len(set(cells)) == len(cells)
    assert all(0 <= x < width and y >= 0 for x, y in cells)
