"""What a run can say: one dataclass an event, one JSON line each (`runs/<id>/events.jsonl`).

A line is `{"v": 1, "seq": n, "time_s": …, "event": "step", …fields}`. `time_s` is seconds since the epoch, `seq` counts
up by one through the whole life of a run, resumes included.
"""

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import RunError
from engine.files import parse_json
from engine.system.safe_text import shown

FORMAT_VERSION = 1
# What a `control` event says after a divergence; its value is the new peak of the learning rate. The steps after its own
# are taken back.
RETURNED = "went back to the best checkpoint, lr changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a training says; `name` is what stands in the `event` field."""

    name: ClassVar[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    name: ClassVar[str] = "run_started"
    pid: int
    config: Mapping[str, Any]
    n_params: int
    vocab_size: int
    total_steps: int
    n_chars_per_epoch: int
    device: str
    resumed_from_step: int | None = None
    # Epochs that all the steps make, a part of one among them. None: a run of before it was told.
    n_epochs: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Event):
    """At most ten a second: the figures are means over the steps since the last one.

    `loss_nats` is per character, `loss_nats_per_han` the same loss in the unit of validations (DESIGN 4.5). `n_chars` counts the
    characters predicted since the run began, punctuation and ends too, `epochs_done` the epochs; what was taken back counts in
    neither. The last three are None in runs of before they were told, the last one also where no Han character was predicted.
    """

    name: ClassVar[str] = "step"
    step: int
    epoch: int
    loss_nats: float
    lr: float
    grad_norm: float
    chars_per_s: float
    n_chars: int | None = None
    epochs_done: float | None = None
    loss_nats_per_han: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Event):
    """One poem of the last batch: what the model would have said at each place beside what stands there."""

    name: ClassVar[str] = "compared"
    step: int
    prediction: str
    target: str
    probability: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated(Event):
    """`train_nats` is per character, `train_nats_per_han` the same in the unit of `val_nats_per_han`: both are means over the
    steps since the last validation."""

    name: ClassVar[str] = "validated"
    step: int
    val_nats_per_han: float
    train_nats: float
    train_nats_per_han: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled(Event):
    name: ClassVar[str] = "sampled"
    step: int
    begin: str
    text: str
    seed: int
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSaved(Event):
    """`path` is relative to the run folder."""

    name: ClassVar[str] = "checkpoint_saved"
    step: int
    path: str
    is_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources(Event):
    """Every other second: what the training uses. `cpu_percent` is of one core; shares are of the time since the last one.

    `gpu_percent` and `gpu_memory_bytes` are None without a graphics card.
    """

    name: ClassVar[str] = "resources"
    step: int
    cpu_percent: float
    memory_bytes: int
    gpu_percent: float | None
    gpu_memory_bytes: int | None
    data_share: float
    forward_share: float
    backward_share: float
    optimizer_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Control(Event):
    """`what`: paused, resumed, lr changed, saved or sampled on request, no longer improving, `RETURNED`."""

    name: ClassVar[str] = "control"
    step: int
    what: str
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """`reason`: completed, stopped, diverged."""

    name: ClassVar[str] = "run_finished"
    step: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed(Event):
    """`kind` is the exception's class; the traceback is in log.txt."""

    name: ClassVar[str] = "run_failed"
    step: int
    kind: str
    message: str


EVENT_TYPES: Mapping[str, type[Event]] = {
    kind.name: kind
    for kind in (
        RunStarted,
        Step,
        Compared,
        Validated,
        Sampled,
        CheckpointSaved,
        Resources,
        Control,
        RunFinished,
        RunFailed,
    )
}

# Beyond it a whole number is no exact float, and nothing that a run counts comes near.
MAX_INTEGER = 1 << 53
# The year 3000: a clock that is wrong by more has no date.
MAX_TIME_S = 32_503_680_000.0


def _whole(value: Any) -> int:
    if value.__class__ is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError("no whole number, or one too large")
    return value


