"""Choice of a rhyme group for a poem whose constraints leave it open. Free of torch.

A model with control codes reads the rhyme group before the poem and writes towards it, so the group is chosen first. A model
without them leaves the group to the first rhyme character sampled.

Shapes: L rhyme labels, G rhyme groups or parts.
"""

import numpy as np

from engine.composing.seeds import poem_seed
from engine.composing.token_prosody import Bools, TokenProsody, group_usage


def resolve_groups(groups: Bools, prosody: TokenProsody, is_level: bool, seed: int, begin: str) -> Bools:
    """Reduce the open groups (L, G) of the first rhyme to one, sampled by seed and begin character.

    A group's probability is proportional to its usage in one tone, `is_level` of the first rhyme. Returned as they are: groups
    of which one is left already, and groups without a control code.
    """
    if groups[0].sum() < 2 or (groups[0] & ~prosody.has_control_code).any():
        return groups
    # The first arrival of exponential clocks: closing one group leaves the order of the others as it is.
    rng = np.random.default_rng(poem_seed(seed, f"rhyme {begin}"))
    arrivals = rng.exponential(size=groups.shape[1]) / group_usage(prosody, is_level)
    resolved = groups.copy()
    resolved[0] = np.arange(groups.shape[1]) == np.where(groups[0], arrivals, np.inf).argmin()
    return resolved
