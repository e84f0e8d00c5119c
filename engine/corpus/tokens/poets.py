"""Poets and their periods: `data/poets.tsv`. Styles by name, for control codes and requests."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from engine.system.paths import bundled_rows

# Each dynasty with the periods of its poets; the corpus has the 五代 with the 唐.
PERIODS: Mapping[str, tuple[str, ...]] = {"唐": ("初唐", "盛唐", "中唐", "晚唐", "五代"), "宋": ("北宋", "南宋")}


@dataclass(frozen=True, slots=True)
class Style:
    """A manner of writing, as far as it is known: dynasty (唐), period (晚唐) and poet (李商隐), "" for an unknown one."""

    dynasty: str = ""
    period: str = ""
    poet: str = ""


@functools.cache
def _known() -> tuple[Mapping[str, Style], frozenset[str]]:
    """Every poet's style, and the poets with a control code."""
    styles: dict[str, Style] = {}
    coded: set[str] = set()
    for period, code, poets in bundled_rows("poets.tsv"):
        of_all = _style_of_time(period)
        for poet in poets.split():
            has_code = code == "+"
            styles[poet] = Style(of_all.dynasty, of_all.period, poet if has_code else "")
            if has_code:
                coded.add(poet)
    return styles, frozenset(coded)


def _style_of_time(name: str) -> Style:
    if name in PERIODS:
        return Style(name)
    return Style(next(dynasty for dynasty, periods in PERIODS.items() if name in periods), name)


def style_of(author: str) -> Style:
    """The style of an author; an empty one for an author who is not in the table."""
    return _known()[0].get(author, Style())


def style_named(name: str) -> Style | None:
    """The style of a dynasty, a period or a poet by name; None where there is none of that name."""
    if name in PERIODS or any(name in periods for periods in PERIODS.values()):
        return _style_of_time(name)
    return _known()[0].get(name)


def coded_poets() -> tuple[str, ...]:
    """The poets with a control code, in the order of the table."""
    styles, coded = _known()
    return tuple(poet for poet in styles if poet in coded)
