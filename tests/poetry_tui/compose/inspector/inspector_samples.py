"""Inspections for the tests of the inspector: values that satisfy the equations, as the engine's would."""

import math
from typing import Any

import msgspec
from rich.style import Style

from engine.composing.replies import Alternative, Inspection, Token
from engine.composing.requests import InspectCharacter
from poetry_tui.compose.inspector.rows import InspectorStyles, Row
from poetry_tui.widgets.heat_strip import palettes_of

COLOURS = {"background": "#15171a", "foreground": "#ddd6c8", "secondary": "#8fa3a0", "accent": "#e0866a"}
CHARACTERS = "风声翁山水花江春秋月"
PLACE = InspectCharacter("日暮江头一笛风，", 6, {"begin": "日"})
N_UNITS = 8


def inspected(cell: str = "lstm", *, n_layers: int = 2, forbidden: str = "", character: str = "风") -> dict[str, Any]:
    """A reply of the service, with everything but its `id`."""
    alternatives: list[tuple[str, float, float]] = [
        (one, 0.3 / (n + 1), 0.0 if one in forbidden else 0.4 / (n + 1)) for n, one in enumerate(CHARACTERS)
    ]
    if not forbidden:
        alternatives = [(one, share, share) for one, share, _ in alternatives]
    probabilities = {one: (share, allowed) for one, share, allowed in alternatives}
    share, allowed = probabilities.get(character, (0.01, 0.012 if forbidden else 0.01))
    return {
        "reply": "inspected",
        "index": 6,
        "character": character,
        "probability": share,
        "allowed_probability": allowed,
        "surprisal_nats": -math.log(share),
        "tone": "平",
        "rhyme_groups": ["一东"],
        "alternatives": [list(one) for one in alternatives],
        "cell": cell,
        "n_hidden": 512,
        "units": [round(unit * 511 / (N_UNITS - 1)) for unit in range(N_UNITS)],
        "layers": [_layer(cell, number) for number in range(n_layers)],
    }


def _layer(cell: str, number: int) -> dict[str, Any]:
    shares = [(unit + number) % N_UNITS / N_UNITS for unit in range(N_UNITS)]
    signed = [2 * share - 1 for share in shares]
    hidden = {"hidden": signed, "hidden_before": signed[::-1]}
    names = {"lstm": "ifo", "gru": "rz", "rnn": ""}[cell]
    states: dict[str, list[float]] = dict(hidden)
    if cell != "rnn":
        states["candidate"] = signed
    if cell == "lstm":
        states["memory_before"] = [3 * value for value in signed[::-1]]
        states["memory"] = [
            share * (3 * before + value) for share, before, value in zip(shares, signed[::-1], signed, strict=True)
        ]
    means = dict.fromkeys(names, 0.5)
    means |= {name: sum(map(abs, values)) / N_UNITS for name, values in states.items()}
    return {"gates": dict.fromkeys(names, shares), "states": states, "means": means}


def an_inspection(cell: str = "lstm", **said: Any) -> Inspection:
    return msgspec.convert(inspected(cell, **said), Inspection)


def a_token(character: str = "风", *, is_forced: bool = False) -> Token:
    shares = tuple(Alternative(one, 0.3 / (n + 1), 0.3 / (n + 1)) for n, one in enumerate(CHARACTERS))
    return Token(6, character, 0.3, 1.2, is_forced, shares, 0.3)


def styles(has_colour: bool = True) -> InspectorStyles:
    plain = Style(color="white", bgcolor="black")
    faint, strong, bar = Style(color="grey50"), Style(color="red"), Style(color="cyan")
    allowed, forbidden, picked = Style(color="blue"), Style(color="grey37"), Style(bgcolor="grey11")
    return InspectorStyles(plain, faint, strong, bar, allowed, forbidden, picked, palettes_of(COLOURS, has_colour))


def text_of(row: Row) -> str:
    return "".join(segment.text for segment in row.segments)
