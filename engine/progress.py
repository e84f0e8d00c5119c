"""Where a training stands, and what it measures between two events."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from engine import events

EVENT_PERIOD_S = 0.1


@dataclass(slots=True)
class Progress:
    """Where a training stands; a checkpoint keeps it, so that a resumed run goes on as if nothing had happened."""

    peak_lr: float
    step: int = 0
    n_chars: int = 0
    best_nats: float = math.inf
    best_step: int | None = None
    # Since the last validation: the sum over all characters, and how many they were.
    train_nats_sum: float = 0.0
    train_chars: int = 0
    # Validations in a row that were not the best so far, and how often a divergence was answered by going back.
    n_worse: int = 0
    n_returns: int = 0
    # Whether the run's pieces count E as a character (`engine.batches.cut_pieces`): one begun before they ceased to keeps them, so
    # that it goes on with the very batches that it would have had.
    end_counts: bool = False

    @classmethod
    def saved(cls, values: Mapping[str, Any]) -> Self:
        """What a checkpoint kept; one of before `end_counts` was kept is of a run whose pieces count it."""
        return cls(**{"end_counts": True, **values})

    def note_validation(self, nats_per_han: float) -> bool:
        """Remember a validation; says whether it is the best so far."""
        improved = nats_per_han < self.best_nats
        if improved:
            self.best_nats, self.best_step = nats_per_han, self.step
        self.n_worse = 0 if improved else self.n_worse + 1
        return improved

    def take_train_nats(self) -> float:
        """Mean training loss in nats a character since the last validation; counting begins anew."""
        mean = self.train_nats_sum / max(1, self.train_chars)
        self.train_nats_sum, self.train_chars = 0.0, 0
        return mean


class Meter:
    """Sums over the steps since the last reading. They stay on the device: reading is the loop's only wait for it."""

    def __init__(self, device: torch.device) -> None:
        # Only a CPU has doubles at no cost; over the few steps between readings float32 is exact enough.
        self._dtype = torch.float64 if device.type == "cpu" else torch.float32
        self._device = device
        self._clear()
        self.restart_clock()

    def _clear(self) -> None:
        self._nats = torch.zeros((), dtype=self._dtype, device=self._device)
        self._grad_norm = torch.zeros((), device=self._device)
        self._n_steps = self._n_chars = 0

    def restart_clock(self) -> None:
        """Leave out of the speed what happened since the last reading: a validation, a pause, a checkpoint."""
        self._since_s = time.perf_counter()

    def add(self, loss: Tensor, grad_norm: Tensor, n_chars: int) -> None:
        self._nats += loss * n_chars
        self._grad_norm += grad_norm
        self._n_steps += 1
        self._n_chars += n_chars

    def is_due(self) -> bool:
        return time.perf_counter() - self._since_s >= EVENT_PERIOD_S

    def read(self, progress: Progress, epoch: int, rate: float) -> events.Step:
        """The means since the last reading as an event; the sums are added to `progress`."""
        nats, n_steps, n_chars = float(self._nats), self._n_steps, self._n_chars
        elapsed_s = time.perf_counter() - self._since_s
        event = events.Step(
            step=progress.step,
            epoch=epoch,
            loss_nats=nats / n_chars,
            lr=rate,
            grad_norm=float(self._grad_norm) / n_steps,
            chars_per_s=n_chars / max(elapsed_s, 1e-9),
        )
        progress.n_chars += n_chars
        progress.train_nats_sum += nats
        progress.train_chars += n_chars
        self._clear()
        self.restart_clock()
        return event
