"""Posters: every character stands once, on the paper, beside no other; the files are what their endings say."""

import dataclasses
import itertools
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands.poster import fonts
from engine.commands.poster.layout import AIDS, HEIGHT, WIDTH, PosterStyle, lay_out
from engine.commands.poster.papers import PAPERS
from engine.commands.poster.render import poster_image, poster_png, poster_svg, write_poster
from engine.commands.poster.seal import seal_characters
from engine.commands.poster.shapes import Text
from engine.prosody.text import han_of, is_han
from engine.system.errors import StudioError, UsageError

POEM = "日暮江头一笛风，满船明月照归篷。扁舟欲去无人问，只在芦花浅水中。"
WULV = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
NIANNUJIAO = (
    "大江东去，浪淘尽，千古风流人物。故垒西边，人道是，三国周郎赤壁。乱石穿空，惊涛拍岸，卷起千堆雪。江山如画，一时多少豪杰。"
    "遥想公瑾当年，小乔初嫁了，雄姿英发。羽扇纶巾，谈笑间，樯橹灰飞烟灭。故国神游，多情应笑我，早生华发。人生如梦，一尊还酹江月。"
)
STYLE = PosterStyle(title="江上", inscription="赠友人", seal="李白")


def verse_of(text: str, style: PosterStyle) -> list[Text]:
    """The characters of the verse, in the order in which they are drawn; they are the largest."""
    texts = [
        shape for shape in lay_out(text, style) if isinstance(shape, Text) and shape.colour == PAPERS[style.paper].ink
    ]
    return [one for one in texts if is_han(one.text)]


lines_of_any_length = st.lists(st.integers(1, 12), min_size=1, max_size=24)


@settings(deadline=None, max_examples=40)
@given(
    lengths=lines_of_any_length,
    is_vertical=st.booleans(),
    aid=st.sampled_from(AIDS[:2]),
    title=st.sampled_from(["", "江上", "江" * 28]),
)
def test_every_character_stands_on_the_paper_and_on_no_other(
    lengths: list[int], is_vertical: bool, aid: str, title: str
) -> None:
    text = "".join("山" * length + "，。"[number % 2] for number, length in enumerate(lengths))
    style = dataclasses.replace(STYLE, is_vertical=is_vertical, aid=aid, title=title)  # type: ignore[arg-type]
    shapes = [shape for shape in lay_out(text, style) if isinstance(shape, Text)]
    assert len([one for one in shapes if one.text == "山"]) == sum(lengths)
    for one in shapes:
        assert one.size / 2 < one.x < WIDTH - one.size / 2
        assert one.size / 2 < one.y < HEIGHT - one.size / 2
    for one, other in itertools.combinations(shapes, 2):
        apart = (one.size + other.size) / 2 * 0.98
        assert abs(one.x - other.x) >= apart or abs(one.y - other.y) >= apart, (one, other)


@pytest.mark.parametrize("text", [POEM, WULV, NIANNUJIAO])
@pytest.mark.parametrize("is_vertical", [True, False])
def test_the_verse_is_drawn_in_its_order_without_its_marks(text: str, is_vertical: bool) -> None:
    verse = verse_of(text, dataclasses.replace(STYLE, is_vertical=is_vertical))
    assert "".join(one.text for one in verse) == han_of(text)
    order = [(-one.x, one.y) if is_vertical else (one.y, one.x) for one in verse]
    assert order == sorted(order)


def test_a_quatrain_has_a_column_for_each_line_and_an_octave_one_for_each_couplet() -> None:
    assert len({one.x for one in verse_of(POEM, STYLE)}) == 4
    assert len({one.x for one in verse_of(WULV, STYLE)}) == 4


def test_the_second_stanza_of_a_tune_begins_a_column_and_stands_apart() -> None:
    verse = verse_of(NIANNUJIAO, dataclasses.replace(STYLE, title=""))
    columns = sorted({one.x for one in verse}, reverse=True)
    gaps = {round(right - left): left for right, left in itertools.pairwise(columns)}
    assert len(gaps) == 2
    first = next(one for one in verse if one.x == gaps[max(gaps)])
    assert first.text == "遥"


def test_pinyin_stands_below_each_character() -> None:
    shapes = lay_out(POEM, dataclasses.replace(STYLE, aid="pinyin"))
    assert [one.text for one in shapes if isinstance(one, Text) and one.text.endswith("āng")] == ["jiāng"]


@pytest.mark.parametrize(
    ("name", "cut"), [("王", "王"), ("李白", "李白之印"), ("李太白", "李太白印"), ("东坡居士", "东坡居士"), ("", "")]
)
def test_a_seal_has_one_character_or_four(name: str, cut: str) -> None:
    assert seal_characters(name) == cut


@pytest.mark.parametrize(
    "wrong",
    [{"seal": "东坡居士印"}, {"seal": "Li Bai"}, {"paper": "plain"}, {"title": "江" * 29}, {"inscription": "江" * 17}],
)
def test_a_style_that_does_not_fit_is_refused_in_a_sentence(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"\.$"):
        lay_out(POEM, dataclasses.replace(STYLE, **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("paper", PAPERS)
def test_ink_title_and_seal_are_easily_told_from_the_paper(paper: str) -> None:
    one = PAPERS[paper]
    for ground in (one.top, one.bottom):
        assert contrast(one.ink, ground) >= 7
        assert contrast(one.faint, ground) >= 3.5
        assert contrast(one.seal, ground) >= 2.5


def contrast(first: str, second: str) -> float:
    """The contrast of two colours as WCAG 2 has it, 1 to 21."""
    a, b = sorted((luminance(first), luminance(second)), reverse=True)
    return (a + 0.05) / (b + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_picture_has_ink_where_the_verse_stands_and_is_the_same_each_time() -> None:
    image = poster_image(POEM, STYLE, width=300)
    assert image.size == (300, 400)
    first = verse_of(POEM, STYLE)[0]
    assert sum(image.getpixel((round(first.x / 5), round(first.y / 5)))) < 200  # type: ignore[arg-type]
    assert sum(image.getpixel((5, 200))) > 600  # type: ignore[arg-type]
    assert image.tobytes() == poster_image(POEM, STYLE, width=300).tobytes()


def test_a_file_is_what_its_ending_says(tmp_path: Path) -> None:
    write_poster(tmp_path / "a.PNG", POEM, STYLE)
    assert (tmp_path / "a.PNG").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    write_poster(tmp_path / "a.svg", POEM, dataclasses.replace(STYLE, title="<江上>"))
    root = ET.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert "text" not in tags
    assert tags.count("path") > len(han_of(POEM))
    with pytest.raises(UsageError, match=r"a\.gif"):
        write_poster(tmp_path / "a.gif", POEM, STYLE)


def test_without_a_han_font_a_sentence_says_what_to_install(font_folder: Path) -> None:
    for file in font_folder.iterdir():
        file.unlink()
    fonts.han_fonts.cache_clear()
    with pytest.raises(StudioError, match="No font with Chinese characters was found") as raised:
        poster_png(POEM, STYLE)
    assert "fonts-noto-cjk" in raised.value.hint


def test_a_character_that_no_font_has_is_named() -> None:
    with pytest.raises(StudioError, match="𠮷"):
        poster_svg("𠮷" + POEM[1:], STYLE)


def test_a_named_font_goes_before_those_found_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_text("no font")
    with pytest.raises(UsageError, match=r"broken\.ttf"):
        poster_svg(POEM, STYLE, font=broken)
