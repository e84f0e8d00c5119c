"""The rhyme of a poem whose wishes leave it open, settled before its first character. Free of torch.

A model that was trained with headers writes towards a rhyme that it is told of, so that it is told of one. A model without
leaves it to the first rhyme character drawn.

Shapes: L rhyme labels, G rhyme groups or parts.
"""

import numpy as np

from engine.composing.seeds import stream_of
from engine.composing.token_prosody import Book, Bools, usage_of


def settled_groups(groups: Bools, book: Book, is_level: bool, seed: int, begin: str) -> Bools:
    """The groups that a poem of this seed and beginning is written in: of those that its wishes leave open (L, G), one for the first rhyme.

    `is_level` is the tone of the first rhyme; a group is drawn as often as poets use it in that tone.
    """
    if groups[0].sum() < 2 or (groups[0] & ~book.can_be_told).any():
        return groups
    # The first to arrive, each at its rate: a group that the wishes close changes nothing among the others.
    random = np.random.default_rng(stream_of(seed, f"rhyme {begin}"))
    arrivals = random.exponential(size=groups.shape[1]) / usage_of(book, is_level)
    settled = groups.copy()
    settled[0] = np.arange(groups.shape[1]) == np.where(groups[0], arrivals, np.inf).argmin()
    return settled
