"""`candidates`: the best of many poems, written in one batch and ranked."""

from engine.service.call import Call

MOST_CANDIDATES = 64


def candidates(call: Call) -> None:
    from engine.composing.composer import compose_many

    config, n = call.compose_config(), call.count("n", 5, 1, MOST_CANDIDATES)
    call.go_on()
    poems = compose_many(call.model(), config, n, go_on=call.go_on)
    for rank, poem in enumerate(poems, start=1):
        call.reply("candidate", rank=rank, **poem.to_dict())
    call.reply("done", n=len(poems))
