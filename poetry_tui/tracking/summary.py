"""Summaries of runs for lists, read without parsing every step event."""

import contextlib
import dataclasses
import functools
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.runs.event_log import from_line
from engine.runs.events import Record, RunFailed
from engine.runs.folder import EVENTS, run_is_alive
from engine.runs.labels import NO_LABELS, RunLabels, read_labels, run_folder
from engine.runs.smoothing import first_step_before
from engine.system import paths
from engine.system.errors import Message, RunError, did_you_mean
from engine.system.files import folders_in, is_folder, open_regular, read_start, write_atomically
from engine.system.names import shown
from poetry_tui.tracking.run_state.axes import MAX_PREVIEWS
from poetry_tui.tracking.run_state.state import LossUnit, RunState
from poetry_tui.tracking.run_state.status import Status, WriterProbe, probe_writer, silence_s, status_of

# Rare events, found by byte search: a long run has megabytes of steps that a list need not parse.
RARE_EVENTS = (b'"run_started"', b'"validated"', b'"control"', b'"run_finished"', b'"run_failed"')
PREVIEW_EVENT = b'"compared"'
TAIL_BYTES = 32 * 1024
# Up to this much new data is folded into the known outline; more is outlined from the start of the file.
MAX_NEWS_BYTES = 1 << 20
MAX_CACHE_BYTES = 64 << 20
# File in the cache folder. The number changes with the fields of `RunSummary`.
CACHE = "runs-2.json"


@dataclass(slots=True)
class _Outline:
    """A run state folded from the rare and the last events in the first `n_bytes` of a file."""

    inode: int
    n_bytes: int
    state: RunState


