"""The seeds of random numbers: one stream a poem and purpose."""

import hashlib


def stream_of(seed: int, wish: str) -> int:
    """The seed of one poem's random numbers: with the same for every wish, the poems of one seed would resemble each other."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {wish}".encode(), digest_size=7).digest(), "big")
