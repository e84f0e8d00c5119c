"""`candidates`: the best of many poems, written in one batch and ranked."""

from collections.abc import Callable

from engine.config import ComposeConfig
from engine.operations.call import Call

MOST_CANDIDATES = 64


class _CancelledError(Exception):
    """Nobody waits for these candidates any more."""


def candidates(call: Call) -> None:
    config, n = call.compose_config(), call.count("n", 5, 1, MOST_CANDIDATES)

    def go_on() -> None:
        if call.is_cancelled():
            raise _CancelledError

    try:
        _send(call, config, n, go_on)
    except _CancelledError:
        call.reply("cancelled")


def _send(call: Call, config: ComposeConfig, n: int, go_on: Callable[[], None]) -> None:
    from engine.composer import compose_many

    go_on()
    poems = compose_many(call.model(), config, n, go_on=go_on)
    for rank, poem in enumerate(poems, start=1):
        call.reply("candidate", rank=rank, **poem.to_dict())
    call.reply("done", n=len(poems))
