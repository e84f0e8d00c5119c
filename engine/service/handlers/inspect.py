"""`inspect`: what the network held and thought while it wrote one character, and what the rhyme book says of it.

    {"op": "inspect", "model": null, "config": {…}, "text": "日暮江头…", "index": 12, "n_alternatives": 10, "n_units": 48}
    {"reply": "inspected", "index", "character", "probability", "allowed_probability", "surprise_nats",
        "tone": 平 | 仄 | both | unknown, "rhyme_groups": ["一东", …] or, of a tune, its parts,
        "alternatives": [[character, probability, probability among what is allowed], …],
        "cell", "n_hidden", "units": [numbers of the units told],
        "layers": [{"gates": {"i": [a value a unit], …}, "hidden": […], "hidden_before": […], …, "means": {"i": …, …}}, …]}

`index` counts the characters of the text, marks too; the text's length stands for its end.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.config import ComposeConfig
from engine.prosody import RhymeBook
from engine.prosody.forms import form_called
from engine.prosody.rhymes import masks_of
from engine.prosody.tones import reading_of
from engine.service.call import Call, short

if TYPE_CHECKING:
    from engine.composing.inspection import LayerValues

FREE = "free"
MOST_CHARACTERS = 65_536
MOST_UNITS = 16_384


def inspect(call: Call) -> None:
    from engine.composing import inspection

    config, text = call.compose_config(), call.text("text")
    index = call.count("index", 0, 0, MOST_CHARACTERS)
    n_units = call.count("n_units", 48, 1, MOST_UNITS)
    n_alternatives = call.n_alternatives()
    # The cursor has gone on while another request was carried out.
    if call.is_cancelled():
        return call.reply("cancelled")
    found = inspection.inspect(call.model(), config, text, index, n_alternatives, n_units)
    return call.reply(
        "inspected",
        index=found.index,
        character=found.character,
        probability=short(found.probability),
        allowed_probability=short(found.allowed_probability),
        surprise_nats=short(found.surprisal_nats),
        tone=reading_of(found.character, _book_of(config)),
        rhyme_groups=_rhymes(found.character, _book_of(config)),
        alternatives=[[character, short(p), short(allowed)] for character, p, allowed in found.alternatives],
        cell=found.cell,
        n_hidden=found.n_hidden,
        units=found.units,
        layers=[_layer(layer) for layer in found.layers],
    )


def _book_of(config: ComposeConfig) -> RhymeBook:
    """The rhyme book that a poem was composed by."""
    if config.form == FREE:
        return config.rhyme_book or "pingshui"
    return form_called(config.form).in_book(config.rhyme_book).rhyme_system


def _rhymes(character: str, system: RhymeBook) -> Sequence[str]:
    """The groups of a character in a book, or its parts."""
    masks = masks_of(system)
    return masks.names_in(masks.level.get(character, 0) | masks.oblique.get(character, 0))


def _layer(layer: "LayerValues") -> dict[str, object]:
    return {
        "gates": {name: _rounded(values) for name, values in layer.gates.items()},
        **{name: _rounded(values) for name, values in layer.states.items()},
        "means": {name: round(value, 4) for name, value in layer.means.items()},
    }


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]
