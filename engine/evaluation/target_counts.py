"""How many of some targets are Han characters: what nats are divided by, in training and in validation alike."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.corpus.vocabulary import N_HAN_CHARACTERS, UNKNOWN, Vocabulary
from engine.prosody.text import is_han

Bools = NDArray[np.bool_]


class TargetCounts(NamedTuple):
    """Of some targets: all of them (punctuation and E too), the Han characters, and those of them outside the vocabulary."""

    n_chars: int
    n_han: int
    n_unknown: int


def han_indices(vocabulary: Vocabulary) -> Bools:
    """Which indices of a vocabulary stand for a Han character (V,).

    `UNKNOWN` is taken for one: in a cleaned corpus it hardly ever is anything else.
    """
    indices = np.zeros(len(vocabulary), dtype=np.bool_)
    indices[: vocabulary.n_drawable] = [False, True, False, False, *map(is_han, vocabulary.characters)]
    return indices


def unknown_nats(vocabulary: Vocabulary) -> float:
    """What a Han character outside the vocabulary costs beside −ln p(unknown): choosing it among all unknown ones, in nats."""
    return math.log(max(1, N_HAN_CHARACTERS - vocabulary.n_han))


def count_targets(targets: NDArray[Any], is_han: Bools) -> TargetCounts:
    """Count targets, given as indices of any shape, none of them padding."""
    return TargetCounts(targets.size, int(is_han[targets].sum()), int(np.count_nonzero(targets == UNKNOWN)))
