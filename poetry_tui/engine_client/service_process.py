"""The process of the service: its command, its log, its environment, and how to end it."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import IO

import engine
from engine.system.paths import state_file

# -P: do not import a package called `engine` from the working folder.
SERVICE = (sys.executable, "-P", "-m", "engine", "service")
MAX_LINE_BYTES = 1 << 20
_MAX_LOG_BYTES = 1 << 20


def log_file() -> Path:
    """The file that the service's stderr is written to."""
    return state_file("log/engine.log")


def open_log() -> IO[str]:
    """Open the log for appending; truncate it beyond `_MAX_LOG_BYTES`. If it cannot be written, open the null device."""
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_long = path.exists() and path.stat().st_size > _MAX_LOG_BYTES
        return path.open("w" if is_long else "a", encoding="utf-8")
    except OSError:
        return Path(os.devnull).open("w", encoding="utf-8")


def environment() -> dict[str, str]:
    """The environment of the service: ours, with a PYTHONPATH that finds the same engine package from any working folder."""
    beside = str(Path(engine.__file__).parent.parent)
    paths = [beside, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


def end(process: asyncio.subprocess.Process, *, at_once: bool = False) -> None:
    """Close stdin and send SIGTERM, or SIGKILL if `at_once`. A service that is still importing torch does not read stdin."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    kill_group = getattr(os, "killpg", None)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if kill_group is None:  # Windows, which has neither killpg nor SIGKILL
            process.kill() if at_once else process.terminate()
        else:
            # Not `process.kill()`: it may reap the exit status before asyncio, which then prints a warning to the screen.
            kill_group(process.pid, getattr(signal, "SIGKILL") if at_once else signal.SIGTERM)  # noqa: B009
