"""Starting a training and telling it what to do. A run is a folder, and its controls are files in it."""

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
from poetry_tui.tracking.summary import RunSummary, find_run, list_runs, summarise

__all__ = [
    "RunCommand",
    "RunSummary",
    "continue_run",
    "find_run",
    "is_alive",
    "learning_rate_of",
    "list_runs",
    "pause_run",
    "pending_commands",
    "remove_run",
    "resume_run",
    "sample_run",
    "save_run",
    "set_learning_rate",
    "start_run",
    "started_here",
    "stop_run",
    "summarise",
    "trainer_pids",
    "withdraw",
]

# How long a trainer may take to be gone after its last word.
LEAVING_S = 15.0
RunCommand: TypeAlias = Callable[[Path], object]

# The trainers that this process started, by run folder.
_children: dict[Path, "subprocess.Popen[bytes]"] = {}


def start_run(config: TrainConfig, run_id: str | None = None) -> Path:
    """Start a training that outlives this process, and return its folder at once.

    `Popen` and not asyncio: when an event loop closes, asyncio kills the children that it knows.

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
    """Go on with a run that was stopped, failed or lost, from its last checkpoint.

    Raises:
        RunError: the run is still going on, or its folder cannot be written.
    """
    # A trainer says its last word a moment before it is gone.
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
            # -P: a folder called `engine` in the user's working folder must not be taken for ours.
            [sys.executable, "-P", "-m", "engine", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **own_session(),
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    # At once: whoever leaves now ends every child that is no training.
    _children[folder] = process
    # The trainer takes seconds to load before its first heartbeat; until then this one says that it lives.
    with contextlib.suppress(OSError):  # it beats itself as soon as it can
        write_atomically(folder / HEARTBEAT, str(process.pid))
    # Somebody has to wait for the child, or a dead one would count as alive for as long as the studio is open.
    threading.Thread(target=process.wait, name=f"wait-{folder.name}", daemon=True).start()


def is_alive(folder: Path) -> bool:
    """Whether some process writes this run, or was started by this one to do so and is still loading."""
    child = _children.get(folder)
    return run_is_alive(folder) or (child is not None and child.returncode is None)


def started_here() -> list[Path]:
    """The folders of the trainings that this process started and that still run."""
    return [folder for folder, child in _children.items() if child.returncode is None]


def trainer_pids() -> list[int]:
    """The processes of all trainings that this process started."""
    return [child.pid for child in list(_children.values())]


def stop_run(folder: Path) -> None:
    """Ask a run to save and stop; a paused one too. Raises RunError when nobody is there to be told."""
    _ask(folder, STOP)
    withdraw(folder, PAUSE)


def pause_run(folder: Path) -> None:
    """Ask a run to pause after this step. Raises RunError when nobody is there to be told."""
    _ask(folder, PAUSE)


def resume_run(folder: Path) -> None:
    """Let a paused run go on."""
    withdraw(folder, PAUSE)


def save_run(folder: Path) -> None:
    """Ask a run for a checkpoint now. Raises RunError when nobody is there to be told."""
    _ask(folder, SAVE)


def sample_run(folder: Path) -> None:
    """Ask a run to sample the begin characters now. Raises RunError when nobody is there to be told."""
    _ask(folder, SAMPLE)


def learning_rate_of(text: str) -> float:
    """What somebody typed as a learning rate: 0.001 or 1e-3. Raises UsageError for anything that a run would not take."""
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
    """Ask a run to go on with another learning rate. Raises RunError when nobody is there to be told."""
    _ask(folder, LR, learning_rate)


def pending_commands(folder: Path) -> frozenset[str]:
    """What the run has been asked for and has not answered yet: stop, pause, save, sample, lr."""
    return ControlFiles(folder).requests()


def withdraw(folder: Path, command: str) -> None:
    """Ask no longer for something. Raises RunError when the folder cannot be written."""
    with _reporting(folder):
        ControlFiles(folder).withdraw(command)


def _ask(folder: Path, command: str, value: float | None = None) -> None:
    if not is_alive(folder):
        raise RunError("The run {name} is not running.", "Go on with it first, or start another one.", name=folder.name)
    with _reporting(folder):
        ControlFiles(folder).request(command, value)


def open_log(folder: Path) -> IO[bytes]:
    """A run's log, to be added to. Raises OSError, for a FIFO too, which would block."""
    path = folder / LOG
    if path.exists():
        open_regular(path).close()
    return path.open("ab")


@contextlib.contextmanager
def _reporting(folder: Path) -> Iterator[None]:
    """Turn what the file system says of a run's folder into one sentence and a hint."""
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
