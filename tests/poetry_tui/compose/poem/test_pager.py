"""Which numbers of the poems of a session have room below the verse."""

from hypothesis import given
from hypothesis import strategies as st

from poetry_tui.compose.poem.pager import around


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(0, 29), st.integers(0, 80))
def test_the_displayed_poem_is_always_among_them_and_the_others_fit(widths: list[int], at: int, room: int) -> None:
    index = at % len(widths)
    shown = around(index, widths, room)
    assert index in shown
    assert sum(widths[position] for position in shown) <= max(room, widths[index])


def test_all_of_them_are_shown_where_they_fit() -> None:
    assert around(2, [5, 5, 5, 5], 20) == range(4)