_outlines: dict[Path, _Outline] = {}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list. `problem` is set when its events cannot be read; the other figures are then empty.

    `silent_s`: seconds since the last event of a stalled run. `error`: the message of a failed run, empty if it wrote none.
    `loss_nats`: training loss in nats per character. `loss_nats_per_han`: the same per Han character; for a run written by an
    older version it is an estimate or None (see `loss_unit`). `rate_changes`: as of `RunState`.
    """

    id: str
    folder: Path
    status: Status
    started_s: float | None = None
    elapsed_s: float = 0.0
    silent_s: float = 0.0
    step: int = 0
    total_steps: int | None = None
    loss_nats: float | None = None
    loss_nats_per_han: float | None = None
    loss_unit: LossUnit = "han"
    best_nats_per_han: float | None = None
    config: Mapping[str, Any] | None = None
    rate_changes: tuple[tuple[int, float], ...] = ()
    error: str = ""
    problem: str = ""
    labels: RunLabels = NO_LABELS

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        return {
            "id": self.id,
            **msgspec.to_builtins(self.labels),
            "folder": str(self.folder),
            "status": str(self.status),
            "started": datetime.fromtimestamp(self.started_s).isoformat(timespec="seconds") if self.started_s else None,
            "elapsed_s": round(self.elapsed_s, 1),
            "silent_s": round(self.silent_s, 1),
            "step": self.step,
            "total_steps": self.total_steps,
            "loss_nats": self.loss_nats,
            "loss_nats_per_han": self.loss_nats_per_han,
            "loss_is_estimate": self.loss_unit == "about_han",
            "best_nats_per_han": self.best_nats_per_han,
            "config": dict(self.config) if self.config else None,
            "rate_changes": [{"step": step, "learning_rate": rate} for step, rate in self.rate_changes],
            "error": self.error,
            "problem": self.problem,
        }


class _Cached(msgspec.Struct, frozen=True):
    """The summary of a run without a writer, and the stamp of the events file that it was read from."""

    stamp: tuple[int, int, int]
    summary: RunSummary


def summarise(folder: Path, cache: dict[str, _Cached] | None = None) -> RunSummary:
    """Summarise a run folder; a damaged or foreign one gives a summary with `problem`, never an exception.

    The summary of a run without a writer is taken from `cache`, or added to it.
    """
    writer = probe_writer(folder, run_is_alive(folder))
    stamp = _stamp(folder / EVENTS)
    if cache is None or writer.is_there or stamp is None:
        summary = _summarise(folder, writer)
    else:
        known = cache.get(str(folder))
        if known is None or known.stamp != stamp:
            known = _Cached(stamp, _summarise(folder, writer))
            if not known.summary.problem:
                cache[str(folder)] = known
        summary = known.summary
    return dataclasses.replace(summary, labels=read_labels(folder))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Inode, size and modification time of a file, which change with its content; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _summarise(folder: Path, writer: WriterProbe) -> RunSummary:
    try:
        state = _outline_of(folder / EVENTS)
    except FileNotFoundError:
        state = RunState()
    except RunError as error:
        return RunSummary(folder.name, folder, Status.LOST, problem=str(error))
    except OSError as error:
        return RunSummary(
            folder.name,
            folder,
            Status.LOST,
            problem=Message("{path} cannot be read: {error}.", path=EVENTS, error=error),
        )
    best = state.best
    status = status_of(state, writer)
    return RunSummary(
        id=folder.name,
        folder=folder,
        status=status,
        silent_s=silence_s(state, writer) if status is Status.STALLED else 0.0,
        started_s=state.first_time_s,
        elapsed_s=state.elapsed_s,
        step=state.step,
        total_steps=state.total_steps,
        loss_nats=state.loss_nats_per_char,
        loss_nats_per_han=None if state.loss_unit == "char" else state.loss.last_smooth,
        loss_unit=state.loss_unit,
        best_nats_per_han=best.val_nats_per_han if best else None,
        config=state.config or None,
        rate_changes=state.rate_changes,
        error=state.final_event.message if isinstance(state.final_event, RunFailed) else "",
    )


def list_runs() -> list[RunSummary]:
    """The user's runs, newest first.

    Raises:
        RunError: the folder cannot be read.
    """
    cache_file = paths.caches() / CACHE
    cache = _open_cache(cache_file)
    known = dict(cache)
    found = [summarise(path, cache) for path in folders_in(paths.runs(), RunError)]
    if cache != known:
        _save_cache(cache_file, cache)
    # A run that is still starting is the newest of all.
    soon = {run.id: math.inf for run in found if run.status is Status.STARTING}
    return sorted(found, key=lambda run: (soon.get(run.id, run.started_s or 0.0), run.id), reverse=True)


def find_run(name: str) -> RunSummary:
    """Find a run by id, folder or name.

    Raises:
        UsageError: the text cannot be the name of a run.
        RunError: there is no such run; the hint suggests a similar name or lists the newest runs.
    """
    if (folder := run_folder(name)) is not None:
        return summarise(folder)
    runs = list_runs()
    names = [called for run in runs for called in (run.labels.name, run.id) if called]
    raise RunError(
        "There is no run called {name}.",
        did_you_mean(name, names, "Known runs: {names}.", names=tuple(run.id for run in runs[:5]))
        if runs
        else "Start one first.",
        name=shown(name),
    )


@functools.cache
def _open_cache(path: Path) -> dict[str, _Cached]:
    """Summaries by run folder, read once in a process; empty if the file is missing, damaged or of another version."""
    try:
        data = read_start(path, MAX_CACHE_BYTES)
        return msgspec.json.decode(data, type=dict[str, _Cached], dec_hook=lambda kind, value: kind(value))
    except (OSError, ValueError):
        return {}


def _save_cache(path: Path, cache: dict[str, _Cached]) -> None:
    for folder in [folder for folder in cache if not is_folder(Path(folder))]:
        del cache[folder]
    # Without the cache a list is slower, but correct.
    with contextlib.suppress(OSError):
        write_atomically(path, msgspec.json.encode(cache, enc_hook=str))


def _outline_of(path: Path) -> RunState:
    """The outline of an events file. A list is refreshed every other second, so only appended data is read."""
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        known = _outlines.get(path)
        if known is None or known.inode != status.st_ino or not 0 <= status.st_size - known.n_bytes <= MAX_NEWS_BYTES:
            data = file.read()
            known = _outlines[path] = _Outline(status.st_ino, data.rfind(b"\n") + 1, _outline(data))
            return known.state
        file.seek(known.n_bytes)
        news = file.read()
    whole = news[: news.rfind(b"\n") + 1]
    known.n_bytes += len(whole)
    try:
        _fold(known.state, whole.splitlines())
    except RunError:
        del _outlines[path]  # its state holds only part of the appended events
        raise
    return known.state


def _outline(data: bytes) -> RunState:
    """Fold the rare events of a run, and the last of the others: as many as the smoothing window needs, so that the smoothed loss
    equals that of a full read."""
    rare = [at for mark in RARE_EVENTS for at in _offsets(data, mark)]
    # The first previews convert the losses of a run written by an older version.
    rare += _offsets(data, PREVIEW_EVENT, MAX_PREVIEWS)
    starts = sorted({data.rfind(b"\n", 0, at) + 1 for at in rare})
    n_bytes = TAIL_BYTES
    while True:
        tail = max(0, len(data) - n_bytes)
        tail = data.rfind(b"\n", 0, tail) + 1 if tail else 0
        lines = [data[start : data.find(b"\n", start)] for start in starts if start < tail]
        state = RunState()
        _fold(state, [*lines, *data[tail : data.rfind(b"\n") + 1].splitlines()])
        steps = state.loss.steps
        if tail == 0 or (steps and steps[0] <= first_step_before(steps[-1])):
            return state
        n_bytes *= 4


def _fold(state: RunState, lines: Sequence[bytes]) -> None:
    for line in lines:
        record = _record(line)
        if record is not None:
            state.fold(record)


def _offsets(data: bytes, mark: bytes, at_most: int = sys.maxsize) -> list[int]:
    """The first `at_most` byte offsets at which `mark` is an event's name."""
    offsets: list[int] = []
    at = data.find(b'"event":' + mark)
    while at >= 0 and len(offsets) < at_most:
        offsets.append(at)
        at = data.find(b'"event":' + mark, at + 1)
    return offsets


def _record(line: bytes) -> Record | None:
    try:
        return from_line(line.decode("utf-8"))
    except ValueError:
        return None
