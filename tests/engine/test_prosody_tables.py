"""The rhyme book's tables: groups, readings, 词林正韵, and how much verse they cover."""

import pytest

from engine.errors import UsageError
from engine.prosody.rhymes import N_PARTS, group_called, groups_of, masks_of, merged_characters, rhyme_groups
from engine.prosody.tones import cannot_be, must_be, reading_of
from engine.vocabulary import is_han


def test_the_book_has_its_hundred_and_six_groups_in_order() -> None:
    tones = [group.tone for group in rhyme_groups()]
    assert [tones.count(tone) for tone in ("上平", "下平", "上", "去", "入")] == [15, 15, 29, 30, 17]
    assert [group.number for group in rhyme_groups()] == list(range(1, 107))
    assert len({group.letter for group in rhyme_groups()}) == 106


def test_every_group_holds_the_character_it_is_called_by() -> None:
    assert [group.name for group in rhyme_groups() if group.letter not in group.characters] == ["十七筱"]
    assert "篠" in group_called("筱").characters


def test_a_group_lists_nothing_but_han_characters_and_each_once() -> None:
    for group in rhyme_groups():
        assert all(map(is_han, group.characters)), group.name
        assert len(set(group.characters)) == len(group.characters), group.name


@pytest.mark.parametrize(
    ("character", "names"),
    [
        ("东", {"一东"}),
        ("東", {"一东"}),
        ("先", {"一先", "十七霰"}),
        ("看", {"十四寒", "十五翰"}),
        ("过", {"五歌", "二十一个"}),
        ("白", {"十一陌"}),
        ("隐", {"十二吻", "十三问"}),
        ("隠", {"十二吻", "十三问"}),
        ("绿", {"二沃"}),
        ("沉", {"十二侵"}),
    ],
)
def test_a_character_keeps_all_its_readings_in_both_scripts(character: str, names: set[str]) -> None:
    assert {group.name for group in groups_of(character)} == names


def test_entering_tones_are_oblique_whatever_mandarin_makes_of_them() -> None:
    assert {reading_of(character) for character in "国白一出竹石独七八食"} == {"仄"}
    assert {reading_of(character) for character in "东江山花风"} == {"平"}
    assert reading_of("看") == "both"
    assert reading_of("a") == reading_of("𣃁") == "unknown"


def test_simplified_characters_that_stand_for_several_keep_the_readings_of_all() -> None:
    assert {character for character in "种吁坏划宁" if reading_of(character) != "both"} == set()
    assert {"台", "干", "云"} <= merged_characters()


def test_a_group_can_be_called_by_its_letter_or_name_in_either_script() -> None:
    assert group_called("东") is group_called("一东") is group_called("東")
    with pytest.raises(UsageError) as caught:
        group_called("山")
    assert "东" in caught.value.hint


def test_every_group_has_its_part_of_cilin_and_divided_ones_two() -> None:
    masks = masks_of("cilin")
    assert len(masks.names) == N_PARTS
    for group in rhyme_groups():
        side = masks.level if group.is_level else masks.oblique
        assert all(side.get(character) for character in group.characters)
    assert masks.level["东"] == masks.level["冬"] == 1
    assert masks.names_in(masks.level["灰"]) == ("第三部",)
    assert masks.names_in(masks.level["开"]) == ("第五部",)
    assert masks.names_in(masks.level["元"]) == ("第七部",)
    assert masks.names_in(masks.level["魂"]) == ("第六部",)
    assert masks.names_in(masks.oblique["月"]) == ("第十八部",)


def test_masks_put_the_first_character_highest() -> None:
    assert must_be("平仄中平") == (0b1001, 0b0100)
    assert cannot_be("东绿看𣃁") == (0b0100, 0b1000)
    assert cannot_be("") == (0, 0)
