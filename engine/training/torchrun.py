"""What `torchrun` tells each of the workers that it starts, by their environment; without it there is one worker."""

import os


def world_size() -> int:
    """How many workers `torchrun` started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_world_size() -> int:
    """How many of them are on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process leads, before it has joined the others."""
    return os.environ.get("RANK", "0") == "0"


def is_single_machine() -> bool:
    return world_size() == local_world_size()


def restart_count() -> int:
    """How often `torchrun` has started the workers again after one of them died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def local_rank() -> int:
    """The number of this worker among those on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))
