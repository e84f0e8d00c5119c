"""`load`: a model into memory, so that the first poem need not wait."""

from engine.service.call import Call


def load(call: Call) -> None:
    loaded = call.model()
    call.reply(
        "loaded",
        model=loaded.name,
        device=loaded.device.type,
        cell=loaded.model.config.cell,
        n_params=loaded.model.n_params(),
        vocab_size=len(loaded.vocabulary),
    )
