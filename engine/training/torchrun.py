"""Environment variables that `torchrun` sets for each process; without it there is one process."""

import os


def world_size() -> int:
    """Number of processes, over all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def local_world_size() -> int:
    """Number of processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process has rank 0; known before the process group exists."""
    return os.environ.get("RANK", "0") == "0"


def is_single_machine() -> bool:
    """Whether all processes run on this machine."""
    return world_size() == local_world_size()


def restart_count() -> int:
    """How often `torchrun` has restarted the processes after one of them died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def local_rank() -> int:
    """Rank of this process among those on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))
