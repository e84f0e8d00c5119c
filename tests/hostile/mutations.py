"""Damage done to files, seeded: fields replaced by what they are not, bytes flipped, ends cut, parts doubled.

`POETRY_TUI_FUZZ=N` makes the suite try N times as much as it usually does, which is little enough for every run of the tests.
"""

import copy
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.system.errors import StudioError

FACTOR = max(1, int(os.environ.get("POETRY_TUI_FUZZ", "1")))
SEED = int(os.environ.get("POETRY_TUI_FUZZ_SEED", "20260301"))

# JSON that Python's own writer would not write: by a word that stands for it until the text is made.
_RAW = {
    "@infinite@": "1e999",
    "@huge@": "1" + "0" * 400,
    "@longer than python reads@": "9" * 5000,
    "@deep@": "[" * 100_000,
    "@deep and whole@": "[" * 300 + "]" * 300,
    "@deep object@": '{"a":' * 100 + "1" + "}" * 100,
    "@nan@": "NaN",
    "@surrogate@": '"\\ud800"',
    "@nothing@": "",
}
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 1.5, -0.0, 2**53 + 1, 2**63, -(2**64), 1e308, "", "x", "nan", "-inf", "1e999", "日", "\u202e\x1b[2J\x00",
    "y" * 100_000, "../../../etc", [], [None], [[]], {}, {"": None}, {"a": {"b": []}}, *_RAW,
)  # fmt: skip


def rng(name: str) -> random.Random:
    """Random numbers that are the same in every run of the test of that name."""
    return random.Random(f"{SEED} {name}")


def as_json(document: Any) -> bytes:
    """One line of JSON, and what is none."""
    text = json.dumps(document, ensure_ascii=False)
    return re.sub(r'"(@[a-z ]+@)"', lambda found: _RAW.get(found[1], found[0]), text).encode("utf-8", "surrogatepass")


def documents(document: Any, chance: random.Random, n: int) -> Iterator[Any]:
    """The document with one or two of its fields, at any depth, replaced, gone, or moved to another name."""
    for _ in range(n):
        damaged = copy.deepcopy(document)
        for _ in range(chance.choice((1, 1, 1, 2))):
            damaged = _damaged(damaged, chance)
        yield damaged


def _damaged(document: Any, chance: random.Random) -> Any:
    places = list(_places(document))
    if not places or chance.random() < 0.02:
        return chance.choice(VALUES)
    holder, key = chance.choice(places)
    match chance.randrange(12):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(("", "x", "\ud800", "y" * 300, "__metadata__"))] = holder.pop(key)
        case 2 if isinstance(holder, list):
            holder.append(holder[key])
        case _:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
    return document


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every field and every item, by what holds it and its key there."""
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in list(items):
        yield document, key
        yield from _places(value)


def texts(data: bytes, chance: random.Random, n: int) -> Iterator[bytes]:
    """The bytes with some of them flipped, cut off, doubled, left out, or replaced by what no text has."""
    for _ in range(n):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(damaged) + 1)
            match chance.randrange(7):
                case 0 | 1 | 2 if at < len(damaged):
                    damaged[at] ^= 1 << chance.randrange(8)
                case 3:
                    del damaged[at:]
                case 4:
                    damaged[at:at] = damaged[at : at + chance.randrange(1, 200)]
                case 5:
                    del damaged[at : at + chance.randrange(1, 50)]
                case _:
                    damaged[at:at] = chance.choice(
                        (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\r\n", b"\xef\xbb\xbf", b"{", b'"')
                    )
        yield bytes(damaged)


NAMES: tuple[str, ...] = (
    "", ".", "..", "/", "//", " ", "a" * 255, "a" * 256, "字" * 100, "字" * 5000, "~", "~nouser", "~nouser/x", "~root/x", "a/b", "../x",
    "a\\b", "\x00", "a\x00b", "\ud800", "\udcff", "a\udc80", "\x1b[2J", "a\nb", "\u202eabc", "\u200b", "-x", "--", "--json", "a:b", "CON",
    "x" * 5000, "/" + "x" * 300, "a/" * 3000, "日", "е́", "\ufeff", "%s{0}{name}", "[red]x[/red]", "[/", "*", "a b", "a.",
    ".hidden", "1e999", "9" * 5000, "/dev/null", "/dev/full", "/proc/self/mem", "/proc/1/root", "file:///etc",
    "'; DROP TABLE favourites; --",
)  # fmt: skip


def is_refused(
    does: Callable[[], object], *, ordinary: type[Exception] | tuple[type[Exception], ...] = ()
) -> StudioError | None:
    """Carry out; the StudioError that it ended in, which must be a sentence for a person, or None. Other errors are raised."""
    try:
        does()
    except ordinary:
        return None
    except StudioError as error:
        check_sentence(error)
        return error
    return None


def check_sentence(error: StudioError) -> None:
    """A sentence and a hint, short, in one line, that any terminal can show."""
    for part in filter(None, (error.message, error.hint)):
        assert part.isprintable(), repr(part)
        assert len(part) < 1000, part
        assert part[-1] in ".?!。", part
    assert error.message
