"""Processes below this one: started apart, ended whole, and left the time to save."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.system.processes import end_tree
from tests.terminals import wait_until, wait_until_gone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

# A program that takes a second to save, and one that waits for it.
SAVES = """
import signal, sys, time
from pathlib import Path
def save(*_):
    time.sleep(1)
    Path(sys.argv[1], "saved").touch()
    sys.exit(130)
signal.signal(signal.SIGTERM, save)
Path(sys.argv[1], "began").touch()
time.sleep(1000)
"""
WAITS = """
import sys
from engine.system.processes import call_politely
call_politely([sys.executable, "-c", sys.argv[1], sys.argv[2]])
"""


def test_an_interrupt_is_passed_on_to_a_program_that_then_may_save(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WAITS, SAVES, str(tmp_path)], stderr=subprocess.DEVNULL)
    wait_until((tmp_path / "began").exists)
    below = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    assert process.wait() != 0
    assert (tmp_path / "saved").exists()
    wait_until_gone(below)


def test_a_script_ends_with_all_that_it_called(tmp_path: Path) -> None:
    process = subprocess.Popen(["sh", "-c", f"sh -c 'sleep 1000; true' & touch {tmp_path}/began; wait"])
    wait_until((tmp_path / "began").exists)
    below = psutil.Process(process.pid).children(recursive=True)
    assert below
    end_tree(process)
    assert process.returncode is not None
    wait_until_gone(below)
