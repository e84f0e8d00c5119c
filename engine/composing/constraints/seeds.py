"""Seeds of random number generators: one stream for each poem and purpose."""

import hashlib


def poem_seed(seed: int, constraints: str) -> int:
    """Derive the generator seed of one poem from the request's seed and a text of its constraints.

    The constraints enter because poems of one seed would otherwise resemble each other.
    """
    return int.from_bytes(hashlib.blake2b(f"{seed} {constraints}".encode(), digest_size=7).digest(), "big")
