"""Screenshots as PNG: every character stands in its terminal cells."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from benchmarks.screenshot_png import CELL, WIDE_SIZE, check_programs, in_cells, write_png

TEXTS = st.text(st.sampled_from("ab1─█⣿·月春江，《 \N{NO-BREAK SPACE}"), min_size=1)


def svg_of(text: str, x: float) -> str:
    run = f'<text class="terminal-1-r2" x="{x}" y="20" textLength="24.4" clip-path="url(#line-0)">{text}</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 30">{run}</svg>'


@given(TEXTS, st.integers(0, 20))
def test_each_character_begins_in_the_column_that_the_terminal_gives_it(text: str, column: int) -> None:
    placed = in_cells(svg_of(text, column * CELL))
    expected, at = {}, column
    for character in text:
        if not character.isspace():
            expected[at] = character
        at += cell_len(character)
    found = {}
    for x, style, run in re.findall(r'<text [^>]*?x="([\d.]+)"[^>]*?( style="[^"]*")?>([^<]*)</text>', placed):
        left = float(x) - (2 * CELL - WIDE_SIZE) / 2 if style else float(x)
        for number, character in enumerate(run):
            if not character.isspace():
                found[round(left / CELL) + number] = character
        # librsvg drops a space at the beginning.
        assert not run[:1].isspace()
        assert bool(style) == any(cell_len(character) == 2 for character in run)
    assert found == expected


def test_what_the_markup_escapes_stays_escaped() -> None:
    assert "&lt;b&gt; &amp;" in in_cells(svg_of("&lt;b&gt; &amp;", 0))


@pytest.mark.skipif(not (shutil.which("rsvg-convert") and shutil.which("pngquant")), reason="no program to convert")
def test_a_screenshot_becomes_a_png(tmp_path: Path) -> None:
    write_png(svg_of("月 moon", 0), tmp_path / "moon.png")
    assert (tmp_path / "moon.png").read_bytes().startswith(b"\x89PNG")


def test_a_missing_converter_is_named_with_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"rsvg-convert is missing.*librsvg2-bin"):
        check_programs()
