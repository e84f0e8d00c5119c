"""The signs beside a poem when its tones are shown."""

from hypothesis import given
from hypothesis import strategies as st

from poetry_tui.verse.annotations import tones_of

SEVEN = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"


def test_a_regulated_poem_is_judged_by_the_form_that_its_lines_fit() -> None:
    tones = tones_of(SEVEN)
    assert (tones.form, tones.order, tones.rhyme_groups) == ("七绝", "BAaB", ("一东",))
    assert (tones.tones, tones.rhyme, tones.faults) == ("ok", "ok", ())
    assert [tones.signs[place].text for place in range(7)] == list("仄仄平平仄仄平")


def test_the_rhyme_stands_at_the_mark_of_each_rhyming_line() -> None:
    signs = tones_of(SEVEN).signs
    assert [place for place, sign in signs.items() if sign.look == "rhyme"] == [7, 15, 31]


def test_a_wrong_tone_and_a_wrong_rhyme_are_marked_and_named() -> None:
    tones = tones_of(SEVEN.replace("归篷", "月月"))
    assert tones.tones == "violation"
    assert {sign.look for sign in tones.signs.values()} >= {"wrong"}
    assert any(line == 2 and position == 0 for line, position, _ in tones.faults)


def test_a_rescue_is_no_fault() -> None:
    tones = tones_of("移舟泊烟渚，日暮客愁新。野旷天低树，江清月近人。")
    assert tones.tones == "ok"
    assert [line for line, _ in tones.rescues] == [1]
    assert "rescued" in {sign.look for sign in tones.signs.values()}


def test_lines_of_no_form_show_their_tones_and_no_verdict() -> None:
    tones = tones_of("日暮江头一笛风，满船")
    assert tones.form is None
    assert tones.signs[0].text == "仄"


def test_a_form_that_is_no_more_gives_way_to_the_one_that_fits() -> None:
    assert tones_of(SEVEN, "gone").form == "七绝"


@given(st.text(alphabet="日暮江头一笛风，。？□、 满船a", max_size=40))
def test_every_sign_stands_at_a_place_of_the_text(text: str) -> None:
    assert all(0 <= place < len(text) for place in tones_of(text).signs)


def test_notes_doubts_and_old_style_verse_are_told() -> None:
    tones = tones_of("白日依山尽，黄河入海流。欲穷山海目，更上一层楼。")
    assert (3, 3, "重字 山") in tones.notes
    doubtful = tones_of("离离原上草，一岁一枯荣。野火烧不尽，春花路又生。")
    assert doubtful.doubtful == ((3, 4, "不"),)
    assert tones_of("床前明月光，疑是地上霜。举头望明月，低头思故乡。").style == "古绝"


def test_another_rhyme_book_tells_other_tones() -> None:
    poem = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    assert [tones_of(poem, "wujue", book).signs[0].text for book in (None, "xinyun")] == ["仄", "平"]
    assert tones_of(poem, "gone", "xinyun").tones == "violation"
    assert [tones_of(poem, "wujue", book).rhyme_book for book in (None, "xinyun")] == ["", "中华新韵"]
