"""A font made here: every character is a square, so that posters are drawn the same on every computer."""

from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from engine.commands.poster import fonts

POEM = "日暮江头一笛风，满船明月照归篷。扁舟欲去无人问，只在芦花浅水中。"
CHARACTERS = sorted({*POEM, *"江上赠友人李白之印东坡王<>abcdefghijklmnopqrstuvwxyzāáǎàēéěèīíǐìōóǒòūúǔùǘǚǜü"})


def make_font(path: Path, characters: list[str], family: str = "Test Song SC") -> Path:
    names = [".notdef", *(f"u{ord(one):05X}" for one in characters)]
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(one): f"u{ord(one):05X}" for one in characters})
    builder.setupGlyf({name: _square() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    builder.setupPost()
    builder.save(path)
    return path


def _square() -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(point)
    pen.closePath()
    square: object = pen.glyph()
    return square


@pytest.fixture(autouse=True)
def font_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with fonts; it has one Song face."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    make_font(folder / "NotoSerifSC-Regular.ttf", CHARACTERS)
    monkeypatch.setattr(fonts, "_folders", lambda: [folder])
    fonts.han_fonts.cache_clear()
    return folder
