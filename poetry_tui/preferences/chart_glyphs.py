"""What curves and bars are drawn with: braille dots and blocks, or plain ASCII where a terminal or its font has none."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, get_args

Charts = Literal["auto", "braille", "ascii"]
CHARTS: tuple[Charts, ...] = get_args(Charts)

# Consoles whose fonts have 256 or 512 characters, no braille among them.
POOR_TERMINALS = ("linux", "dumb", "vt", "ansi", "cons25")
# The dots of a braille character, row by row, left and right.
_ROWS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
# A dash at the height of each row of dots.
_DASHES = "'-._"
# A curve of one row: the higher the value, the higher the stroke, or the block.
_HEIGHTS = "_.-'"
_BLOCKS = "▁▂▃▄▅▆▇█"
# From nothing to all, where colour cannot tell it.
_SHADES = " .:-=+*#"
_ARROWS = {"▼": "v", "▲": "^", "▶": ">"}

_is_ascii = False


def use_charts(charts: Charts) -> bool:
    """Choose what is drawn with from now on; says whether that is another than before. Whoever calls redraws."""
    global _is_ascii
    before, _is_ascii = _is_ascii, chosen(charts) == "ascii"
    return before != _is_ascii


def is_ascii() -> bool:
    """Whether everything is to be drawn in plain ASCII."""
    return _is_ascii


def chosen(charts: Charts, environment: Mapping[str, str] = os.environ) -> Charts:
    """`braille` or `ascii`: what was asked for, and for `auto` what the terminal of this environment can show."""
    if charts != "auto":
        return charts
    return "ascii" if _is_poor(environment) else "braille"


def _is_poor(environment: Mapping[str, str]) -> bool:
    if environment.get("TERM", "").startswith(POOR_TERMINALS):
        return True
    # The first that is set counts. A locale that names no encoding (C, zh_CN) tells nothing about the terminal.
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(name))), "")
    encoding = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    return encoding not in ("", "utf8")


@cache
def stroke(bits: int) -> str:
    """The ASCII character most like a braille cell with these dots: a dash at its height, a slope, or an upright line."""
    left, right = ([y for y, row in enumerate(_ROWS) if bits & row[side]] for side in (0, 1))
    if left and right and abs(fall := sum(right) / len(right) - sum(left) / len(left)) >= 1.5:
        return "\\" if fall > 0 else "/"
    lit = left + right
    return "|" if max(lit) - min(lit) >= 2 else _DASHES[round(sum(lit) / len(lit))]


def small_curve(values: Sequence[float]) -> str:
    """Values as a curve of one row, a character each."""
    if not values:
        return ""
    heights = _HEIGHTS if _is_ascii else _BLOCKS
    low, high = min(values), max(values)
    scale = (len(heights) - 1) / (high - low) if high > low else 0.0
    return "".join([heights[round((value - low) * scale)] for value in values])


def shade(share: float) -> str:
    """One character for a share: the higher the block, or the darker the letter."""
    shades = _SHADES if _is_ascii else _BLOCKS
    return shades[round(share * (len(shades) - 1))]


def arrow(drawn: str) -> str:
    """An arrow as Textual draws it, or the letter most like it."""
    return _ARROWS[drawn] if _is_ascii else drawn


def bar(share: float, width: int) -> str:
    """A bar of a share of `width` cells, to an eighth of a cell, or in ASCII to a whole one."""
    share = min(max(share, 0.0), 1.0)
    if _is_ascii:
        return ("#" * round(share * width)).ljust(width)
    eighths = round(share * width * 8)
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8]).rstrip().ljust(width)


def progress(share: float, width: int) -> tuple[str, str]:
    """What is done and what is to do of a line of `width` cells: heavy to half a cell, then light."""
    share = min(max(share, 0.0), 1.0)
    if _is_ascii:
        return "=" * (n_done := round(share * width)), "-" * (width - n_done)
    halves = round(share * width * 2)
    done = "━" * (halves // 2) + ("╸" if halves % 2 else "")
    return done, "─" * (width - len(done))
