"""The model card: README.md of a model folder, written from its metadata. Imports no torch."""

import math
from collections.abc import Mapping
from typing import Any

from engine.system.names import printable

CARD = "README.md"
# A larger figure is implausible as a loss per character and is left out.
MAX_NATS = 100
_CONTROL_CODES = {"form": "form", "rhyme": "rhyme group", "title": "title", "keyword": "keywords", "poet": "style"}


def model_card(metadata: Mapping[str, Any]) -> str:
    """The card as Markdown; fields that the metadata lack are left out."""
    name = _text(metadata.get("name"), "model")
    architecture, training = _object(metadata, "architecture"), _object(metadata, "training")
    cell, size = _text(architecture.get("cell"), "rnn").upper(), architecture.get("hidden_size")
    parts = [
        f"---\nlanguage: zh\nlibrary_name: poetry-tui\ntags: [poetry, classical-chinese, {cell.lower()}]\n---",
        f"# {name}",
        (
            f"A recurrent character model of classical Chinese verse: {cell}, {architecture.get('n_layers')} layers of {size}, "
            f"{_count(metadata.get('n_params'))} parameters, {len(_text(metadata.get('vocabulary'), '')):,} characters."
        ),
        (
            f"## Use\n\nWith the package `poetry-tui`, in the folder above this one:\n\n```\npoetry-tui models add {name}\n"
            f"poetry-tui compose 日 --model {name}\n```"
        ),
        _figures(metadata),
        _data(metadata),
        f"## Training\n\nPreset {_text(training.get('preset'), 'none')}, {_count(metadata.get('steps'))} steps, "
        f"{_count(metadata.get('n_chars_seen'))} characters{_ancestry(metadata)}. `model.json` holds every setting"
        + (" and, as `made_by`, the commands that make the model again." if metadata.get("made_by") else "."),
        (
            "## Limits\n\n"
            "- It composes verse in the manner of its training text and knows no facts. A poem may be empty of sense, or offend.\n"
            "- The composer guarantees form, tones, rhyme and that no training line is copied; the network alone does not.\n"
            "- Characters outside its vocabulary cannot be composed. It was trained on simplified characters.\n"
            f"- {_control_codes(metadata)}"
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _figures(metadata: Mapping[str, Any]) -> str:
    figures = _object(metadata, "figures")
    quatrains = _object(figures, "held_out_quatrains")
    rows = [
        ("validation poems, no control codes", figures.get("val_nats_per_han")),
        ("held-out quatrains, no control codes", quatrains.get("nats_per_han")),
        ("the same, Han characters alone", quatrains.get("nats_per_han_text")),
        ("the same, with all control codes", _object(quatrains, "nats_per_han_with").get("all")),
    ]
    lines = [
        f"| {what} | {nats:.3f} | {math.exp(nats):.0f} |"
        for what, nats in rows
        if isinstance(nats, float) and 0 <= nats < MAX_NATS
    ]
    if not lines:
        return ""
    return "\n".join(
        ["## Figures", "", "| | nats per Han character | perplexity |", "|---|--:|--:|", *lines]
        + ([f"\nHeld-out quatrains: {_count(quatrains.get('n_poems'))}."] if quatrains else [])
    )


def _data(metadata: Mapping[str, Any]) -> str:
    corpus = _object(metadata, "corpus")
    if not corpus:
        return ""
    return (
        f"## Data\n\nThe corpus {_text(corpus.get('name'), 'unnamed')}, {_count(corpus.get('n_poems'))} poems. Source: "
        f"{_text(corpus.get('source'), 'not recorded')}. Licence of the data: {_text(corpus.get('licence'), 'not recorded')}. "
        "The poems are not part of the model; `lines.bloom` is a filter from which no line can be read back."
    )


def _ancestry(metadata: Mapping[str, Any]) -> str:
    members, parent = metadata.get("mean_of"), _object(metadata, "started_from")
    told = f", started from {_text(parent.get('name'), 'another model')}" if parent else ""
    return told + (f"; the mean of {len(members)} such runs" if isinstance(members, list) and len(members) > 1 else "")


def _control_codes(metadata: Mapping[str, Any]) -> str:
    tags = metadata.get("header_tags")
    kinds = {str(tag).partition(":")[0] for tag in tags} if isinstance(tags, list) else set()
    read = [what for kind, what in _CONTROL_CODES.items() if kind in kinds]
    if not read:
        return "It reads no control codes: form and rhyme constrain it, and a title has no effect."
    return f"It reads control codes before a poem: {', '.join(read)}. A title steers, and guarantees nothing."


def _object(metadata: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = metadata.get(key)
    return value if isinstance(value, dict) else {}


def _text(value: Any, otherwise: str) -> str:
    return printable(value) if isinstance(value, str) and value else otherwise


def _count(value: Any) -> str:
    return f"{value:,}" if type(value) is int else "an unknown number of"
