"""An independent judge of regulated verse: its own reading of the rhyme tables, its own templates, no code of the engine.

It takes what a composer should write: plain lines and joined couplets, no rescue and no licence.
"""

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / "data" / "prosody"
SHAPES = {
    "wujue": (4, 5),
    "qijue": (4, 7),
    "wulv": (8, 5),
    "qilv": (8, 7),
    "zewujue": (4, 5),
    "zeqijue": (4, 7),
    "wupai": (12, 5),
    "qipai": (12, 7),
}
OBLIQUE = ("zewujue", "zeqijue")
# The last five characters of each type of line; + level, - oblique, . either.
LAST_FIVE = {"a": ".-++-", "A": ".--++", "b": ".++--", "B": "++.-+"}
FIRST_TWO = {"a": ".+", "A": ".+", "b": ".-", "B": ".-"}


@cache
def readings(book: str = "pingshui") -> dict[str, set[tuple[str, bool]]]:
    """character -> (group, whether it is level), of the book's own characters: what was added to the Pingshui book is left out."""
    found: dict[str, set[tuple[str, bool]]] = {}
    for row in (FOLDER / f"{book}.tsv").read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            _, group, tone, *characters = row.split("\t")
            listed = characters[0] if book == "xinyun" else characters[0] + characters[1]
            for character in listed:
                found.setdefault(character, set()).add((group, tone.endswith("平")))
    return found


def faults(text: str, form: str, group: str | None = None, book: str = "pingshui", n_lines: int = 0) -> list[str]:
    """What is wrong with a poem that should be in a form (of so many lines, if it is a 排律), and rhyme in a group."""
    usual, length = SHAPES[form]
    n_lines = n_lines or usual
    marks = [character for character in text if character in "，。"]
    lines = text.replace("，", " ").replace("。", " ").split()
    if marks != ["，", "。"] * (n_lines // 2) or list(map(len, lines)) != [length] * n_lines or text[-1] != "。":
        return ["form"]
    found = [f"unknown {character}" for line in lines for character in line if character not in readings(book)]
    found += [f"line {line} twice" for line in set(lines) if lines.count(line) > 1]
    if not any(keeps_order(lines, order, group, form in OBLIQUE, book) for order in orders(n_lines, form in OBLIQUE)):
        found.append("no order fits")
    return found


def orders(n_lines: int, is_oblique: bool) -> Iterator[str]:
    """Second characters oppose within a couplet. Between couplets they agree, or of oblique rhyme differ too.

    Lines whose second character is oblique are a (oblique end) and A; those of a level one b and B. Even lines rhyme.
    """
    odd, even = ("AB", "ab") if is_oblique else ("ab", "AB")
    for first in "aAbB":
        for rest in itertools.product(odd, repeat=n_lines // 2 - 1):
            order = ""
            for line in (first, *rest):
                seconds_oblique = line in "aA"
                order += line + even[seconds_oblique]
            joins = all((order[at - 1] in "aA") == (order[at] in "aA") or is_oblique for at in range(2, n_lines, 2))
            # Of oblique rhyme a composer lets the first line rhyme where it ends so.
            if joins:
                yield order


def keeps_order(lines: list[str], order: str, group: str | None, is_oblique: bool, book: str) -> bool:
    for line, type in zip(lines, order, strict=True):
        template = (FIRST_TWO[type] if len(line) == 7 else "") + LAST_FIVE[type]
        if not all(suits(character, sign, book) for character, sign in zip(line, template, strict=True)):
            return False
    rhyming = "ab" if is_oblique else "AB"
    ends = [line[-1] for line, type in zip(lines, order, strict=True) if type in rhyming]
    if len(set(ends)) < len(ends):
        return False
    shared = set.intersection(
        *({name for name, is_level in readings(book)[end] if is_level != is_oblique} for end in ends)
    )
    return bool(shared) if group is None else group in shared


def suits(character: str, wanted: str, book: str = "pingshui") -> bool:
    tones = {is_level for _, is_level in readings(book).get(character, set())}
    return wanted == "." or (wanted == "+") in tones


def repeated(text: str) -> set[str]:
    """Characters that stand in a text more than once, not counting one that follows itself."""
    han = [character for character in text if character not in "，。"]
    apart = [character for character, _ in itertools.groupby(han)]
    return {character for character in apart if apart.count(character) > 1}
