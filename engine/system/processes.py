"""Starting and ending child processes on every system, and how the threads of this one wait."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from engine.system.interruption import deferred

PATIENCE_S = 3.0
# OpenMP's own variable, and that of GNU's libgomp.
WAIT_POLICY, SPIN_COUNT = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"


def own_session() -> dict[str, Any]:
    """What `Popen` takes for a process that neither Ctrl-C nor a closing terminal reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def call_politely(line: Sequence[str], **options: Any) -> int:
    """Run a program and return its exit status. An interrupt is passed on to it, and then its own end is waited for.

    `subprocess.call` would kill it a quarter of a second after Ctrl-C, whatever it has to save.
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
    """End a process and all that it started (a package manager may be a script that calls another), and wait for it."""
    # Whoever only starts processes (the studio, before its first paint) does not wait for it to be loaded.
    import psutil

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


def wait_passively() -> None:
    """Let waiting threads sleep instead of spin, unless the environment says otherwise; call it before torch is loaded.

    A thread that spins holds its core. Where another process wants that core (a training beside a composition, or anything else),
    the thread that is waited for does not get it: 200 七绝 take 7 s alone, 52 s beside a training whose threads spin, and 8 s
    beside one whose threads sleep. Alone it makes no difference that could be measured (two cores).

    The variables are OpenMP's own and that of GNU's libgomp; both are read once, when the library is loaded.
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
    """How often `torchrun` has restarted the processes after one of them died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def local_rank() -> int:
    """Rank of this process among those on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))
