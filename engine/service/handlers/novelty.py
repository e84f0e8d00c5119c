"""`novelty`: what a text shares with the lines that the model was trained on."""

from engine.errors import ModelError, UsageError
from engine.service.call import Call

# A longer text would keep a composition waiting for seconds.
MOST_CHARACTERS = 2000


def novelty(call: Call) -> None:
    from engine.novelty.novelty import corpus_of, novelty_of

    text = call.text("text")
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"A text of {len(text):,} characters is no poem.", f"Send at most {MOST_CHARACTERS:,}.")
    call.go_on()
    loaded = call.model()
    found = novelty_of(text, loaded.lines, corpus_of(loaded.metadata), call.go_on)
    if found is None:
        raise ModelError(
            f"The lines that {loaded.name} was trained on are not known.",
            "Install the corpus that it was trained on.",
        )
    call.reply("novelty", **found.to_dict())
