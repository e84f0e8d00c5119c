"""`compose`: one poem, each character told as soon as it is certain."""

from typing import TYPE_CHECKING

from engine.service.call import Call, short

if TYPE_CHECKING:
    from engine.composing.composer import Glyph


def compose(call: Call) -> None:
    from engine.composing import composer

    config = call.compose_config()
    n_alternatives = call.n_alternatives()
    if call.is_cancelled():
        return call.reply("cancelled")
    loaded = call.model()
    glyphs: list[Glyph] = []
    for glyph in composer.compose(loaded, config, n_alternatives):
        if call.is_cancelled():
            return call.reply("cancelled")
        glyphs.append(glyph)
        if glyph.character:
            call.reply("glyph", **_fields(glyph))
    return call.reply("poem", **composer.finish(glyphs, loaded, config).to_dict())


def _fields(glyph: "Glyph") -> dict[str, object]:
    return {
        "index": glyph.index,
        "character": glyph.character,
        "probability": short(glyph.probability),
        "surprise_nats": short(glyph.surprise_nats),
        "given": glyph.given,
        "line": glyph.line,
        "position": glyph.position,
        "allowed_probability": short(glyph.allowed_probability),
        "alternatives": [[character, *map(short, probabilities)] for character, *probabilities in glyph.alternatives],
    }
