"""The bias of a style: characters that its poets write more often than others become likelier, and the reverse.

The biases come from counts over the training poems (`data/styles.tsv`, made by `benchmarks.tables.styles`).

Shapes: N poems, R rows, S slots, V vocabulary.
"""

import functools
from collections.abc import Mapping

import numpy as np

from engine.composing.constraints.layout import Slot
from engine.composing.constraints.plan import Ints
from engine.composing.constraints.prompt import style_of_request
from engine.composing.decoding.particles import Floats, Particles
from engine.composing.decoding.sampling import LogProbs
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.control_codes import Style
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.system.paths import bundled_rows

# Factor of the bias in the table: 1 predicts a poet's own verse best; 3 makes the style more recognisable and costs 0.07 nats a character.
STYLE_STRENGTH = 3.0
TABLE = "styles.tsv"


@functools.cache
def _table() -> Mapping[str, Mapping[str, float]]:
    return {
        name: {entry[0]: int(entry[1:]) / 100 for entry in entries.split()} for name, entries in bundled_rows(TABLE)
    }


def bias_of(style: Style) -> Mapping[str, float]:
    """Character -> bias in nats: how much likelier the style writes it than others after the same words. Empty for no style.

    The bias is that of the poet, else of the period, else of the dynasty: the first of them that the table has.
    """
    names = [name for name in (style.poet, style.period, style.dynasty) if name]
    # Most requests name none: the table takes a while to read.
    return next((_table()[name] for name in names if name in _table()), {})


class StyleGuide:
    """A guide with the same bias (V,) at every slot, in nats."""

    def __init__(self, bias: LogProbs) -> None:
        self._bias = bias

    def steered(self, log_probs: LogProbs, particles: Particles, poems: Ints, slot: Slot) -> LogProbs:
        """ln p (R, V) with the bias, not normalised."""
        return log_probs + self._bias[: log_probs.shape[1]]

    def worth(self, particles: Particles, poems: Ints) -> Floats:
        """The sum of the bias over the characters of each row (R,), in nats."""
        return np.asarray(np.where(particles.token_ids >= 0, self._bias[particles.token_ids], 0).sum(1), np.float64)


def style_bias(config: ComposeConfig, vocabulary: Vocabulary) -> LogProbs | None:
    """The bias of a request's style on each token (V,), in nats; None for a request without one, or a style without a bias.

    Raises:
        ComposeError: for an unknown style.
    """
    of_characters = bias_of(style_of_request(config.style))
    if not of_characters:
        return None
    bias = np.zeros(len(vocabulary), np.float32)
    for character, nats in of_characters.items():
        if character in vocabulary:
            bias[vocabulary.encode(character)] = STYLE_STRENGTH * nats
    return bias
