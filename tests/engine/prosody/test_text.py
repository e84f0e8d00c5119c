"""The shape of verse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands.console_logger import RowBreaks, lay_out
from engine.prosody.text import columns_rtl, couplets, split_lines

QUATRAIN = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"


def test_a_quatrain_has_four_lines_and_two_rows() -> None:
    assert split_lines(QUATRAIN) == ["床前明月光，", "疑是地上霜。", "举头望明月，", "低头思故乡。"]
    assert couplets(split_lines(QUATRAIN)) == ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]


def test_lines_of_unequal_length_stand_alone() -> None:
    assert couplets(["君不见，", "黄河之水天上来，", "奔流到海不复回。"]) == [
        "君不见，",
        "黄河之水天上来，奔流到海不复回。",
    ]


def test_a_line_that_ends_a_sentence_begins_no_couplet() -> None:
    assert couplets(["山？", "水。", "日，", "月。"]) == ["山？", "水。", "日，月。"]


@given(st.text("日月山水，。？！；：", max_size=40))
def test_no_character_is_lost(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text or not text.strip("，。？！；：")
    assert "".join(couplets(lines)) == "".join(lines)


def test_columns_are_read_from_the_right() -> None:
    assert columns_rtl(["日月，", "山。"]) == ["山　日", "。　月", "　　，"]
    assert columns_rtl([]) == []


def test_a_poem_is_laid_out_in_couplets_or_columns() -> None:
    assert lay_out(QUATRAIN) == "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。"
    assert lay_out(QUATRAIN, vertical=True).splitlines()[0] == "低　举　疑　床"


@pytest.mark.parametrize("text", [QUATRAIN, "山光忽西落，池月渐东上。散发乘夕凉，开轩卧闲敞。"])
def test_written_character_by_character_regular_verse_has_the_same_rows(text: str) -> None:
    rows = RowBreaks()
    written = "".join(character + ("\n" if rows.ends_row(character) else "") for character in text)
    assert written == lay_out(text) + "\n"
