"""What a training asks of the machine."""

import math
import platform
import subprocess
import sys

import pytest
import torch

from engine.model.devices import gradient_scale

# Prints how many pages the system hands out for steps that take and free memory, after some that did the same: in a process
# that gives memory back, and in one that keeps it.
WORK = """
import os, resource, torch
from engine.model.devices import tune_malloc
if os.fork() == 0:
    tune_malloc()
else:
    os.wait()
def n_pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def steps(n):
    for _ in range(n):
        blocks = [torch.empty(n_mib * 2**18).fill_(1.0) for n_mib in (48, 12, 50, 25)]
        del blocks  # before the next ones are taken, as a training's are
steps(3)
before = n_pages()
steps(6)
print(n_pages() - before)
"""  # the one that keeps it prints first


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_memory_that_is_kept_is_not_handed_out_again_page_by_page() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)
    kept, given_back = map(int, done.stdout.split())
    assert kept < given_back / 4


# Prints how much less memory the process has, in MiB, once what lies free between used blocks was given back.
GAPS = """
import torch
from pathlib import Path
from engine.model.devices import trim_malloc, tune_malloc
tune_malloc()
def resident_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024
blocks = [torch.ones(2**18) for _ in range(400)]  # of a MiB each
blocks = blocks[::2]
before = resident_mib()
trim_malloc()
print(before - resident_mib())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back when told to")
def test_memory_between_used_blocks_is_given_back_when_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", GAPS], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 150


def test_gradients_are_raised_where_float16_would_lose_them() -> None:
    card, processor = torch.device("cuda"), torch.device("cpu")
    scale = gradient_scale(card, torch.bfloat16)
    assert torch.tensor(1e-8 * scale).half() != 0
    # A power of two changes no digit on the way there and back.
    assert math.log2(scale).is_integer()
    assert gradient_scale(card, torch.float32) == gradient_scale(processor, torch.bfloat16) == 1
