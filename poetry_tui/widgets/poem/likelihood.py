"""The likelihood of a poem under a model, as one figure. Apart from `annotations`, which loads the tables of the prosody."""

from engine.prosody.text import is_han


def nats_per_han(logprob: float | None, text: str) -> float | None:
    """Nats per Han character, as `evaluate` counts them: −ln p of everything in a poem (forced characters, marks
    and the end too) divided by its Han characters. Never negative; the fewer, the likelier. None where nothing is known.

    Args:
        logprob: ln p of the whole poem, in nats.
    """
    n_han = sum(map(is_han, text))
    return -logprob / n_han if logprob is not None and n_han else None


def shown_nats(nats: float) -> str:
    """The figure with two decimals, as every screen displays it."""
    return f"{nats:.2f}"
