"""`compose`: one poem, each character told as soon as it is certain."""

from typing import TYPE_CHECKING

from engine.service.call import Call, short

if TYPE_CHECKING:
    from engine.composing.composer import Token


def compose(call: Call) -> None:
    from engine.composing import composer

    config = call.compose_config()
    n_alternatives = call.n_alternatives()
    if call.is_cancelled():
        return call.reply("cancelled")
    loaded = call.model()
    tokens: list[Token] = []
    for token in composer.compose(loaded, config, n_alternatives):
        if call.is_cancelled():
            return call.reply("cancelled")
        tokens.append(token)
        if token.character:
            call.reply("glyph", **_fields(token))
    return call.reply("poem", **composer.finish(tokens, loaded, config).to_dict())


def _fields(token: "Token") -> dict[str, object]:
    return {
        "index": token.index,
        "character": token.character,
        "probability": short(token.probability),
        "surprise_nats": short(token.surprisal_nats),
        "given": token.forced,
        "line": token.line,
        "position": token.position,
        "allowed_probability": short(token.allowed_probability),
        "alternatives": [[character, *map(short, probabilities)] for character, *probabilities in token.alternatives],
    }
