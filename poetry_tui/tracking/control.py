"""Start a training and control it. A run is a folder; a control command is a file in it."""

import contextlib
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeAlias

from engine.config.schema import TrainConfig
from engine.runs.folder import (
    CONFIG,
    EVENTS,
    HEARTBEAT,
    LOG,
    LR,
    MAX_LEARNING_RATE,
    PAUSE,
    SAMPLE,
    SAVE,
    STOP,
    ControlFiles,
    run_is_alive,
    write_config,
)
from engine.runs.labels import new_run_folder
from engine.system import paths
from engine.system.errors import Message, RunError, UsageError
from engine.system.files import is_file, open_regular, write_atomically
from engine.system.processes import own_session
from poetry_tui.tracking.summary import summarise

# Time that a trainer may take to exit after its last event.
LEAVING_S = 15.0
RunCommand: TypeAlias = Callable[[Path], object]

# The trainers that this process started, by run folder.
_children: dict[Path, "subprocess.Popen[bytes]"] = {}


def start_run(config: TrainConfig, run_id: str | None = None) -> Path:
    """Start a training that outlives this process, and return its folder at once.

    `Popen` and not asyncio: asyncio kills its children when its event loop closes.

    Raises:
        RunError: the folder is taken or cannot be written.
    """
    folder = new_run_folder(config) if run_id is None else paths.runs() / run_id
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise RunError(
            "There is already a run called {name}.", "Choose another name.", name=f"{folder.name!r}"
        ) from None
    except OSError as error:
        raise RunError(
            "The run folder cannot be made: {error}.", "Check {path}.", error=error, path=folder.parent
        ) from error
    with _reporting(folder):
        write_config(folder, config)
    _spawn(folder, "--config", str(folder / CONFIG), "--run", str(folder))
    return folder


def continue_run(folder: Path) -> None:
    """Resume a run that was stopped, failed or lost, from its last checkpoint.

    Raises:
        RunError: the run is still going on, or its folder cannot be written.
    """
    # A trainer writes its last event a moment before it exits.
    patience_ends_s = time.monotonic() + LEAVING_S
    while is_alive(folder):
        if summarise(folder).status.is_live or time.monotonic() > patience_ends_s:
            raise RunError("The run {name} is still going on.", "Stop it first.", name=folder.name)
        time.sleep(0.1)
    for command in pending_commands(folder):
        withdraw(folder, command)
    _spawn(folder, "--resume", str(folder))


def _spawn(folder: Path, *arguments: str) -> None:
    """Start the trainer in a session of its own, so that closing the terminal does not end it."""
    with _reporting(folder), open_log(folder) as log:
        process = subprocess.Popen(
            # -P: do not import a package called `engine` from the working folder.
            [sys.executable, "-P", "-m", "engine", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **own_session(),
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    # Registered at once: a studio that quits now ends every child that is not in `_children`.
    _children[folder] = process
    # The trainer loads for seconds before its own first heartbeat; this one covers that time.
    with contextlib.suppress(OSError):
        write_atomically(folder / HEARTBEAT, str(process.pid))
    # Reap the child; a zombie would count as alive for as long as the studio is open.
    threading.Thread(target=process.wait, name=f"wait-{folder.name}", daemon=True).start()


def is_alive(folder: Path) -> bool:
    """Whether a process writes this run, or a trainer started by this process for it has not exited."""
    child = _children.get(folder)
    return run_is_alive(folder) or (child is not None and child.returncode is None)


def started_here() -> list[Path]:
    """The folders of the trainings that this process started and that are still running."""
    return [folder for folder, child in _children.items() if child.returncode is None]


def trainer_pids() -> list[int]:
    """The process ids of all trainings that this process started."""
    return [child.pid for child in list(_children.values())]


def stop_run(folder: Path) -> None:
    """Ask a run, paused or not, to save and stop. Raises RunError when the run is not running."""
    _ask(folder, STOP)
    withdraw(folder, PAUSE)


def pause_run(folder: Path) -> None:
    """Ask a run to pause after this step. Raises RunError when the run is not running."""
    _ask(folder, PAUSE)


def resume_run(folder: Path) -> None:
    """Let a paused run go on."""
    withdraw(folder, PAUSE)


def save_run(folder: Path) -> None:
    """Ask a run for a checkpoint now. Raises RunError when the run is not running."""
    _ask(folder, SAVE)


def sample_run(folder: Path) -> None:
    """Ask a run to sample the begin characters now. Raises RunError when the run is not running."""
    _ask(folder, SAMPLE)


def learning_rate_of(text: str) -> float:
    """Parse a learning rate such as 0.001 or 1e-3. Raises UsageError for text that is no number between 0 and `MAX_LEARNING_RATE`."""
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < MAX_LEARNING_RATE:
        raise UsageError(
            "{text} is no learning rate.", "Write a number such as 0.001 or 1e-3.", text=text.strip() or "Nothing"
        )
    return rate


def set_learning_rate(folder: Path, learning_rate: float) -> None:
    """Ask a run to go on with another learning rate. Raises RunError when the run is not running."""
    _ask(folder, LR, learning_rate)


def pending_commands(folder: Path) -> frozenset[str]:
    """The commands that the run has not carried out yet: stop, pause, save, sample, lr."""
    return ControlFiles(folder).requests()


def withdraw(folder: Path, command: str) -> None:
    """Withdraw a pending command. Raises RunError when the folder cannot be written."""
    with _reporting(folder):
        ControlFiles(folder).withdraw(command)


def _ask(folder: Path, command: str, value: float | None = None) -> None:
    if not is_alive(folder):
        raise RunError("The run {name} is not running.", "Go on with it first, or start another one.", name=folder.name)
    with _reporting(folder):
        ControlFiles(folder).request(command, value)


def open_log(folder: Path) -> IO[bytes]:
    """Open a run's log for appending. Raises OSError, also for a FIFO, which would block."""
    path = folder / LOG
    if path.exists():
        open_regular(path).close()
    return path.open("ab")


@contextlib.contextmanager
def _reporting(folder: Path) -> Iterator[None]:
    """Convert an OSError on a run's folder to a RunError with a hint."""
    try:
        yield
    except OSError as error:
        message = Message("The run {name} cannot be written: {error}.", name=folder.name, error=error)
        raise RunError(message, "Make {path} writable.", path=folder) from error


def remove_run(folder: Path) -> None:
    """Delete a run with its checkpoints.

    Raises:
        RunError: it is alive, it is no run folder, or it cannot be removed.
    """
    if is_alive(folder):
        raise RunError("The run {name} is still running.", "Stop it first.", name=folder.name)
    if not is_file(folder / CONFIG) and not is_file(folder / EVENTS):
        raise RunError("{path} is no run folder.", "`poetry-tui runs list` shows the runs.", path=folder)
    if folder.is_symlink():
        raise RunError("{path} is a link to a run.", "Remove the run where it lies, then the link.", path=folder)
    with _reporting(folder):
        # Moved first: a deletion cut short leaves nothing that looks like a whole run.
        whole = folder.resolve()
        doomed = Path(tempfile.mkdtemp(prefix=".removed-", dir=whole.parent))
        whole.rename(doomed / "run")
        shutil.rmtree(doomed)