def _real(value: Any) -> float:
    """A number, or one of the words for those that JSON lacks."""
    if value.__class__ in (float, int):
        return float(value)
    if value in ("nan", "inf", "-inf"):
        return float(value)
    raise ValueError("no number")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _reals(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise ValueError("no list of numbers")
    return tuple(map(_real, value))


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


# How a value of each type that a field may have is read; ValueError where it is of another. None stands for itself in a field
# that may be None.
_READERS: Mapping[Any, Callable[[Any], Any]] = {
    int: _whole,
    float: _real,
    bool: _flag,
    str: _text,
    int | None: _whole,
    float | None: _real,
    tuple[float, ...]: _reals,
    Mapping[str, Any]: _object,
}

# Looked up once: a run of a hundred thousand events is read back in seconds. Name, reader, whether it may be None.
_FIELDS: Mapping[type[Event], tuple[tuple[str, Callable[[Any], Any], bool], ...]] = {
    kind: tuple((item.name, _READERS[item.type], "None" in str(item.type)) for item in dataclasses.fields(kind))
    for kind in EVENT_TYPES.values()
}


# The last fields of a step that runs of before did not tell.
_N_LATER = 3


def _step_line() -> re.Pattern[str]:
    """A step as `to_line` writes it, finite numbers throughout: nearly every line of a run, and read without JSON."""
    # No longer than what is within bounds without a look; what is longer goes the slower way, and is judged there.
    whole = "(0|[1-9][0-9]{0,14})"
    number = r"(-?(?:0|[1-9][0-9]{0,29})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?)"
    fields = [f'"{name}":{number if reader is _real else whole}' for name, reader, _ in _FIELDS[Step]]
    first, later = ",".join(fields[:-_N_LATER]), ",".join(fields[-_N_LATER:])
    head = f'"v":{FORMAT_VERSION},"seq":{whole},"time_s":{number},"event":"{Step.name}"'
    return re.compile(rf"\{{{head},{first}(?:,{later})?\}}")


_STEP_LINE = _step_line()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a run's events: when, in what order, what."""

    seq: int
    time_s: float
    event: Event


def to_line(record: Record) -> str:
    """One JSON line without its line end; NaN and infinity travel as strings, which JSON lacks."""
    body = {"v": FORMAT_VERSION, "seq": record.seq, "time_s": round(record.time_s, 3), "event": record.event.name}
    body.update((item.name, _to_json(getattr(record.event, item.name))) for item in dataclasses.fields(record.event))
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_line(line: str) -> Record:
    """Read one line back; unknown fields are ignored, so that an older reader survives a newer writer's additions.

    Raises:
        ValueError: for a line that is no event.
        RunError: for an event of another format version.
    """
    if match := _STEP_LINE.fullmatch(line):
        seq, time_s, step, epoch, loss_nats, lr, grad_norm, chars_per_s, n_chars, epochs_done, per_han = match.groups()
        event = Step(
            step=int(step),
            epoch=int(epoch),
            loss_nats=float(loss_nats),
            lr=float(lr),
            grad_norm=float(grad_norm),
            chars_per_s=float(chars_per_s),
            n_chars=None if n_chars is None else int(n_chars),
            epochs_done=None if epochs_done is None else float(epochs_done),
            loss_nats_per_han=None if per_han is None else float(per_han),
        )
        return Record(seq=int(seq), time_s=_moment(float(time_s)), event=event)
    return _from_json_line(line)


def _from_json_line(line: str) -> Record:
    body = parse_json(line)
    if not isinstance(body, dict):
        raise ValueError("an event is a JSON object")
    if body.get("v") != FORMAT_VERSION:
        raise RunError(
            f"The run was written in format version {shown(body.get('v'))}, and this studio reads version {FORMAT_VERSION}.",
            "Update the studio, or train the run again.",
        )
    kind = EVENT_TYPES.get(body["event"]) if isinstance(body.get("event"), str) else None
    if kind is None:
        raise ValueError(f"no event is called {shown(body.get('event'))}")
    values: dict[str, Any] = {}
    for name, reader, may_be_none in _FIELDS[kind]:
        if name not in body:
            continue  # it has a default, or it is missed below
        value = body[name]
        try:
            values[name] = None if value is None and may_be_none else reader(value)
        except ValueError as error:
            raise ValueError(f"{name} of a {kind.name} event is {error}") from None
    try:
        return Record(seq=_whole(body["seq"]), time_s=_moment(_real(body["time_s"])), event=kind(**values))
    except (KeyError, TypeError) as error:
        raise ValueError(f"an incomplete {kind.name} event: {error}") from error


def _moment(time_s: float) -> float:
    if not 0 <= time_s <= MAX_TIME_S:
        raise ValueError("no moment of any calendar")
    return time_s


def _to_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    return value
