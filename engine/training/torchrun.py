"""What `torchrun` tells each of the workers that it starts, by their environment; without it there is one worker."""

import os


def n_workers() -> int:
    """How many workers `torchrun` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def n_workers_here() -> int:
    """How many of them are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_lead() -> bool:
    """Whether this process leads, before it has joined the others."""
    return os.environ.get("RANK", "0") == "0"


def is_one_machine() -> bool:
    return n_workers() == n_workers_here()


def n_restarts() -> int:
    """How often `torchrun` has started the workers again after one of them died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def number_here() -> int:
    """The number of this worker among those on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))
