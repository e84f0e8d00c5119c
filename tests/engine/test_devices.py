"""What a training asks of the machine."""

import platform
import subprocess
import sys

import pytest

# Prints how many pages the system hands out for two rounds of work on 40 MiB, when the memory has been used before.
WORK = """
import resource, sys, torch
from engine.devices import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
def work():
    torch.empty(10 * 2**20).fill_(1.0)
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_memory_that_is_kept_is_not_handed_out_again_page_by_page() -> None:
    def n_pages(mode: str) -> int:
        return int(
            subprocess.run([sys.executable, "-c", WORK, mode], capture_output=True, text=True, check=True).stdout
        )

    # Large pages make them fewer, but they are there.
    assert n_pages("keep") < n_pages("give back")
    assert n_pages("keep") < 20
