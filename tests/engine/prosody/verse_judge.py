"""An independent judge of verse: its own reading of the tables, its own templates of 诗, no code of the engine.

It takes what a composer should write: plain lines and joined couplets, no rescue and no licence.
"""

import itertools
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "data" / "prosody"
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


@cache
def tunes() -> dict[str, list[list[str]]]:
    """key -> the rows of a tune's first way: template, rhyme and repetition, as the data file has them."""
    with (FOLDER / "forms.toml").open("rb") as file:
        entries = tomllib.load(file)["tunes"]
    return {entry["key"]: [row.split() for row in entry["lines"].split("\n") if row.strip()] for entry in entries}


@cache
def parts() -> dict[str, set[tuple[int, bool]]]:
    """character -> (part of 词林正韵, whether it is level), of the book's own characters."""
    whole: dict[str, set[int]] = {}
    for row in rows("cilin.tsv"):
        for letter in row[1] + row[2]:
            whole.setdefault(letter, set()).add(int(row[0]))
    divided: dict[tuple[str, str], set[int]] = {}
    for letter, part, characters in rows("cilin_splits.tsv"):
        for character in characters:
            divided.setdefault((letter, character), set()).add(int(part))
    found: dict[str, set[tuple[int, bool]]] = {}
    for character, groups in readings().items():
        for group, is_level in groups:
            own = divided.get((group[-1], character), whole[group[-1]])
            found.setdefault(character, set()).update((part, is_level) for part in own)
    return found


def rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def tune_faults(text: str, key: str) -> list[str]:
    """What is wrong with a poem that should be in a tune: lines, marks, tones, rhymes by part, repeated lines."""
    wanted = tunes()[key]
    lines = text.replace("，", " ").replace("。", " ").split()
    marks = "".join(character for character in text if character in "，。")
    if list(map(len, lines)) != [len(row[0]) for row in wanted] or marks != "".join(
        "，。"[len(row) > 1] for row in wanted
    ):
        return ["form"]
    signs = str.maketrans("平仄中", "+-.")
    found = [f"unknown {character}" for line in lines for character in line if character not in readings()]
    found += [
        f"tones of {line}"
        for line, row in zip(lines, wanted, strict=True)
        if not all(map(suits, line, row[0].translate(signs)))
    ]
    rhymes: dict[str, list[set[int]]] = {}
    for number, (line, row) in enumerate(zip(lines, wanted, strict=True)):
        if len(row) > 1:
            level = row[0][-1] == "平"
            rhymes.setdefault(row[1], []).append({part for part, is_level in parts()[line[-1]] if is_level == level})
        if len(row) > 2:
            length = int(row[2][1:] or len(line))
            found += [] if line == lines[number - 1][-length:] else [f"line {number + 1} does not repeat"]
    return found + [f"rhyme {label}" for label, shared in rhymes.items() if not set.intersection(*shared)]
