"""Events of a run: one struct per event, tagged by its class name in snake case. `event_log` writes and reads their lines."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, get_args

import msgspec
from msgspec import Meta

from engine.system.errors import Message
from engine.system.files import parse_json

# `what` of a `control` event after a divergence: the run returned to its best checkpoint. The value is the new peak learning rate;
# steps after the event's step are undone.
RETURNED = "returned to best"

# Larger integers are not exact as floats, and no count of a run is as large.
MAX_INTEGER = 1 << 53
# The year 3000, an upper bound of valid times.
MAX_TIME_S = 32_503_680_000.0

Whole = Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]


def _snake_case(class_name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=_snake_case):
    """Base of all events."""

    @property
    def name(self) -> str:
        """The value of the `event` field."""
        return name_of(type(self))


def name_of(kind: type[Event]) -> str:
    """The value of the `event` field of a kind of event."""
    return str(kind.__struct_config__.tag)


class RunStarted(Event, frozen=True, kw_only=True):
    pid: Whole
    config: Mapping[str, Any]
    n_params: Whole
    vocab_size: Whole
    total_steps: Whole
    n_chars_per_epoch: Whole
    device: str
    resumed_from_step: Whole | None = None
    # Epochs of all steps, with fraction; None in runs of older versions.
    n_epochs: float | None = None


class Step(Event, frozen=True, kw_only=True):
    """Means over the steps since the last such event; at most ten events per second.

    `loss_nats`: per character; `loss_nats_per_han`: the same loss in nats per Han character, the unit of validations. `n_chars`:
    characters predicted since the run began, punctuation and ends included; `epochs_done`: epochs. Neither counts steps undone by a
    return to the best checkpoint. The last three are None in runs of older versions, the last one also if no Han
    character was predicted.
    """

    step: Whole
    epoch: Whole
    loss_nats: float
    lr: float
    grad_norm: float
    chars_per_s: float
    n_chars: Whole | None = None
    epochs_done: float | None = None
    loss_nats_per_han: float | None = None


class Compared(Event, frozen=True, kw_only=True):
    """Teacher-forced preview of one segment of the last batch: the likeliest character at each position beside the target."""

    step: Whole
    prediction: str
    target: str
    probability: tuple[float, ...]


class Validated(Event, frozen=True, kw_only=True):
    """A validation. `train_nats` (per character) and `train_nats_per_han` are means over the steps since the last validation;
    `train_nats_per_han` has the unit of `val_nats_per_han`."""

    step: Whole
    val_nats_per_han: float
    train_nats: float
    train_nats_per_han: float | None = None


class Probed(Event, frozen=True, kw_only=True):
    """Measurements before the first step and at each validation, on `n_poems` held-out poems of one length (`engine.training.probe`).

    `hidden_grad_norms`: ‖∂loss_t/∂h_{t−k}‖ of the top layer for k = 0, 1, …; `memory_grad_norms`: the same for the memory C of an LSTM,
    empty for other cells. `accuracy`: fraction of correctly predicted poems at each position. `neighbours`: strings of a character and
    its nearest in the embedding. `projected`: the most common characters; `coordinates`: x and y of each in turn (PCA).
    """

    step: Whole
    n_poems: Whole
    hidden_grad_norms: tuple[float, ...]
    memory_grad_norms: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    neighbours: tuple[str, ...] = ()
    projected: str = ""
    coordinates: tuple[float, ...] = ()


class Sampled(Event, frozen=True, kw_only=True):
    step: Whole
    begin: str
    text: str
    seed: Whole
    temperature: float


class CheckpointSaved(Event, frozen=True, kw_only=True):
    """A checkpoint was written. `path` is relative to the run folder."""

    step: Whole
    path: str
    is_best: bool


class Resources(Event, frozen=True, kw_only=True):
    """Resource use, every two seconds. `cpu_percent`: of one core; shares: fractions of the time since the last such event.

    `gpu_percent` and `gpu_memory_bytes` are None without a GPU.
    """

    step: Whole
    cpu_percent: float
    memory_bytes: Whole
    gpu_percent: float | None
    gpu_memory_bytes: Whole | None
    data_share: float
    forward_share: float
    backward_share: float
    optimizer_share: float


LR_CHANGED = "lr changed"


class Control(Event, frozen=True, kw_only=True):
    """A change of a run. `what`: paused, resumed, lr changed, saved on request, sampled on request, no longer improving, continued in
    float32, `RETURNED`."""

    step: Whole
    what: str
    value: float | None = None


class RunFinished(Event, frozen=True, kw_only=True):
    """The end of a run. `reason`: completed, stopped, diverged."""

    step: Whole
    reason: str


class RunFailed(Event, frozen=True, kw_only=True):
    """The failure of a run. `kind`: the exception's class; the traceback is in log.txt.

    `wording`: `Message.to_dict` of the message as JSON; "" if it is no `Message`.
    """

    step: Whole
    kind: str
    message: str
    wording: str = ""

    @property
    def worded(self) -> str:
        """The message, as a `Message` if its wording was recorded."""
        try:
            return Message.from_dict(parse_json(self.wording))
        except ValueError:
            return self.message


# Events whose fields are scalars or lists, decoded in one pass.
FlatEvent = (
    Step | Compared | Validated | Probed | Sampled | CheckpointSaved | Resources | Control | RunFinished | RunFailed
)
EVENT_TYPES: Mapping[str, type[Event]] = {name_of(kind): kind for kind in (RunStarted, *get_args(FlatEvent))}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a run's events: sequence number, time in seconds since the epoch, event."""

    seq: int
    time_s: float
    event: Event
