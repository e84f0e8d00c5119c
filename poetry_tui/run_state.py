"""The state of a run, folded from its events. Pure: it reads no clock and no file."""

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from engine.events import (
    RETURNED,
    CheckpointSaved,
    Compared,
    Control,
    Record,
    Resources,
    RunFailed,
    RunFinished,
    RunStarted,
    Sampled,
    Step,
    Validated,
)
from poetry_tui.curve import LARGEST, Curve
from poetry_tui.run_pace import Pace

# Steps events that the rate for the ETA is taken over: about ten seconds of training.
RATE_WINDOW = 100


# What the curve of a run is drawn over; minutes are counted in thousandths.
Axis = Literal["step", "chars", "minutes"]


class Status(StrEnum):
    """What a run is doing, as far as anyone can tell."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STALLED = "stalled"
    COMPLETED = "completed"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    LOST = "lost"
    REPLAYING = "replaying"

    @property
    def is_live(self) -> bool:
        """Whether its writer is there."""
        return self in (Status.STARTING, Status.RUNNING, Status.PAUSED, Status.STALLED)


@dataclass(frozen=True, slots=True)
class SampleRound:
    """The begin characters' samples of one step."""

    step: int
    samples: tuple[Sampled, ...]


@dataclass(slots=True)
class RunState:
    """Everything a run has said so far; `fold` takes in one record after the other and never looks back.

    A run that was resumed loses what it had said after the step that it went on from, so that its curve is that
    of an undisturbed run.
    """

    started: RunStarted | None = None
    first_time_s: float | None = None
    last_time_s: float | None = None
    elapsed_s: float = 0.0
    step: int = 0
    epoch: int = 0
    lr: float = 0.0
    loss: Curve = field(default_factory=Curve)
    # How far the run was at each point of the loss: characters read, and thousandths of a minute trained,
    # whose round numbers are round minutes.
    chars: "array[float]" = field(default_factory=lambda: array("d"))
    milliminutes: "array[float]" = field(default_factory=lambda: array("d"))
    speed: Curve = field(default_factory=Curve)
    grad_norm: Curve = field(default_factory=Curve)
    validations: list[Validated] = field(default_factory=list)
    samples: list[Sampled] = field(default_factory=list)
    comparisons: list[Compared] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    checkpoint: CheckpointSaved | None = None
    resources: Resources | None = None
    paused: bool = False
    last_word: RunFinished | RunFailed | None = None
    pace: Pace = field(default_factory=Pace)
    n_starts: int = 0
    n_records: int = 0
    n_malformed: int = 0
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_WINDOW))

    def fold(self, record: Record) -> None:
        """Take in one record; one whose values are of the wrong type is counted as malformed."""
        try:
            self._fold_event(record)
        except (TypeError, ValueError):
            self.n_malformed += 1
            return
        self.n_records += 1

    def _fold_event(self, record: Record) -> None:
        event = record.event
        self._fold_time(record)
        self.pace.note(record)
        match event:
            case RunStarted():
                self._fold_start(event)
            case Step():
                self._fold_step(event, record.time_s)
            case Validated():
                self.validations.append(event)
            case Sampled():
                self.samples.append(event)
            case Compared():
                self.comparisons.append(event)
            case Control():
                self._fold_control(event)
            case Resources():
                self.resources = event
            case CheckpointSaved():
                self.checkpoint = event
            case RunFinished() | RunFailed():
                self.last_word = event
                self.step = max(self.step, event.step)

    def _fold_time(self, record: Record) -> None:
        if self.first_time_s is None or self.last_time_s is None:
            self.first_time_s = record.time_s
        elif not self.paused and not isinstance(record.event, RunStarted):
            self.elapsed_s += max(0.0, record.time_s - self.last_time_s)
        self.last_time_s = record.time_s

    def _fold_start(self, event: RunStarted) -> None:
        self.started = event
        self.n_starts += 1
        self.last_word = None
        self.paused = False
        self._marks.clear()
        if event.resumed_from_step is not None:
            self._rewind(event.resumed_from_step)

    def _rewind(self, step: int) -> None:
        self.step = step
        for curve in (self.loss, self.speed, self.grad_norm):
            curve.truncate(step)
        del self.chars[len(self.loss) :], self.milliminutes[len(self.loss) :]
        self.validations = [item for item in self.validations if item.step <= step]
        self.samples = [item for item in self.samples if item.step <= step]
        self.comparisons = [item for item in self.comparisons if item.step <= step]
        self.controls = [item for item in self.controls if item.step <= step]

    def _fold_step(self, event: Step, time_s: float) -> None:
        self.loss.append(event.step, event.loss_nats)
        self._note_place(event)
        self.speed.append(event.step, event.chars_per_s)
        self.grad_norm.append(event.step, event.grad_norm)
        self.step, self.epoch, self.lr = event.step, event.epoch, event.lr
        self._marks.append((time_s, event.step))

    def _note_place(self, event: Step) -> None:
        """Keep `chars` and `milliminutes` as long as the loss; a point of it that was replaced is replaced there too."""
        n_points = len(self.loss)
        if not n_points or self.loss.steps[-1] != event.step:
            return  # the loss was no number
        if len(self.chars) >= n_points:
            del self.chars[n_points - 1 :], self.milliminutes[n_points - 1 :]
        now = self.elapsed_s / 60 * 1000
        before, n_chars = (self.milliminutes[-1], self.chars[-1]) if self.chars else (0.0, 0.0)
        if now > before:
            read = event.chars_per_s * (now - before) * 60 / 1000
            n_chars += read if -LARGEST < read < LARGEST else 0.0
            before = now
        self.chars.append(n_chars)
        self.milliminutes.append(before)

    def places(self, axis: Axis) -> Sequence[float]:
        """Where each point of the loss stands on an axis."""
        match axis:
            case "step":
                return self.loss.steps
            case "chars":
                return self.chars
        return self.milliminutes

    def place_of(self, step: int, axis: Axis) -> float:
        """Where a step stands on an axis: at the last point of the loss up to it."""
        if axis == "step":
            return step
        places = self.places(axis)
        index = bisect_right(self.loss.steps, step)
        return places[max(index - 1, 0)] if places else 0.0

    def _fold_control(self, event: Control) -> None:
        self.controls.append(event)
        if event.what in ("paused", "resumed"):
            self.paused = event.what == "paused"
            self._marks.clear()
        elif event.what == RETURNED:
            self._rewind(event.step)
            self._marks.clear()

    @property
    def config(self) -> Mapping[str, Any]:
        return self.started.config if self.started else {}

    @property
    def total_steps(self) -> int | None:
        return self.started.total_steps if self.started else None

    @property
    def best(self) -> Validated | None:
        """The validation with the fewest nats; one that is not a number is never the best."""
        numbers = [item for item in self.validations if item.val_nats_per_han == item.val_nats_per_han]
        return min(numbers, key=lambda item: item.val_nats_per_han, default=None)

    @property
    def compared(self) -> Compared | None:
        """The last look at prediction beside target."""
        return self.comparisons[-1] if self.comparisons else None

    @property
    def n_worse(self) -> int:
        """How many validations there have been since the best one."""
        best = self.best
        return sum(1 for item in self.validations if best is not None and item.step > best.step)

    @property
    def n_not_finite(self) -> int:
        """How many losses were NaN or infinite."""
        return self.loss.n_not_finite

    @property
    def steps_per_s(self) -> float | None:
        if len(self._marks) < 2:
            return None
        (first_s, first), (last_s, last) = self._marks[0], self._marks[-1]
        return (last - first) / (last_s - first_s) if last_s > first_s and last > first else None

    @property
    def eta_s(self) -> float | None:
        """Seconds that the rest will take at the present rate; None when nobody can know."""
        rate = self.steps_per_s
        if rate is None or not self.total_steps or self.last_word:
            return None
        return max(0, self.total_steps - self.step) / rate

    def compared_at(self, step: int) -> Compared | None:
        """The last look at prediction beside target up to a step."""
        index = bisect_right(self.comparisons, step, key=lambda one: one.step)
        return self.comparisons[index - 1] if index else None

    def sample_rounds(self, limit: int | None = None, until: int | None = None) -> list[SampleRound]:
        """The samples by step, newest first, at most `limit` rounds, none after the step `until`."""
        rounds: list[SampleRound] = []
        group: list[Sampled] = []
        for sample in reversed(self.samples):
            if until is not None and sample.step > until:
                continue
            if group and sample.step != group[0].step:
                rounds.append(SampleRound(group[0].step, tuple(reversed(group))))
                group = []
                if limit is not None and len(rounds) >= limit:
                    return rounds
            group.append(sample)
        if group:
            rounds.append(SampleRound(group[0].step, tuple(reversed(group))))
        return rounds
