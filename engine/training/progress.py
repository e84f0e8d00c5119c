"""The progress of a training, which checkpoints store, and the meter of its resources."""

import math
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Any, Self

import msgspec
import psutil
import torch
from msgspec import Meta

from engine.runs import events
from engine.system.errors import ModelError
from engine.system.names import brief

# The bound rejects NaN, which fails every comparison.
_Number = Annotated[float, Meta(ge=-sys.float_info.max)]
_Count = Annotated[int, Meta(ge=0)]


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    """The progress of a training. Checkpoints store it, so that a resumed run gives bit-identical results."""

    peak_lr: _Number
    step: _Count = 0
    n_chars: _Count = 0
    best_nats: _Number = math.inf
    best_step: _Count | None = None
    # Sum of the training loss over all characters since the last validation.
    train_nats_sum: _Number = 0.0
    # Number of these characters.
    train_chars: _Count = 0
    # The same sum with the additional nats of unknown Han characters. It is separate, because checkpoints of older versions lack it.
    train_all_nats_sum: _Number = 0.0
    # Number of Han characters since the last validation.
    train_han: _Count = 0
    # Consecutive validations without improvement.
    n_worse: _Count = 0
    # Number of returns to the best checkpoint after a divergence.
    n_returns: _Count = 0
    # Whether E counts as a character of a segment (`batching.cut_segments`). True in runs of older versions, which resume with
    # the same batches.
    end_counts: bool = False

    @classmethod
    def from_checkpoint(cls, values: Mapping[str, Any]) -> Self:
        """Build from a checkpoint's values. A missing `end_counts` means True.

        Raises:
            ModelError: when a value is missing, unknown or of another type.
        """
        try:
            return msgspec.convert({"end_counts": True, **values}, cls)
        except msgspec.ValidationError as error:
            raise ModelError(
                "The checkpoint cannot be continued: its progress is damaged ({error}).",
                "Continue from another checkpoint of the run.",
                error=brief(str(error)),
            ) from error

    def note_validation(self, nats_per_han: float) -> bool:
        """Record a validation; returns whether it is the best so far."""
        improved = nats_per_han < self.best_nats
        if improved:
            self.best_nats, self.best_step = nats_per_han, self.step
        self.n_worse = 0 if improved else self.n_worse + 1
        return improved

    def should_stop_early(self, patience: int | None) -> bool:
        """Whether `patience` consecutive validations brought no improvement; False for None."""
        return patience is not None and self.n_worse >= patience

    def pop_train_nats(self) -> tuple[float, float | None]:
        """Mean training loss since the last validation, in nats per character and in nats per Han character; resets the sums.

        The second is None if no Han character was counted.
        """
        per_char = self.train_nats_sum / max(1, self.train_chars)
        per_han = self.train_all_nats_sum / self.train_han if self.train_han else None
        self.train_nats_sum, self.train_chars = 0.0, 0
        self.train_all_nats_sum, self.train_han = 0.0, 0
        return per_char, per_han


# Minimum time between two readings.
PERIOD_S = 2.0
# Phases of a step, in order. The gradient of the output layer is computed in the forward pass (`engine.model.fused_loss`).
PHASES = ("data", "forward", "backward", "optimizer")


class ResourceMeter:
    """The time per phase since the last reading. On a GPU a phase ends when its kernels are launched, not when they finish."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only starts the measurement
        self._start()

    def _start(self) -> None:
        self._since_s = self._marked_s = time.perf_counter()
        self._spent_s = dict.fromkeys(PHASES, 0.0)

    def mark_phase(self, phase: str | None = None) -> None:
        """Add the time since the last mark to a phase; without a phase, discard it."""
        now_s = time.perf_counter()
        if phase is not None:
            self._spent_s[phase] += now_s - self._marked_s
        self._marked_s = now_s

    def is_due(self) -> bool:
        return time.perf_counter() - self._since_s >= PERIOD_S

    def read(self, step: int) -> events.Resources:
        """Return the resource use since the last reading, and start the next period."""
        elapsed_s = time.perf_counter() - self._since_s
        event = events.Resources(
            step=step,
            cpu_percent=self._process.cpu_percent(),
            memory_bytes=self._process.memory_info().rss,
            gpu_percent=_gpu_percent(self._device),
            gpu_memory_bytes=torch.cuda.memory_allocated(self._device) if self._device.type == "cuda" else None,
            **{f"{phase}_share": spent_s / elapsed_s for phase, spent_s in self._spent_s.items()},
        )
        self._start()
        return event


def _gpu_percent(device: torch.device) -> float | None:
    """Utilisation of the GPU in percent; None without a GPU, or if its driver does not report it."""
    if device.type != "cuda":
        return None
    try:
        return float(torch.cuda.utilization(device))
    except Exception:  # noqa: BLE001 - NVML's own exceptions, from an optional package
        return None
