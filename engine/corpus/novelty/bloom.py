"""A Bloom filter over strings of characters: no false negatives, rare false positives.

Strings are hashed in batches, by their code points. The hash function is part of the file format: it gives the same
bits on every machine and in every version. Shapes: B strings, L characters each.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CodePoints = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint8]

# With these limits the double hashing of `_positions` does not overflow 64 bits.
MAX_BITS = 1 << 32
MAX_HASHES = 16

_START = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
_FINAL_MULTIPLIER = np.uint64(0x94D049BB133111EB)
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_LOW_THREE = np.uint64(7)
_KEYS_AT_ONCE = 1 << 20


def code_points(text: str) -> CodePoints:
    """The code points of a text (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint32, copy=False)


def no_hashes(shape: int | tuple[int, ...]) -> Hashes:
    """Hashes of empty strings in the given shape, to `extend`."""
    return np.full(shape, _START, np.uint64)


def extend(hashes: Hashes, characters: CodePoints) -> Hashes:
    """The hashes (B,) of strings extended by one character of (B,) each; the arrays broadcast."""
    mixed = (hashes ^ characters.astype(np.uint64)) * _MULTIPLIER
    return mixed ^ (mixed >> _HALF)


def hash_rows(rows: CodePoints) -> Hashes:
    """The hashes (B,) of strings of equal length (B, L)."""
    hashes = no_hashes(len(rows))
    for column in rows.T:
        hashes = extend(hashes, column)
    return hashes


def hash_ends(rows: CodePoints, shortest: int) -> Hashes:
    """The hashes (B, L − shortest + 1) of the suffixes of strings (B, L), from the whole string down to the suffix of `shortest`
    characters."""
    hashes = no_hashes((len(rows), max(0, rows.shape[1] - shortest + 1)))
    for position, column in enumerate(rows.T):
        begun = hashes[:, : position + 1]
        begun[:] = extend(begun, column[:, None])
    return hashes


def hash_strings(strings: list[str]) -> Hashes:
    """The hashes (B,) of strings of any lengths."""
    hashes = no_hashes(len(strings))
    lengths = np.array([len(string) for string in strings], np.int64)
    for length in np.unique(lengths):
        positions = np.flatnonzero(lengths == length)
        rows = code_points("".join(strings[position] for position in positions)).reshape(len(positions), int(length))
        hashes[positions] = hash_rows(rows)
    return hashes


def distinct(hashes: Hashes) -> Hashes:
    """The distinct hashes, sorted. `np.unique` uses a hash table and takes several times as long."""
    ordered = np.sort(hashes)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(ordered) else ordered


@dataclass(frozen=True, eq=False)
class BloomFilter:
    """A Bloom filter. `bits` (n_bits / 8,) uint8, lowest bit first; `n_hashes` bits belong to each key."""

    bits: Bits
    n_hashes: int
    n_keys: int

    @classmethod
    def of(cls, hashes: Hashes, bits_per_key: float) -> "BloomFilter":
        """Build a filter of strings with these hashes. With 10 `bits_per_key` the false-positive rate is 1 in 120."""
        keys = distinct(hashes)
        n_bits = min(8 * math.ceil(max(len(keys), 8) * bits_per_key / 8), MAX_BITS)
        n_hashes = min(max(1, round(bits_per_key * math.log(2))), MAX_HASHES)
        flags = np.zeros(n_bits, np.bool_)
        for first in range(0, len(keys), _KEYS_AT_ONCE):
            for position in _positions(keys[first : first + _KEYS_AT_ONCE], n_bits, n_hashes):
                flags[position] = True
        return cls(np.packbits(flags, bitorder="little"), n_hashes, len(keys))

    @property
    def n_bits(self) -> int:
        return 8 * len(self.bits)

    def contains(self, hashes: Hashes) -> Flags:
        """Whether the filter may contain the string of each hash (B,); False is certain."""
        positions = _positions(hashes, self.n_bits, self.n_hashes)
        is_set = self.bits[positions >> np.uint64(3)] >> (positions & _LOW_THREE).astype(np.uint8) & np.uint8(1)
        found: Flags = np.logical_and.reduce(is_set, axis=0)
        return found


@dataclass(frozen=True, eq=False)
class HashSet:
    """The sorted hashes (n,) of strings: exact except for collisions of 64-bit hashes, which no corpus is large enough for."""

    hashes: Hashes

    def contains(self, hashes: Hashes) -> Flags:
        """Whether the set contains the string of each hash (B,)."""
        positions = np.searchsorted(self.hashes, hashes)
        found = np.zeros(hashes.shape, np.bool_)
        inside = positions < len(self.hashes)
        found[inside] = self.hashes[positions[inside]] == hashes[inside]
        return found


def _positions(hashes: Hashes, n_bits: int, n_hashes: int) -> Hashes:
    """The positions of the bits of each hash (B,): (n_hashes, B), by double hashing."""
    mixed = (hashes ^ (hashes >> np.uint64(30))) * _FINAL_MULTIPLIER
    mixed ^= mixed >> np.uint64(31)
    first, step = mixed & _LOW_HALF, (mixed >> _HALF) | np.uint64(1)
    positions: Hashes = (first + np.arange(n_hashes, dtype=np.uint64)[:, None] * step) % np.uint64(n_bits)
    return positions
