"""What a training asks of the machine."""

import platform
import subprocess
import sys

import pytest

# Prints how many pages the system hands out for steps that take and free memory, after some that did the same.
WORK = """
import resource, sys, torch
from engine.devices import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
def n_pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def steps(n):
    for _ in range(n):
        blocks = [torch.empty(n_mib * 2**18).fill_(1.0) for n_mib in (48, 12, 50, 25)]
        del blocks  # before the next ones are taken, as a training's are
steps(10)
before = n_pages()
steps(20)
print(n_pages() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_memory_that_is_kept_is_not_handed_out_again_page_by_page() -> None:
    def n_pages(mode: str) -> int:
        return int(
            subprocess.run([sys.executable, "-c", WORK, mode], capture_output=True, text=True, check=True).stdout
        )

    assert n_pages("keep") < n_pages("give back") / 4
