"""An independent judge of regulated verse: its own reading of the rhyme table, its own templates, no code of the engine."""

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent.parent.parent / "data" / "prosody" / "pingshui.tsv"
SHAPES = {"wujue": (4, 5), "qijue": (4, 7), "wulv": (8, 5), "qilv": (8, 7)}
# The last five characters of each type of line; + level, - oblique, . either.
LAST_FIVE = {"a": ".-++-", "A": ".--++", "b": ".++--", "B": "++--+"}
FIRST_TWO = {"a": ".+", "A": ".+", "b": ".-", "B": ".-"}
HALVES = {"aB": "bA", "AB": "bA", "bA": "aB", "BA": "aB"}


@cache
def readings() -> dict[str, set[tuple[str, bool]]]:
    """character -> (group, whether it is level), of the book's own characters: the last column is not the book's."""
    found: dict[str, set[tuple[str, bool]]] = {}
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            _, group, tone, listed, simplified, _ = row.split("\t")
            for character in listed + simplified:
                found.setdefault(character, set()).add((group, tone.endswith("平")))
    return found


def faults(text: str, form: str, group: str | None = None) -> list[str]:
    """What is wrong with a poem that should be in a form, and rhyme in a group."""
    n_lines, length = SHAPES[form]
    marks = [character for character in text if character in "，。"]
    lines = text.replace("，", " ").replace("。", " ").split()
    if marks != ["，", "。"] * (n_lines // 2) or list(map(len, lines)) != [length] * n_lines or text[-1] != "。":
        return ["form"]
    found = [f"unknown {character}" for line in lines for character in line if character not in readings()]
    found += [f"line {line} twice" for line in set(lines) if lines.count(line) > 1]
    if not any(keeps_order(lines, order, group) for order in orders(n_lines)):
        found.append("no order fits")
    return found


def orders(n_lines: int) -> Iterator[str]:
    for first in HALVES:
        order = first
        while len(order) < n_lines:
            order += HALVES[order[-2:].replace("AB", "aB").replace("BA", "bA")]
        yield order


def keeps_order(lines: list[str], order: str, group: str | None) -> bool:
    for line, type in zip(lines, order, strict=True):
        template = (FIRST_TWO[type] if len(line) == 7 else "") + LAST_FIVE[type]
        if type == "B" and len(line) == 7:
            template = ".-" + LAST_FIVE["B"]
        if not all(map(suits, line, template)):
            return False
    ends = [line[-1] for line, type in zip(lines, order, strict=True) if type in "AB"]
    if len(set(ends)) < len(ends):
        return False
    shared = set.intersection(*({name for name, is_level in readings()[end] if is_level} for end in ends))
    return bool(shared) if group is None else group in shared


def suits(character: str, wanted: str) -> bool:
    tones = {is_level for _, is_level in readings().get(character, set())}
    return wanted == "." or (wanted == "+") in tones


def repeated(text: str) -> set[str]:
    """Characters that stand in a text more than once, not counting one that follows itself."""
    han = [character for character in text if character not in "，。"]
    apart = [character for character, _ in itertools.groupby(han)]
    return {character for character in apart if apart.count(character) > 1}
