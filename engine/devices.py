"""Where to compute: the best device at hand, how many threads, and whose memory."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.config import DeviceChoice
from engine.errors import UsageError

# More rows than the stage ever asks for at once: what somebody waits for must not wait for a training.
MANY_ROWS = 48
# Parameters of glibc's `mallopt`, and what they are set to. The largest blocks that a step of `nndl` takes and frees have some 50 MiB;
# with 32 MiB in place of 64 it is no faster than without, with no limit at all `studio` needs 0.3 GB more.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
KEPT_BYTES, LARGEST_KEPT_BYTES = 256 * 2**20, 64 * 2**20


def choose_device(choice: DeviceChoice) -> torch.device:
    """`auto` takes cuda, then mps, then cpu.

    Raises:
        UsageError: when a device that was asked for by name is not there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if choice == "auto":
        return torch.device(next(name for name, is_there in available.items() if is_there))
    if not available[choice]:
        there = ", ".join(name for name, is_there in available.items() if is_there)
        raise UsageError(f"This machine offers no {choice} device.", f"Choose one of: auto, {there}.")
    return torch.device(choice)


def use_threads(n_threads: int) -> None:
    """Compute on so many processor threads; 0 means one for each core that this process may use."""
    torch.set_num_threads(n_threads or usable_cores())


def keep_memory() -> None:
    """Let glibc keep freed memory for the next step; elsewhere nothing happens.

    It would give it back to the system, which hands it out again page by page, each filled with zeros: a twentieth of a training
    with small layers and large batches.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(MMAP_THRESHOLD, LARGEST_KEPT_BYTES)
        libc.mallopt(TRIM_THRESHOLD, KEPT_BYTES)


@contextmanager
def all_cores_for(n_rows: int, device: torch.device) -> Iterator[None]:
    """Every core for a step of so many rows that sharing it out pays; below that, a second thread is mostly waited for."""
    before = torch.get_num_threads()
    if device.type != "cpu" or n_rows < MANY_ROWS or before >= usable_cores():
        yield
        return
    torch.set_num_threads(usable_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sent_to(device: torch.device, array: NDArray[Any]) -> Tensor:
    """An array on a device. To a card it goes from pinned memory, so that nobody waits until it has arrived."""
    if device.type != "cuda":
        return torch.from_numpy(array).to(device)
    return torch.from_numpy(np.ascontiguousarray(array)).pin_memory().to(device, non_blocking=True)


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 products on CUDA, where they are many times faster; float32 elsewhere."""
    return torch.autocast("cuda", dtype=torch.bfloat16) if device.type == "cuda" else nullcontext()


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
