"""Starting and ending child processes, the waiting of threads, and the ranks of distributed processes."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from engine.system.interruption import deferred

KILL_TIMEOUT_S = 3.0
# Environment variables of OpenMP, and of GNU's libgomp.
WAIT_POLICY, SPIN_COUNT = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"


def own_session() -> dict[str, Any]:
    """Options of `Popen` for a process that neither Ctrl-C nor a closing terminal reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def call_politely(line: Sequence[str], **options: Any) -> int:
    """Run a program and return its exit status. An interrupt is forwarded to it, and its end awaited.

    `subprocess.call` would kill it 0.25 s after Ctrl-C, even while it saves.
    """
    process = None
    try:
        with deferred():
            process = subprocess.Popen(line, **own_session(), **options)
        return process.wait()
    except KeyboardInterrupt:
        if process is None:
            raise
        process.terminate()
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
        raise


def end_tree(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its descendants (a package manager may be a script that calls another), and wait for it."""
    # Imported here: the studio only starts processes before its first paint.
    import psutil

    below = []
    with contextlib.suppress(psutil.Error):
        child = psutil.Process(process.pid)
        below = [*child.children(recursive=True), child]
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.terminate()
    _, left = psutil.wait_procs(below, timeout=KILL_TIMEOUT_S)
    for each in left:
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.wait()


def wait_passively() -> None:
    """Let waiting threads sleep instead of spin, unless the environment decides otherwise; call it before torch is loaded.

    A spinning thread occupies its core and keeps the thread that it waits for from running if another process wants the core:
    200 七绝 take 7 s alone, 52 s beside a training whose threads spin, and 8 s
    beside one whose threads sleep. Without competition there is no measurable difference (two cores).

    The libraries read these variables once, when they are loaded.
    """
    if WAIT_POLICY not in os.environ and SPIN_COUNT not in os.environ:
        os.environ[WAIT_POLICY] = "PASSIVE"
        os.environ[SPIN_COUNT] = "0"


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
    """The number of times that `torchrun` has restarted the processes after one of them died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def local_rank() -> int:
    """Rank of this process among those on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))
