"""The service as a process: how it is called, where its narration goes, how it is ended."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import IO

import engine
from engine.system.paths import state_file

# -P: a folder called `engine` in the user's working folder must not be taken for ours.
SERVICE = (sys.executable, "-P", "-m", "engine", "service")
MAX_LINE_BYTES = 1 << 20
_MAX_LOG_BYTES = 1 << 20


def log_file() -> Path:
    """Where the service's narration goes."""
    return state_file("log/engine.log")


def open_log() -> IO[str]:
    """The log, begun anew when it has grown long; where it cannot be written, nowhere."""
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_long = path.exists() and path.stat().st_size > _MAX_LOG_BYTES
        return path.open("w" if is_long else "a", encoding="utf-8")
    except OSError:
        return Path(os.devnull).open("w", encoding="utf-8")


def environment() -> dict[str, str]:
    """Ours, and the service finds the same engine as we do, wherever it was started."""
    beside = str(Path(engine.__file__).parent.parent)
    paths = [beside, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


def end(process: asyncio.subprocess.Process, *, at_once: bool = False) -> None:
    """The end of stdin and a signal: torch, being imported, reads no stdin. The signal is a polite one, unless `at_once`."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    kill_group = getattr(os, "killpg", None)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if kill_group is None:  # Windows, which has no process groups of this kind, nor SIGKILL
            process.kill() if at_once else process.terminate()
        else:
            # Not `process.kill()`: it may take the exit status away from asyncio, which then complains on the screen.
            kill_group(process.pid, getattr(signal, "SIGKILL") if at_once else signal.SIGTERM)  # noqa: B009
