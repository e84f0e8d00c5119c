"""Ending processes that this one started, on every system."""

import contextlib
import subprocess

import psutil

PATIENCE_S = 3.0


def end_tree(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started (a package manager may be a script that calls another), and wait for it."""
    below = []
    with contextlib.suppress(psutil.Error):
        child = psutil.Process(process.pid)
        below = [*child.children(recursive=True), child]
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.terminate()
    _, left = psutil.wait_procs(below, timeout=PATIENCE_S)
    for each in left:
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.wait()
