"""A screenshot of the studio as PNG, each character in its terminal cells.

Textual's SVG names a web font without Han glyphs and stretches text to its width (`textLength`), which librsvg does not support. So
narrow characters are set in a monospaced font whose advance is one cell, and each wide one is set alone, in the middle of
its two cells.
"""

import html
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len

WIDTH_PIXELS = 1200
N_COLORS = 128
NARROW_FONT, WIDE_FONT = "DejaVu Sans Mono", "Noto Sans CJK SC"
HOW_TO_INSTALL = "On Debian: apt-get install librsvg2-bin pngquant fonts-dejavu-core fonts-noto-cjk."
# Of the SVG: a cell's width, at which DejaVu Sans Mono (advance 0.602 em) has this size, and the size of Han characters.
CELL = 12.2
NARROW_SIZE, WIDE_SIZE = CELL / 0.602, 22.0
_TEXT = re.compile(r'<text (class="[^"]*-r\d+") x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" ([^>]*)>([^<]*)</text>')


def check_programs() -> None:
    """Exit with a sentence where a program or a font is missing."""
    for program in ("rsvg-convert", "pngquant"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing. {HOW_TO_INSTALL}")
    # fc-list belongs to fontconfig, through which librsvg finds fonts.
    if shutil.which("fc-list") is None:
        return
    for font in (NARROW_FONT, WIDE_FONT):
        if not subprocess.run(["fc-list", font], capture_output=True, check=True).stdout:
            sys.exit(f"The font {font} is missing. {HOW_TO_INSTALL}")


def write_png(svg: str, path: Path) -> None:
    """Convert an SVG that `App.export_screenshot` made; few colours keep the file small."""
    image = _output_of(["rsvg-convert", "--width", str(WIDTH_PIXELS)], in_cells(svg).encode())
    path.write_bytes(_output_of(["pngquant", str(N_COLORS), "-"], image))


def _output_of(command: list[str], stdin: bytes) -> bytes:
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def in_cells(svg: str) -> str:
    """The SVG with its fonts named, and every run of text placed cell by cell."""
    named = svg.replace("Fira Code, monospace", NARROW_FONT).replace(
        "font-size: 20px", f"font-size: {NARROW_SIZE:.3f}px"
    )
    return _TEXT.sub(_placed, named)


def _placed(match: re.Match[str]) -> str:
    style, x, y, rest, escaped = match.groups()
    return "".join(
        f'<text {style} x="{left:.2f}" y="{y}" {rest}{font}>{html.escape(text)}</text>'
        for text, left, font in _runs(html.unescape(escaped), float(x))
    )


def _runs(text: str, x: float) -> Iterator[tuple[str, float, str]]:
    """Text, left edge and font of each run: narrow characters together, wide ones alone."""
    for is_wide, characters in groupby(text, lambda character: cell_len(character) == 2):
        run = "".join(characters)
        if is_wide:
            for character in run:
                yield (
                    character,
                    x + (2 * CELL - WIDE_SIZE) / 2,
                    f' style="font-family: {WIDE_FONT}; font-size: {WIDE_SIZE}px"',
                )
                x += 2 * CELL
        else:
            # librsvg drops the spaces at the beginning of a text.
            text = run.lstrip()
            yield text, x + (len(run) - len(text)) * CELL, ""
            x += len(run) * CELL
