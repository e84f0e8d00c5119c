"""`candidates`: the best of many poems, written in one batch and ranked."""

from engine.operations.call import Call

MOST_CANDIDATES = 64


def candidates(call: Call) -> None:
    from engine import composer

    config = call.compose_config()
    n = call.count("n", 5, 1, MOST_CANDIDATES)
    if call.is_cancelled():
        return call.reply("cancelled")
    poems = composer.compose_many(call.model(), config, n)
    if call.is_cancelled():
        return call.reply("cancelled")
    for rank, poem in enumerate(poems, start=1):
        call.reply("candidate", rank=rank, **poem.to_dict())
    return call.reply("done", n=len(poems))
