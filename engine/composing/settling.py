"""The rhyme of a poem whose wishes leave it open, settled before its first character. Free of torch.

A model that was trained with headers writes towards a rhyme that it is told of, so that it is told of one. A model without
leaves it to the first rhyme character drawn.

Shapes: L rhyme labels, G rhyme groups or parts, V vocabulary.
"""

import numpy as np
from numpy.typing import NDArray

from engine.composing.book import Bools
from engine.composing.streams import stream_of
from engine.vocabulary import Vocabulary

# A character is about as frequent as 1 / (its rank in the vocabulary + this).
_ZIPF_OFFSET = 50


def settled_groups(groups: Bools, names: tuple[str, ...], members: Bools, seed: int, vocabulary: Vocabulary) -> Bools:
    """The groups (L, G) that a poem of this seed is written in: of the first rhyme one, drawn as often as poets use it.

    Args:
        groups: those that the wishes leave open (L, G).
        names: of the groups (G,).
        members: the characters that the first rhyme may take from each group (G, V).
    """
    tags = [vocabulary.tag(f"rhyme:{name}") for name, is_open in zip(names, groups[0], strict=True) if is_open]
    if len(tags) < 2 or None in tags:
        return groups
    # The first to arrive, each at its rate: a group that the wishes close changes nothing among the others.
    arrivals = np.random.default_rng(stream_of(seed, "rhyme")).exponential(size=len(names)) / _usage(members)
    settled = groups.copy()
    settled[0] = np.arange(len(names)) == np.where(groups[0], arrivals, np.inf).argmin()
    return settled


def _usage(members: Bools) -> NDArray[np.float64]:
    """How often each group (G,) is used, by the ranks of its characters; a little for one without any."""
    usage: NDArray[np.float64] = members @ (1 / (np.arange(members.shape[1]) + _ZIPF_OFFSET)) + 1e-9
    return usage
