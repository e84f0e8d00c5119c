"""Old-style verse (古体): quatrains (古绝) and longer poems (古诗) of five or seven characters, without tone rules.

It is reported as such, because by the rules of regulated verse it would have many unintended violations.
"""

import dataclasses
import functools
import operator
from collections.abc import Sequence

from engine.prosody.regulated.match import RegulatedFit
from engine.prosody.report import Report, Rhyme, Verdicts, report_of_tones
from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook

QUATRAIN = "古绝"
STYLES = {5: "五言古诗", 7: "七言古诗"}
# A quatrain with at least this many lines that break the rules is old-style, by line length: 静夜思 breaks
# them in two lines. For a longer poem the limit is half of its lines.
_LINES_OF_QUATRAIN = {5: 2, 7: 3}


def is_old_style(found: RegulatedFit) -> bool:
    """Whether a poem breaks the rules of regulated verse in so many lines that it was not intended to keep them.

    A quatrain of oblique rhyme is old-style unless it has no fault: those of the Tang poets mostly are.
    """
    n_lines, length = len(found.lines), found.form.line_lengths[0]
    broken = {number for number, line in enumerate(found.lines) if line.wrong}
    faults = zip(found.tone_pattern.rhymes, found.rhyme.faults, strict=True)
    broken |= {position.line for position, fault in faults if fault in ("出韵", "声调")}
    if found.has_faulty_joins:
        broken |= {line for line, _ in found.joins}
    if not found.form.rhymes_level:
        return bool(broken)
    return len(broken) >= (_LINES_OF_QUATRAIN[length] if n_lines == 4 else n_lines / 2)


def style_of(lines: Sequence[str]) -> str:
    """The name of old-style verse with these lines; "" if there are too few or their lengths differ or are not 5 or 7."""
    lengths = set(map(len, lines))
    if len(lengths) != 1 or not (lengths <= STYLES.keys()) or len(lines) < 4:
        return ""
    (length,) = lengths
    return QUATRAIN if len(lines) == 4 else STYLES[length]


def old_style_report(lines: Sequence[str], style: str, book: RhymeBook | None) -> Report:
    """The report: tones, and the rhyme if the even lines share a part of 词林正韵, which is as wide as rhyme in old-style verse."""
    system: RhymeBook = "xinyun" if book == "xinyun" else "cilin"
    masks = masks_of(system)
    shared = functools.reduce(operator.and_, (masks.groups_of(line[-1]) for line in lines[1::2]))
    rhymes = [
        Rhyme(number, line[-1], "A", masks.names_in(masks.groups_of(line[-1])), "ok", "")
        for number, line in enumerate(lines, start=1)
        if number % 2 == 0 and shared
    ]
    verdicts = Verdicts("undecidable", "undecidable", "ok" if rhymes else "undecidable")
    rhyme_groups = {"A": masks.names_in(shared)} if rhymes else {}
    report = report_of_tones(lines, verdicts, system)
    return dataclasses.replace(report, rhymes=tuple(rhymes), rhyme_groups=rhyme_groups, style=style)
