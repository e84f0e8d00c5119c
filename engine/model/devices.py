"""Compute device, threads, precision and memory."""

import contextlib
import ctypes
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.config.options import check_setting
from engine.config.schema import DeviceChoice, Precision, TrainConfig
from engine.system.errors import UsageError

# Minimum rows of a composition that uses all cores. Smaller ones stay on their threads, so that a user need not wait for a training.
MIN_ROWS_FOR_ALL_CORES = 48
# The smallest hidden size that is faster with AMX tiles; with 24 a step takes twice as long as in float32.
MIN_HIDDEN_SIZE_FOR_BFLOAT16 = 128
# Scales gradients of 1e-7 into the normal range of float16; a gradient above 16 would become infinite.
FLOAT16_GRADIENT_SCALE = 4096.0
# Parameters of glibc's `mallopt`.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
# Their values. The largest blocks that a step of `nndl` allocates and frees have about 50 MiB; a limit of 32 MiB gains nothing,
# and without a limit `studio` needs 0.3 GB more.
KEPT_BYTES, LARGEST_KEPT_BYTES = 256 * 2**20, 64 * 2**20


def choose_device(choice: DeviceChoice) -> torch.device:
    """The device of a setting; `auto` prefers cuda, then mps, then cpu.

    Raises:
        UsageError: when the machine lacks the device, or no device has that name.
    """
    check_setting(TrainConfig, "device", choice)
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if choice == "auto":
        return torch.device(next(name for name, is_there in available.items() if is_there))
    if not available[choice]:
        there = (name for name, is_there in available.items() if is_there)
        raise UsageError(
            "This machine offers no {name} device.", "Choose one of: {names}.", name=choice, names=("auto", *there)
        )
    return torch.device(choice)


def use_threads(n_threads: int) -> None:
    """Set the number of processor threads; 0 = one for each core that this process may use."""
    torch.set_num_threads(n_threads or usable_cores())


def tune_malloc() -> None:
    """Make glibc keep freed memory for the next step, until `trim_malloc`; does nothing with other C libraries.

    By default glibc returns it to the system, which zeroes each page when it is allocated again: 5 % of the time of a training
    with small layers and large batches.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(MMAP_THRESHOLD, LARGEST_KEPT_BYTES)
        libc.mallopt(TRIM_THRESHOLD, KEPT_BYTES)


def trim_malloc() -> None:
    """Return freed memory to the system, also from between blocks in use; does nothing with other C libraries.

    Batches of many shapes fragment the heap: a training of `studio` grew by 500 MB of free memory in its first 150 steps.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def use_all_cores_for(n_rows: int, device: torch.device) -> Iterator[None]:
    """Context manager: use every core, if `n_rows` are at least `MIN_ROWS_FOR_ALL_CORES` and the device is a CPU."""
    before = torch.get_num_threads()
    if device.type != "cpu" or n_rows < MIN_ROWS_FOR_ALL_CORES or before >= usable_cores():
        yield
        return
    torch.set_num_threads(usable_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def to_device(device: torch.device, array: NDArray[Any]) -> Tensor:
    """Copy an array to a device; to a GPU asynchronously, from pinned memory."""
    if device.type != "cuda":
        return torch.from_numpy(array).to(device)
    return torch.from_numpy(np.ascontiguousarray(array)).pin_memory().to(device, non_blocking=True)


def product_dtype(choice: Precision, device: torch.device, hidden_size: int) -> torch.dtype:
    """Type of the matrix products of a training.

    `auto`: bfloat16 on GPUs that support it, and for large enough networks on processors with AMX tiles, which multiply bfloat16
    six times as fast as float32. Processors with bfloat16 instructions but no tiles gain less, and were not measured.

    Raises:
        UsageError: for bfloat16 on a device that supports float32 only.
    """
    if choice == "bfloat16" and device.type not in ("cpu", "cuda"):
        raise UsageError(
            "On {name} the studio trains in float32 alone.",
            "Choose one of: {names}.",
            name=device.type,
            names="auto, float32",
        )
    if choice == "auto":
        choice = "bfloat16" if has_fast_bfloat16(device, hidden_size) else "float32"
    return torch.bfloat16 if choice == "bfloat16" else torch.float32


def has_fast_bfloat16(device: torch.device, hidden_size: int) -> bool:
    """Whether layers of this hidden size are faster in bfloat16 than in float32: on GPUs, and on processors with AMX tiles."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Some supported versions of PyTorch lack `get_capabilities`.
    abilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    has_tiles = torch.backends.mkldnn.is_available() and bool(abilities.get("amx_bf16"))  # type: ignore[no-untyped-call]
    return device.type == "cpu" and has_tiles and hidden_size >= MIN_HIDDEN_SIZE_FOR_BFLOAT16


def mixed_precision(device: torch.device, dtype: torch.dtype) -> AbstractContextManager[object]:
    """Context manager: matrix products in `dtype`, all other operations in float32."""
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype=dtype)


def gradient_scale(device: torch.device, dtype: torch.dtype) -> float:
    """Loss scale: the loss is multiplied by it before the backward pass, the gradients are divided by it afterwards.

    On a GPU PyTorch's autocast runs recurrent layers in float16 even with dtype bfloat16. Float16 underflows below 6e-8, and many
    gradients of a mean over 10,000 characters are smaller.
    """
    return FLOAT16_GRADIENT_SCALE if device.type == "cuda" and dtype != torch.float32 else 1.0


def device_name(device: torch.device, dtype: torch.dtype = torch.float32) -> str:
    """Name of the GPU, or the type of the device; followed by the type of matrix products if it is not float32."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return name if dtype == torch.float32 else f"{name}, {str(dtype).removeprefix('torch.')}"
