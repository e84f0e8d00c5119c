"""Export the events of a run as CSV, JSON or a TensorBoard event file; TensorBoard is not needed."""

import csv
import io
import json
import math
import struct
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from engine.runs.event_log import to_line
from engine.runs.events import RETURNED, Control, Record, Resources, RunStarted, Step, Validated
from poetry_tui.tracking.reader import read_chunks, unreadable

# The events that consist of figures: each is a row of the CSV file, and a point of TensorBoard's curves.
FIGURES = (Step, Validated, Resources)
CRC32C_POLYNOMIAL = 0x82F63B78


def read_records(folder: Path) -> list[Record]:
    """Read every record of a run, without the steps that a resume or a return to the best checkpoint has undone.

    Raises:
        RunError: the event format's version is unknown, or the file cannot be read.
    """
    kept = list[Record]()
    try:
        for record in chain.from_iterable(chunk.records for chunk in read_chunks(folder)):
            if (step := _goes_back_to(record)) is not None:
                kept = [one for one in kept if getattr(one.event, "step", 0) <= step]
            kept.append(record)
    except OSError as error:
        raise unreadable(folder, error) from error
    return kept


def _goes_back_to(record: Record) -> int | None:
    """The step that a record rewinds the run to; None for a record that does not rewind it."""
    match record.event:
        case RunStarted(resumed_from_step=step):
            return step or 0
        case Control(what=what, step=step) if what == RETURNED:
            return step
    return None


def as_csv(records: list[Record]) -> str:
    """Write a row for each event of `FIGURES`, with the union of their columns; a missing figure is an empty cell."""
    columns = dict.fromkeys(field.name for kind in FIGURES for field in msgspec.structs.fields(kind))
    text = io.StringIO()
    table = csv.DictWriter(text, ["event", "time_s", *columns], lineterminator="\n")
    table.writeheader()
    for record in records:
        if isinstance(record.event, FIGURES):
            table.writerow({"event": record.event.name, "time_s": record.time_s, **_figures(record)})
    return text.getvalue()


def as_json(records: list[Record], about: Mapping[str, Any]) -> str:
    """Write one JSON object: the fields of `runs show --json`, and `events` as in events.jsonl."""
    return (
        json.dumps({**about, "events": [json.loads(to_line(record)) for record in records]}, ensure_ascii=False) + "\n"
    )


def as_tensorboard(records: list[Record]) -> bytes:
    """Write a TensorBoard event file (TFRecord of `tensorflow.Event`) with a curve for each figure, tagged `event/figure`.

    Field numbers are those of TensorFlow's event.proto and summary.proto.
    """
    first_time_s = records[0].time_s if records else 0.0
    events = [_double(1, first_time_s) + _field(3, b"brain.Event:2")]
    for record in records:
        if isinstance(record.event, FIGURES):
            step = _double(1, record.time_s) + _field(2, record.event.step)
            points = (
                _field(1, _field(1, f"{record.event.name}/{name}".encode()) + _float(2, value))
                for name, value in _figures(record).items()
                if name != "step"
            )
            events.append(step + _field(5, b"".join(points)))
    return b"".join(_framed(event) for event in events)


def _figures(record: Record) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(record.event).items() if value is not None}


def _field(number: int, value: int | bytes) -> bytes:
    """Encode a protocol-buffer field: an integer as varint; a message or string with its length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _float(number: int, value: float) -> bytes:
    try:
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    except OverflowError:
        return _float(number, math.copysign(math.inf, value))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # two's complement: a negative number takes all 64 bits
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def _framed(event: bytes) -> bytes:
    """Frame a TFRecord record: length, checksum of the length, event, checksum of the event."""
    length = struct.pack("<Q", len(event))
    return length + struct.pack("<I", _checksum(length)) + event + struct.pack("<I", _checksum(event))


def _crc_table() -> Iterator[int]:
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (CRC32C_POLYNOMIAL if value & 1 else 0)
        yield value


_CRC_OF_BYTE = tuple(_crc_table())


def _checksum(data: bytes) -> int:
    """CRC-32C with TFRecord's mask (rotated and offset)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC_OF_BYTE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
