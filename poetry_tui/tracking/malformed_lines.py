"""How many lines of a run's events are no events, remembered beside the run so that a list of runs reads no run twice."""

import contextlib
import json
from pathlib import Path

from engine.runs.folder import COUNTED, EVENTS
from engine.system.errors import RunError
from engine.system.files import parse_json, read_start, write_atomically
from poetry_tui.tracking.reader import EventTail
from poetry_tui.tracking.run_state.state import RunState

_MAX_BYTES = 4096


def count_malformed(folder: Path) -> int:
    """How many lines of a run's events are no events; 0 where there are none, or none that this studio reads.

    Raises:
        OSError: the events exist and cannot be read.
    """
    try:
        status = (folder / EVENTS).stat()
    except FileNotFoundError:
        return 0
    stamp = [status.st_ino, status.st_size, status.st_mtime_ns]
    n_malformed = _remembered(folder, stamp)
    if n_malformed is None:
        n_malformed = _counted(folder)
        # Who may look at a run may not always write into it.
        with contextlib.suppress(OSError):
            write_atomically(folder / COUNTED, json.dumps({"stamp": stamp, "n_malformed": n_malformed}) + "\n")
    return n_malformed


def _remembered(folder: Path, stamp: list[int]) -> int | None:
    """What was counted when the events were just as they are now."""
    try:
        found = parse_json(read_start(folder / COUNTED, _MAX_BYTES))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("stamp") != stamp:
        return None
    n_malformed = found.get("n_malformed")
    return n_malformed if type(n_malformed) is int and n_malformed >= 0 else None


def _counted(folder: Path) -> int:
    tail, state = EventTail(folder), RunState()
    n_malformed, is_over = 0, False
    try:
        while not is_over:
            chunk = tail.poll()
            n_malformed += chunk.n_malformed
            for record in chunk.records:
                # Whether the values of an event make sense is found out when they are used.
                state.fold(record)
            is_over = not chunk.more
    except RunError:  # of another version: nothing is known about its lines
        return 0
    return n_malformed + state.n_malformed
