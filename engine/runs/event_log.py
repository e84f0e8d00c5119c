"""The event log of a run (`events.jsonl`): its format, and its only writer. Imports no torch.

A line is `{"v": 1, "seq": n, "time_s": …, "event": "step", …fields}`: `time_s` is seconds since the epoch; `seq` increases by one per
line, also after resumes.
"""

import contextlib
import json
import math
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TextIO, get_args, get_type_hints

import msgspec
from filelock import FileLock, Timeout
from msgspec import Meta

from engine.runs.events import EVENT_TYPES, MAX_TIME_S, RETURNED, Control, Event, FlatEvent, Record, Whole, name_of
from engine.runs.folder import CHECKPOINTS, CONTROL, EVENTS, HEARTBEAT, LOCK, LOG
from engine.system.errors import RunError
from engine.system.files import open_regular, parse_json, write_atomically
from engine.system.names import shown

FORMAT_VERSION = 1
# Values of `Control.what` that older versions wrote.
_OLD_WHATS = {"went back to the best checkpoint, lr changed": RETURNED}
HEARTBEAT_PERIOD_S = 1.0


class _Head(msgspec.Struct, frozen=True):
    """The fields common to all lines."""

    v: Literal[1]
    seq: Whole
    time_s: Annotated[float, Meta(ge=0, le=MAX_TIME_S)]


_HEADS = msgspec.json.Decoder(_Head)
_EVENTS = msgspec.json.Decoder(FlatEvent)

_NOT_FINITE = frozenset({"nan", "inf", "-inf"})
_FLOAT_FIELDS: Mapping[type[Event], frozenset[str]] = {
    kind: frozenset(name for name, hint in get_type_hints(kind).items() if float in (hint, *get_args(hint)))
    for kind in EVENT_TYPES.values()
}


def to_line(record: Record) -> str:
    """A JSON line without its line end; NaN and infinity, which JSON lacks, are written as strings."""
    body = {"v": FORMAT_VERSION, "seq": record.seq, "time_s": round(record.time_s, 3), "event": record.event.name}
    body.update((name, _to_json(value)) for name, value in msgspec.structs.asdict(record.event).items())
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    return value


def from_line(line: str) -> Record:
    """Decode a line. Unknown fields are ignored, so that an older reader accepts additions of newer versions.

    Raises:
        ValueError: for a line that is no event.
        RunError: for an event of another format version.
    """
    try:
        event: Event = _EVENTS.decode(line)
        head = _HEADS.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return _from_checked_json(line)
    return _record(head, event)


def _from_checked_json(line: str) -> Record:
    """Decode a line with the stricter JSON reader: NaN and infinity as strings, nested objects, and the reason of a rejection."""
    body = parse_json(line)
    if not isinstance(body, dict):
        raise ValueError("an event is a JSON object")
    if body.get("v") != FORMAT_VERSION:
        raise RunError(
            "The run was written in format version {number}, and this studio reads version {number2}.",
            "Update the studio, or train the run again.",
            number=shown(body.get("v")),
            number2=FORMAT_VERSION,
        )
    kind = EVENT_TYPES.get(body["event"]) if isinstance(body.get("event"), str) else None
    if kind is None:
        raise ValueError(f"no event is called {shown(body.get('event'))}")
    floats = {name: _to_floats(body[name]) for name in _FLOAT_FIELDS[kind] & body.keys()}
    try:
        return _record(msgspec.convert({**body, "v": 1}, _Head), msgspec.convert({**body, **floats}, kind))
    except msgspec.ValidationError as error:
        raise ValueError(f"no {name_of(kind)} event: {error}") from None


def _to_floats(value: Any) -> Any:
    """Convert strings such as "nan" to floats; other values are unchanged."""
    if isinstance(value, list):
        return [_to_floats(item) for item in value]
    return float(value) if isinstance(value, str) and value in _NOT_FINITE else value


def _record(head: _Head, event: Event) -> Record:
    if isinstance(event, Control) and event.what in _OLD_WHATS:
        event = msgspec.structs.replace(event, what=_OLD_WHATS[event.what])
    return Record(seq=head.seq, time_s=head.time_s, event=event)


class RunWriter:
    """The only writer of a run: holds its lock, appends its events, renews its heartbeat."""

    def __init__(self, folder: Path) -> None:
        """Open the run's files. Raises RunError when the folder cannot be written or another trainer is writing it."""
        self.folder = folder
        try:
            for part in (CONTROL, CHECKPOINTS):
                (folder / part).mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / LOCK)
            self._lock.acquire(timeout=0)
            self._next_seq = _repair_tail(folder / EVENTS)
            # A lone surrogate (in a path that is no UTF-8) is written as a JSON escape.
            self._events: TextIO = (folder / EVENTS).open("a", encoding="utf-8", errors="backslashreplace")
        except Timeout:
            raise RunError(
                "Another trainer is writing {path}.", "Wait for it, stop it, or choose another folder.", path=folder
            ) from None
        except OSError as error:
            raise RunError(
                "The run folder {path} cannot be written: {error}.",
                "Choose another place with --run DIR.",
                path=folder,
                error=error,
            ) from error
        self._closing = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._beating.start()

    def append(self, event: Event) -> Record:
        """Append an event as one line, flushed to the system.

        Raises:
            RunError: when it cannot be written.
        """
        record = Record(seq=self._next_seq, time_s=time.time(), event=event)
        try:
            self._events.write(to_line(record) + "\n")
            self._events.flush()
        except OSError as error:
            raise RunError(
                "{path} takes no more lines: {error}.",
                "Make room, then go on with --resume.",
                path=self.folder / EVENTS,
                error=error,
            ) from error
        self._next_seq += 1
        return record

    def log(self, text: str) -> None:
        """Append to log.txt."""
        with (self.folder / LOG).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text if text.endswith("\n") else text + "\n")

    def _beat(self) -> None:
        """Renew the heartbeat every second, from a thread, so that it continues during a long validation."""
        beat = self.folder / HEARTBEAT
        is_ours = False
        while True:
            # A full disk is reported by the next event; a missed heartbeat is harmless.
            with contextlib.suppress(OSError):
                # Touched, not rewritten: a reader in the middle of a write would find no pid.
                if is_ours and beat.exists():
                    os.utime(beat)
                else:
                    write_atomically(beat, str(os.getpid()))
                    is_ours = True
            if self._closing.wait(HEARTBEAT_PERIOD_S):
                return

    def close(self) -> None:
        self._closing.set()
        self._beating.join()
        self._events.close()
        (self.folder / HEARTBEAT).unlink(missing_ok=True)
        self._lock.release()


def _repair_tail(path: Path) -> int:
    """Terminate a line that a killed writer left incomplete; returns the next `seq`."""
    if not path.exists():
        return 1
    open_regular(path).close()  # raises for a FIFO, on which writing would block
    with path.open("rb+") as file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(max(0, size - (1 << 20)))
        tail = file.read()
        if not tail.endswith(b"\n"):
            file.write(b"\n")
    for line in reversed(tail.decode("utf-8", errors="replace").splitlines()):
        try:
            return from_line(line).seq + 1
        except ValueError:
            continue
    return 1
