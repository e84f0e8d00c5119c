"""The rhyme book's tables: groups, readings, 词林正韵, and how much verse they cover."""

import pytest

from engine.prosody.rhymes import (
    RhymeGroup,
    group_called,
    masks_of,
    merged_characters,
    rhyme_groups,
    unusual_rhymes,
)
from engine.prosody.text import is_han
from engine.prosody.tones import cannot_be, must_be, reading_of
from engine.system.errors import UsageError
from engine.system.paths import bundled_data

CORRECTIONS = bundled_data() / "prosody" / "corrections.tsv"


def groups_of(character: str) -> list[RhymeGroup]:
    return [group for group in rhyme_groups() if masks_of("pingshui").groups_of(character) & group.bit]


def test_the_book_has_its_hundred_and_six_groups_in_order() -> None:
    tones = [group.tone for group in rhyme_groups()]
    assert [tones.count(tone) for tone in ("上平", "下平", "上", "去", "入")] == [15, 15, 29, 30, 17]
    assert [group.number for group in rhyme_groups()] == list(range(1, 107))
    assert len({group.letter for group in rhyme_groups()}) == 106


def test_every_group_holds_the_character_it_is_called_by() -> None:
    assert all(group.letter in group.characters for group in rhyme_groups())
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
    assert reading_of("a") == reading_of("畑") == "unknown"


def test_simplified_characters_that_stand_for_several_keep_the_readings_of_all() -> None:
    assert {character for character in "种吁坏划宁" if reading_of(character) != "both"} == set()
    assert {"台", "干", "云"} <= merged_characters()


def test_readings_that_no_other_book_has_are_gone_and_the_missing_ones_are_there() -> None:
    """Each was compared with four other books and with what the poets do: `data/prosody/corrections.tsv`."""
    assert {one: reading_of(one) for one in "龙仙儿师颓优蒲扉葭醅森维猪芊"} == dict.fromkeys(
        "龙仙儿师颓优蒲扉葭醅森维猪芊", "平"
    )
    assert {one: reading_of(one) for one in "汉了宦焰冢甑绘鹗栩瘿锻庑"} == dict.fromkeys(
        "汉了宦焰冢甑绘鹗栩瘿锻庑", "仄"
    )
    assert {one for one in "伎蜚倡镫莆瀼咳岿粗" if reading_of(one) != "both"} == set()
    assert {one: reading_of(one) for one in "晁馀癯挲阒湼"} == {
        **dict.fromkeys("晁馀癯挲", "平"),
        **dict.fromkeys("阒湼", "仄"),
    }
    for character, letter in ("否尤", "犁齐", "令青", "帕祃", "帅寘", "秃屋", "鄜虞", "鸮萧"):
        assert letter in {group.letter for group in groups_of(character)}, character
    assert {group.letter for group in groups_of("国")} == {"职"}


def test_every_correction_names_its_group_its_books_and_a_reason() -> None:
    """A reading that is put in stands in two books, or the note says what else speaks for it."""
    rows = [
        line.split("\t") for line in CORRECTIONS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    letters = {group.letter: group.characters for group in rhyme_groups()}
    assert len(rows) > 1000
    for change, letter, characters, books, _, _, why in rows:
        assert change in "+-", characters
        assert why, characters
        if change == "-":
            assert characters not in letters[letter]
            assert not {"平水韵", "广韵", "礼部韵略"} & set(books.split()), characters
        else:
            assert set(characters) <= set(letters[letter])
    alone = [row[2] for row in rows if row[0] == "+" and len(row[3].split()) < 2]
    assert len(alone) < 100


@pytest.mark.parametrize(
    ("character", "tone", "part"),
    [
        ("杀", "仄", "第五部"),
        ("听", "平", "第六部"),
        ("吹", "仄", "第三部"),
        ("平", "平", "第七部"),
        ("足", "仄", "第四部"),
        ("恶", "仄", "第四部"),
        ("识", "仄", "第三部"),
    ],
)
def test_composing_does_not_rhyme_on_a_reading_that_poets_do_not_rhyme_on(character: str, tone: str, part: str) -> None:
    masks = masks_of("cilin")
    side = masks.level if tone == "平" else masks.oblique
    bit = 1 << masks.names.index(part)
    assert side[character] & bit
    assert unusual_rhymes("cilin")[character][tone == "仄"] & bit


def test_a_character_rhymes_on_the_readings_that_poets_rhyme_on() -> None:
    """看 过 听 in both tones, 声 东 路 in their one."""
    masks, unusual = masks_of("cilin"), unusual_rhymes("cilin")
    for character in "看过听":
        level, oblique = unusual.get(character, (0, 0))
        assert masks.level[character] & ~level, character
        assert masks.oblique[character] & ~oblique, character
    for character in "声东流山花":
        assert masks.level[character] & ~unusual.get(character, (0, 0))[0], character
    for character in "路月雪柳处去":
        assert masks.oblique[character] & ~unusual.get(character, (0, 0))[1], character


def test_a_group_can_be_called_by_its_letter_or_name_in_either_script() -> None:
    assert group_called("东") is group_called("一东") is group_called("東")
    with pytest.raises(UsageError) as caught:
        group_called("山")
    assert "东" in caught.value.hint


def test_every_group_has_its_part_of_cilin_and_divided_ones_two() -> None:
    masks = masks_of("cilin")
    assert len(masks.names) == 19
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
    assert cannot_be("东绿看畑") == (0b0100, 0b1000)
    assert cannot_be("") == (0, 0)
