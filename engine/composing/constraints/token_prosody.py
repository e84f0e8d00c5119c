"""Tones and rhyme groups of the vocabulary, by a rhyme book. Imports no torch.

Shapes: V vocabulary, G rhyme groups (106) or parts (19).
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.corpus.tokens.vocabulary import SPECIAL_TOKENS, Vocabulary
from engine.prosody.rhymes import masks_of, unusual_rhymes
from engine.prosody.text import RhymeBook, is_han
from engine.prosody.tones import LEVEL, OBLIQUE, tone_book, usual_tones

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]

# Tones as bits; both are set for a slot that takes either tone, and for a character with readings in both.
LEVEL_BIT, OBLIQUE_BIT = 1, 2
EITHER_BITS = LEVEL_BIT | OBLIQUE_BIT

# The frequency of a character is about proportional to 1 / (rank in the vocabulary + ZIPF_OFFSET).
ZIPF_OFFSET = 50


@dataclass(frozen=True, slots=True, eq=False)
class TokenProsody:
    """Tones and rhyme groups of each token.

    Only characters that the rhyme book itself lists may be sampled, in the readings that poets use: 不 is 仄, although the book
    has a level reading of it, and 平 rhymes in 八庚 alone. `tones` (V,): the tones of each character as bits, 0 for one that is
    never sampled. `fitting` (4, V): row c has the characters that fit a slot of tone bits c. `level` and `oblique` (G, V): the
    members of each group in that tone; `n_level` and `n_oblique` (G,): their number. `has_control_code` (G,): whether the
    vocabulary has a control code for the group. `code_points` (V,): of each character, 0 for a special token or a control code.
    """

    tones: Codes
    fitting: Bools
    level: Bools
    oblique: Bools
    n_level: NDArray[np.int64]
    n_oblique: NDArray[np.int64]
    has_control_code: Bools
    code_points: NDArray[np.uint32]

    def rhymes(self, is_level: bool) -> Bools:
        """The members (G, V) of the groups in one tone."""
        return self.level if is_level else self.oblique


@functools.lru_cache(maxsize=8)
def token_prosody(vocabulary: Vocabulary, system: RhymeBook) -> TokenProsody:
    """The prosody of a vocabulary in a rhyme book; cached."""
    masks, groups = masks_of(tone_book(system), with_added=False), masks_of(system, with_added=False)
    usual, unusual = {} if system == "xinyun" else usual_tones(), unusual_rhymes(system)
    tones = np.zeros(len(vocabulary), np.uint8)
    level_masks, oblique_masks = [0] * len(vocabulary), [0] * len(vocabulary)
    for index, character in enumerate(vocabulary.characters, start=len(SPECIAL_TOKENS)):
        if is_han(character):
            not_level, not_oblique = unusual.get(character, (0, 0))
            if character in masks.level and usual.get(character) != OBLIQUE:
                tones[index] |= LEVEL_BIT
                level_masks[index] = groups.level[character] & ~not_level
            if character in masks.oblique and usual.get(character) != LEVEL:
                tones[index] |= OBLIQUE_BIT
                oblique_masks[index] = groups.oblique[character] & ~not_oblique
    level, oblique = bits_of(level_masks, len(groups.names)), bits_of(oblique_masks, len(groups.names))
    fitting = np.stack([(tones & code) > 0 for code in range(EITHER_BITS + 1)])
    has_control_code = np.array([vocabulary.tag(f"rhyme:{name}") is not None for name in groups.names], np.bool_)
    code_points = np.zeros(len(vocabulary), np.uint32)
    first = len(SPECIAL_TOKENS)
    code_points[first : first + len(vocabulary.characters)] = [ord(one) for one in vocabulary.characters]
    return TokenProsody(tones, fitting, level, oblique, level.sum(1), oblique.sum(1), has_control_code, code_points)


@functools.lru_cache(maxsize=1024)
def group_members(prosody: TokenProsody, is_level: bool, groups: bytes) -> Bools:
    """The characters (V,) of some groups in one tone. `groups`: the bytes of a boolean array (G,), which are hashable."""
    return np.asarray(prosody.rhymes(is_level)[np.frombuffer(groups, np.bool_)].any(0))


@functools.lru_cache(maxsize=32)
def group_usage(prosody: TokenProsody, is_level: bool) -> NDArray[np.float64]:
    """The usage of each group (G,) in one tone, estimated from the ranks of its characters (Zipf); 1e-9 for an empty group."""
    members = prosody.rhymes(is_level)
    frequencies = 1 / (np.arange(members.shape[1]) + ZIPF_OFFSET)
    return np.asarray((members * frequencies).sum(1) + 1e-9)


def bits_of(masks: Sequence[int], n_bits: int) -> Bools:
    """Convert bit masks to an array (n_bits, number of masks), lowest bit first."""
    n_bytes = -(-n_bits // 8)
    octets = np.frombuffer(b"".join(mask.to_bytes(n_bytes, "little") for mask in masks), np.uint8)
    bits = np.unpackbits(octets.reshape(len(masks), n_bytes), axis=1, count=n_bits, bitorder="little")
    return np.ascontiguousarray(bits.T.view(np.bool_))
