"""The four line types of regulated verse (a A b B), and their variants by licence (拗救) or poetic practice.

Read from `data/prosody/forms.toml`.
"""

import functools
import itertools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.system.paths import bundled_data


@functools.cache
def form_tables() -> Mapping[str, Any]:
    """The parsed tables of `data/prosody/forms.toml`; cached."""
    with (bundled_data() / "prosody" / "forms.toml").open("rb") as file:
        return tomllib.load(file)


@dataclass(frozen=True, slots=True)
class LineVariant:
    """An allowed variant of a line type: its template, and the names of its licence and note, "" for none."""

    template: str
    licence: str = ""
    note: str = ""


@functools.cache
def line_variants(type: str, length: int, *, strict: bool = False) -> tuple[LineVariant, ...]:
    """All variants of a line type (a) on its own, the plain one first.

    `strict` leaves out variants that poets use although handbooks advise against them: 三仄尾.
    """
    data, size = form_tables(), str(length)
    licensed = [LineVariant(one[size][0], one["names"][0]) for one in data["licences"] if one["types"] == type]
    tolerated = (one for one in data["tolerated"] if one["types"] == type and not (strict and one["strict"]))
    noted = [LineVariant(one[size][0], one.get("licence", ""), one["names"][0]) for one in tolerated]
    return (LineVariant(data["lines"][size][type]), *licensed, *noted)


@functools.cache
def couplet_licences(types: str, length: int) -> tuple[tuple[LineVariant, LineVariant], ...]:
    """The variants of a couplet of two line types (aB) whose second line licenses the first (对句相救)."""
    size = str(length)
    both = (one for one in form_tables()["licences"] if one["types"] == types)
    return tuple(tuple(map(LineVariant, one[size], one["names"])) for one in both)  # type: ignore[misc]


def couplet_variants(types: str, length: int) -> tuple[tuple[LineVariant, LineVariant], ...]:
    """All variants of a couplet of two line types, the plain one first."""
    alone = itertools.product(*(line_variants(type, length) for type in types))
    return (*alone, *couplet_licences(types, length))  # type: ignore[arg-type]
