"""The run folder: its files, the liveness of its writer, and the control files. Imports no torch.

runs/<id>/config.json      the settings of the training
          events.jsonl     one event per line, append-only
          labels.json      its name, note and tags, if any were given
          malformed.json   the last count of malformed lines of events.jsonl
          log.txt          console output of the trainer; the traceback of a failure
          control/         request files: stop, pause, save, sample, lr
          checkpoints/     step-00001000/ …; last.json and best.json each name one of them
          lines.bloom      the lines of the training text (see `engine.corpus.novelty.training_lines`)
          heartbeat        the pid of the writer; touched every second while it runs
          lock             held by the writer while it runs
"""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock

from engine.config.schema import TrainConfig
from engine.runs import events
from engine.system.errors import RunError, UsageError
from engine.system.files import (
    is_file,
    is_folder,
    is_there,
    open_regular,
    read_json,
    read_start,
    resolved,
    write_atomically,
)
from engine.system.paths import bundled_data

CONFIG = "config.json"
EVENTS = "events.jsonl"
COUNTED = "malformed.json"
LABELS = "labels.json"
LOG = "log.txt"
CONTROL = "control"
CHECKPOINTS = "checkpoints"
HEARTBEAT = "heartbeat"
LOCK = "lock"
LINES = "lines.bloom"

STOP, PAUSE, SAVE, SAMPLE, LR = "stop", "pause", "save", "sample", "lr"
REQUESTS = frozenset({STOP, PAUSE, SAVE, SAMPLE, LR})
# Upper bound of a requested learning rate, as in `TrainConfig`.
MAX_LEARNING_RATE = 10.0
MAX_CONFIG_BYTES = 1 << 20
# Longer than a number and a line end.
_MAX_NUMBER_BYTES = 64

# Maximum difference between the clocks of the system and of its files.
CLOCK_TOLERANCE_S = 2.0


def write_config(folder: Path, config: TrainConfig) -> None:
    write_atomically(folder / CONFIG, json.dumps(config.to_dict(), ensure_ascii=False, indent=2) + "\n")


def read_config(folder: Path) -> TrainConfig:
    """Read the settings of a run.

    Raises:
        RunError: when the folder is no run, or its config.json is damaged.
    """
    path = folder / CONFIG
    if not is_file(path):
        raise RunError(
            "{path} is not a run: it has no config.json.",
            "Name a run folder; `poetry-tui runs` lists them.",
            path=folder,
        )
    values = read_json(path, RunError, "Restore the file, or train again.", MAX_CONFIG_BYTES)
    try:
        return TrainConfig.from_dict(values)
    except UsageError as error:
        raise RunError(
            "{path} holds no settings of a training: {problem}",
            "Restore the file, or train again.",
            path=path,
            problem=error.message,
        ) from error


_STARTED = f'"event":"{events.name_of(events.RunStarted)}"'.encode()


def has_started(folder: Path) -> bool:
    """Whether a training has started in a folder. One that failed before, for example for lack of a corpus, cannot be resumed."""
    try:
        with open_regular(folder / EVENTS) as lines:
            return any(_STARTED in line for line in lines)
    except OSError:  # no events, or unreadable: the writer will report that
        return False


@contextlib.contextmanager
def removed_unless_started(folder: Path) -> Iterator[None]:
    """Context manager: remove a run folder that the block created, if the block fails before the training has started.

    So an unknown corpus or a missing device leaves nothing behind. A folder that was not empty before, or is locked by another
    trainer, is kept.
    """
    missing = [path for path in (folder, *folder.parents) if not is_there(path)]
    is_ours = False
    with contextlib.suppress(OSError):
        is_ours = bool(missing) or not any(folder.iterdir())
    try:
        yield
    except BaseException:
        if is_ours and is_folder(folder) and not has_started(folder):
            with contextlib.suppress(OSError), FileLock(folder / LOCK, timeout=0):
                for content in folder.iterdir():
                    shutil.rmtree(content) if content.is_dir() else content.unlink()
            for made in missing:
                with contextlib.suppress(OSError):
                    made.rmdir()
        raise


def run_is_alive(folder: Path) -> bool:
    """Whether the process of the last heartbeat is alive.

    A late heartbeat alone does not count as dead, because the machine may sleep or swap. A process that started after the last
    heartbeat is another one with the same pid.
    """
    try:
        last_beat_s = (folder / HEARTBEAT).stat().st_mtime
        writer = psutil.Process(int(read_start(folder / HEARTBEAT, _MAX_NUMBER_BYTES)))
        is_gone = writer.status() == psutil.STATUS_ZOMBIE
        return not is_gone and writer.create_time() <= last_beat_s + CLOCK_TOLERANCE_S
    except (OSError, ValueError, psutil.Error):
        return False


def last_beat_s(folder: Path) -> float | None:
    """Time of the last heartbeat in seconds since the epoch; None without one."""
    try:
        return (folder / HEARTBEAT).stat().st_mtime
    except OSError:
        return None


class ControlFiles:
    """Requests to a running training, as files, so that any process can make them.

    Other files, and a missing or unreadable folder, are ignored.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / CONTROL
        # Handled requests whose files could not be removed.
        self._acknowledged: set[str] = set()

    def requests(self) -> frozenset[str]:
        """The pending requests, of `REQUESTS`."""
        try:
            there = {path.name for path in self.folder.iterdir() if path.name in REQUESTS and not is_folder(path)}
        except OSError:
            return frozenset()
        self._acknowledged &= there
        return frozenset(there - self._acknowledged)

    def request(self, what: str, value: float | None = None) -> None:
        """Make a request. Raises OSError when the file cannot be written."""
        write_atomically(self.folder / what, "" if value is None else f"{value!r}\n")

    def withdraw(self, what: str) -> None:
        """Withdraw a request. Raises OSError when the file cannot be removed."""
        (self.folder / what).unlink(missing_ok=True)

    def acknowledge(self, what: str) -> None:
        """Remove the file of a request; if that fails, ignore the file from now on."""
        try:
            self.withdraw(what)
        except OSError:
            self._acknowledged.add(what)

    def take_lr(self) -> float | None:
        """The requested learning rate; None if the file holds no valid one. Removes the file."""
        try:
            value = float(read_start(self.folder / LR, _MAX_NUMBER_BYTES).decode())
        except (OSError, ValueError):
            value = -1.0
        self.acknowledge(LR)
        return value if 0 < value < MAX_LEARNING_RATE else None

    def clear(self) -> None:
        """Acknowledge all requests left from before a resume."""
        for what in self.requests():
            self.acknowledge(what)


def lines_file(folder: Path) -> Path | None:
    """The file with the training lines of a model folder; None if there is none.

    It is in the folder itself, for a checkpoint in its run folder; the bundled models share one beside their folders.
    """
    candidates = [folder / LINES]
    if folder.parent.name == CHECKPOINTS:
        candidates.append(folder.parent.parent / LINES)
    elif resolved(folder).parent == resolved(bundled_data() / "models"):
        candidates.append(folder.parent / LINES)
    return next(filter(is_file, candidates), None)
