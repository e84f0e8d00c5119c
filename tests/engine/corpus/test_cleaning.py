"""What cleaning keeps of an edition's text, and what it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.cleaning import Cleaner
from engine.corpus.poem import Poem, RawPoem
from engine.prosody.text import MARKS, is_han, lines_of
from tests.engine.corpus.corpus_samples import JINGYESI, SHANXING, TRADITIONAL


def cleaned(text: str, title: str = "题", *, simplify: bool = False) -> Poem | None:
    return Cleaner(simplify=simplify).clean(RawPoem(title, "人", text))


def reason(text: str, title: str = "题") -> str:
    """Why a poem is dropped."""
    cleaner = Cleaner(simplify=False)
    assert cleaner.clean(RawPoem(title, "人", text)) is None
    (only,) = cleaner.report.dropped
    return only


@pytest.mark.parametrize(
    ("printed", "verse"),
    [
        (JINGYESI, JINGYESI),
        ("床前明月光,疑是地上霜.\n举头望明月,低头思故乡", JINGYESI),
        ("床前明月光｡疑是地上霜｡", "床前明月光。疑是地上霜。"),
        ("《床前》明月光，“疑是”地上霜。「举头」望明月，低头思故乡。", JINGYESI),
        ("床前明月光（一作床前看月光），疑是地上霜。举头望明月（《文苑英华》作（山月）），低头思故乡。", JINGYESI),
        ("床前明月光(一作看月)，疑是地上霜【注】。举头〈此处〉望明月，低头〔平〕思故乡〖同前〗。", JINGYESI),
        ("床前明[月]光，疑是地上霜。举头望明月，低头思故[乡]。", JINGYESI),
        ("床前明月光[一]，疑是地上霜[二十三]。举头望明月①，低头思故乡[12]。", JINGYESI),
        ("床前明月光，疑是地上霜。举头望明月，低头思故乡。（见《全唐诗》卷一六五。\n）", JINGYESI),
        ("床前明月光\n疑是地上霜\n举头望明月\n低头思故乡", JINGYESI),
        ("床前明月光|疑是地上霜|举头望明月|低头思故乡", JINGYESI),
        ("床前明月光 疑是地上霜 举头望明月 低头思故乡。", JINGYESI),
        ("床前明月光疑是地上霜举头望明月低头思故乡", JINGYESI),
        ("床前明月\n光，疑是地上霜。举\n头望明月，低头思故乡。", JINGYESI),
        ("何处秋风至？萧萧送雁群？。朝来入庭树，孤客最先闻！。", "何处秋风至？萧萧送雁群？朝来入庭树，孤客最先闻！"),
        ("行行重行々，与君生别离。相去万余里，各在天一涯。", "行行重行行，与君生别离。相去万余里，各在天一涯。"),
    ],
)
def test_the_bare_verse_is_left(printed: str, verse: str) -> None:
    poem = cleaned(printed)
    assert poem is not None
    assert poem.text == verse


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("床前明月光，疑是□上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是囗上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是{土也}上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是⿰土也上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是\ue815上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是？上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是上霜。举头望明月，低头思故乡。", "gap"),
        ("床前明月光，疑是地上霜。举头望明月，（下缺）。", "gap"),
        ("床前明月光，疑是（地）上霜。举头望明月，低头思故乡。", "unclear_note"),
        ("床前明月光，疑是地上霜。（《全唐诗》", "brackets"),
        ("床前明月光，疑是地上霜）。", "brackets"),
        ("床前明月光，疑是d上霜。", "foreign"),
        ("床前明月光。", "too_short"),
        ("白日依山，黄河入海。", "too_short"),
        ("（以上刘瑛整理）。", "no_han"),
        ("", "no_han"),
        ("詩題：九日首句：節物驚心兩鬢華。", "catalogue"),
        ("李唐以文学第士尤重声律硕儒俊彦罔不规斯道三百年间，诗人千计。", "not_verse"),
    ],
)
def test_a_poem_that_is_no_whole_poem_is_dropped_and_the_report_says_why(text: str, why: str) -> None:
    assert reason(text) == why


@pytest.mark.parametrize("title", ["句", "句  其一", "句 四", "逸句"])
def test_fragments_are_dropped_by_their_title(title: str) -> None:
    assert reason(JINGYESI, title) == "fragment"


def test_a_title_that_only_begins_alike_is_no_fragment() -> None:
    assert cleaned(JINGYESI, "句曲山") is not None


def test_old_verse_with_lines_of_several_lengths_keeps_its_question_marks() -> None:
    text = "君不见黄河之水天上来？奔流到海不复回。岑夫子？丹丘生？将进酒，杯莫停。"
    poem = cleaned(text)
    assert poem is not None
    assert poem.text == text


def test_traditional_characters_and_old_variants_become_simplified() -> None:
    poem = cleaned(TRADITIONAL.replace("疑", "隠"), "靜夜思", simplify=True)
    assert poem == Poem("静夜思", "人", "床前明月光，隐是地上霜。举头望明月，低头思故乡。")


def test_traditional_characters_stay_when_asked() -> None:
    poem = cleaned(TRADITIONAL)
    assert poem is not None
    assert poem.text == TRADITIONAL


def test_of_two_poems_with_the_same_characters_the_first_stays() -> None:
    cleaner = Cleaner(simplify=True)
    raws = [RawPoem("甲", "", TRADITIONAL), RawPoem("乙", "", "床前明月光。疑是地上霜！举头望明月。低头思故乡？")]
    assert [poem.title for poem in cleaner.clean_all(raws)] == ["甲"]
    assert cleaner.report.dropped == {"duplicate": 1}
    assert (cleaner.report.n_read, cleaner.report.n_kept) == (2, 1)


def test_a_file_to_be_judged_keeps_short_poems_and_repeated_ones() -> None:
    cleaner = Cleaner(simplify=False, unique=False, lenient=True)
    raws = [RawPoem("句", "", "白日依山尽。"), RawPoem("", "", "白日依山尽。")]
    assert len(list(cleaner.clean_all(raws))) == 2


def test_the_report_survives_being_written_down() -> None:
    cleaner = Cleaner(simplify=False)
    for text in (JINGYESI, JINGYESI, SHANXING, "□"):
        cleaner.clean(RawPoem("题", "", text))
    report = cleaner.report
    assert type(report).from_dict(report.to_dict()) == report
    assert report.n_read == report.n_kept + report.dropped.total()


def test_broken_characters_in_a_title_do_not_reach_the_disk() -> None:
    poem = cleaned(JINGYESI, "静夜\ud800思\n（一作夜思）")
    assert poem is not None
    assert poem.title == "静夜 思"


EDITION = st.text(
    alphabet=st.one_of(
        st.sampled_from("床前明月光疑是地上霜舉頭望故鄉𩃱﨑〇"),
        st.sampled_from("，。？！；：、,.!?;:｡《》“”（）()[]{}【】〈〉□○ \n|/々①一二作注a1\ue000\ud800\x00"),
        st.characters(),
    ),
    max_size=80,
)


@given(EDITION)
def test_whatever_is_read_a_cleaned_text_holds_only_han_characters_and_marks(text: str) -> None:
    poem = Cleaner(simplify=True, lenient=True).clean(RawPoem("", "", text))
    if poem is not None:
        assert all(is_han(character) or character in MARKS for character in poem.text)
        assert poem.text[-1] in "。？！"
        assert not re.search(f"^[{MARKS}]|[{MARKS}]{{2}}", poem.text)
        poem.text.encode()


@given(EDITION)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    poem = Cleaner(simplify=False, lenient=True).clean(RawPoem("", "", text))
    if poem is not None:
        again = Cleaner(simplify=False, lenient=True).clean(RawPoem("", "", poem.text))
        assert again is not None
        assert again.text == poem.text


LINE = st.text(alphabet="床前明月光疑是地上霜举头望故乡", min_size=1, max_size=9)


@given(st.lists(st.tuples(LINE, st.sampled_from("，。；！,.")), min_size=1, max_size=8))
def test_lines_are_never_merged_or_cut(lines: list[tuple[str, str]]) -> None:
    text = "".join(f"“{line}”{mark}\n" for line, mark in lines)
    poem = Cleaner(simplify=False, lenient=True).clean(RawPoem("", "", text))
    assert poem is not None
    assert lines_of(poem.text) == [line for line, _ in lines]
