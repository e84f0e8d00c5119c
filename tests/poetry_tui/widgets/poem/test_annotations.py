"""The annotations beside a poem when its tones are shown."""

from hypothesis import given
from hypothesis import strategies as st

from poetry_tui.compose.poem.facts import tone_facts
from poetry_tui.preferences.i18n import tr
from poetry_tui.widgets.poem.annotations import annotate

SEVEN = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"


def test_a_regulated_poem_is_judged_by_the_form_that_its_lines_fit() -> None:
    tones = annotate(SEVEN)
    assert (tones.names, tones.rhyme_groups) == (("七绝", "BAaB"), ("一东",))
    assert (tones.report.verdicts.tones, tones.report.verdicts.rhyme, tones.faults) == ("ok", "ok", [])
    assert [tones.annotations[position].text for position in range(7)] == list("仄仄平平仄仄平")


def test_the_rhyme_stands_at_the_mark_of_each_rhyming_line() -> None:
    annotations = annotate(SEVEN).annotations
    assert [position for position, annotation in annotations.items() if annotation.look == "rhyme"] == [7, 15, 31]


def test_a_wrong_tone_and_a_wrong_rhyme_are_marked_and_named() -> None:
    tones = annotate(SEVEN.replace("归篷", "月月"))
    assert tones.report.verdicts.tones == "violation"
    assert {annotation.look for annotation in tones.annotations.values()} >= {"wrong"}
    assert any(line == 2 and position == 0 for line, position, _ in tones.faults)


def test_a_rescue_is_no_fault() -> None:
    tones = annotate("移舟泊烟渚，日暮客愁新。野旷天低树，江清月近人。")
    assert tones.report.verdicts.tones == "ok"
    assert [licence.line for licence in tones.report.licences] == [1]
    assert "licence" in {annotation.look for annotation in tones.annotations.values()}


def test_lines_of_no_form_show_their_tones_and_no_verdict() -> None:
    tones = annotate("日暮江头一笛风，满船")
    assert tones.form is None
    assert tones.annotations[0].text == "仄"


def test_a_form_that_is_no_more_gives_way_to_the_one_that_fits() -> None:
    assert annotate(SEVEN, "gone").names == ("七绝", "BAaB")


@given(st.text(alphabet="日暮江头一笛风，。？□、 满船a", max_size=40))
def test_every_annotation_stands_at_a_position_of_the_text(text: str) -> None:
    assert all(0 <= position < len(text) for position in annotate(text).annotations)


def test_notes_doubts_and_old_style_verse_are_told() -> None:
    noted = "\n".join(map(str, tone_facts(annotate("白日依山尽，黄河入海流。欲穷山海目，更上一层楼。"))))
    assert tr("compose.fault_at", line=3, position=3, what="重字 山") in noted
    doubtful = tone_facts(annotate("离离原上草，一岁一枯荣。野火烧不尽，春花路又生。"))
    assert tr("compose.doubtful_at", line=3, position=4, what="不") in map(str, doubtful)
    assert annotate("床前明月光，疑是地上霜。举头望明月，低头思故乡。").names == ("古绝",)


def test_another_rhyme_book_tells_other_tones() -> None:
    poem = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    assert [annotate(poem, "wujue", book).annotations[0].text for book in (None, "xinyun")] == ["仄", "平"]
    assert annotate(poem, "gone", "xinyun").report.verdicts.tones == "violation"
    named = ["中华新韵" in map(str, tone_facts(annotate(poem, "wujue", book))) for book in (None, "xinyun")]
    assert named == [False, True]


def test_pinyin_stands_in_place_of_the_tones_and_keeps_their_looks() -> None:
    plain, read = annotate(SEVEN).annotations, annotate(SEVEN, with_pinyin=True).annotations
    assert [read[position].text for position in range(7)] == ["rì", "mù", "jiāng", "tóu", "yī", "dí", "fēng"]
    assert all(read[position].look == plain[position].look for position in read)
