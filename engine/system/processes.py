"""Starting and ending processes below this one, on every system."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

PATIENCE_S = 3.0


def own_session() -> dict[str, Any]:
    """What `Popen` takes for a process that neither Ctrl-C nor a closing terminal reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def call_politely(line: Sequence[str], **options: Any) -> int:
    """Run a program and return its exit status. An interrupt is passed on to it, and then its own end is waited for.

    `subprocess.call` would kill it a quarter of a second after Ctrl-C, whatever it has to save.
    """
    process = subprocess.Popen(line, **own_session(), **options)
    try:
        return process.wait()
    except KeyboardInterrupt:
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
