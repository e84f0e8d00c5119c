"""The characters of curves and bars: braille dots and blocks, or plain ASCII if the terminal or its font has none."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, get_args

Charts = Literal["auto", "braille", "ascii"]
CHARTS: tuple[Charts, ...] = get_args(Charts)

# Values of TERM of consoles whose fonts have 256 or 512 characters, without braille.
POOR_TERMINALS = ("linux", "dumb", "vt", "ansi", "cons25")
# The bits of a braille character's dots: (left, right) for each row.
_ROWS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
# The ASCII stroke at the height of each row of dots.
_DASHES = "'-._"
# The ASCII strokes of a one-row curve, from low to high.
_HEIGHTS = "_.-'"
_BLOCKS = "▁▂▃▄▅▆▇█"
# ASCII shades from 0 to 1, for strips without colour.
_SHADES = " .:-=+*#"
_ARROWS = {"▼": "v", "▲": "^", "▶": ">"}

_is_ascii = False


def use_charts(charts: Charts) -> bool:
    """Set the characters of charts. Returns whether they have changed; the caller then redraws."""
    global _is_ascii
    before, _is_ascii = _is_ascii, chosen(charts) == "ascii"
    return before != _is_ascii


def is_ascii() -> bool:
    """Whether charts are drawn in plain ASCII."""
    return _is_ascii


def chosen(charts: Charts, environment: Mapping[str, str] = os.environ) -> Charts:
    """Resolve `auto` to `braille` or `ascii` by what the terminal of this environment can show."""
    if charts != "auto":
        return charts
    return "ascii" if _is_poor(environment) else "braille"


def _is_poor(environment: Mapping[str, str]) -> bool:
    if environment.get("TERM", "").startswith(POOR_TERMINALS):
        return True
    # The first variable that is set counts. A locale without an encoding (C, zh_CN) does not restrict the terminal.
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(name))), "")
    encoding = locale.partition(".")[2].partition("@")[0].lower().replace("-", "")
    return encoding not in ("", "utf8")


@cache
def stroke(bits: int) -> str:
    """The ASCII character most similar to a braille cell with at least one dot: a dash at its height, a slope, or a vertical line."""
    left, right = ([y for y, row in enumerate(_ROWS) if bits & row[side]] for side in (0, 1))
    if left and right and abs(fall := sum(right) / len(right) - sum(left) / len(left)) >= 1.5:
        return "\\" if fall > 0 else "/"
    lit = left + right
    return "|" if max(lit) - min(lit) >= 2 else _DASHES[round(sum(lit) / len(lit))]


def small_curve(values: Sequence[float]) -> str:
    """A sparkline: one character for each value."""
    if not values:
        return ""
    heights = _HEIGHTS if _is_ascii else _BLOCKS
    low, high = min(values), max(values)
    scale = (len(heights) - 1) / (high - low) if high > low else 0.0
    return "".join([heights[round((value - low) * scale)] for value in values])


def shade(share: float) -> str:
    """One character for a share from 0 to 1: a block of that height, or an ASCII shade."""
    shades = _SHADES if _is_ascii else _BLOCKS
    return shades[round(share * (len(shades) - 1))]


def arrow(drawn: str) -> str:
    """Textual's arrow character, or its ASCII replacement."""
    return _ARROWS[drawn] if _is_ascii else drawn


def bar(share: float, width: int) -> str:
    """A bar over a share of `width` cells, rounded to 1/8 of a cell, or in ASCII to a whole one."""
    share = min(max(share, 0.0), 1.0)
    if _is_ascii:
        return ("#" * round(share * width)).ljust(width)
    eighths = round(share * width * 8)
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8]).rstrip().ljust(width)


def progress(share: float, width: int) -> tuple[str, str]:
    """The done part (heavy, rounded to half a cell) and the remaining part (light) of a progress bar of `width` cells."""
    share = min(max(share, 0.0), 1.0)
    if _is_ascii:
        return "=" * (n_done := round(share * width)), "-" * (width - n_done)
    halves = round(share * width * 2)
    done = "━" * (halves // 2) + ("╸" if halves % 2 else "")
    return done, "─" * (width - len(done))
