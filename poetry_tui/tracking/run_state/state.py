"""The state of a run, folded from its events. Pure: it reads no clock and no file."""

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Literal

from engine.runs.events import (
    LR_CHANGED,
    RETURNED,
    CheckpointSaved,
    Compared,
    Control,
    Probed,
    Record,
    Resources,
    RunFailed,
    RunFinished,
    RunStarted,
    Sampled,
    Step,
    Validated,
)
from engine.runs.smoothing import WINDOW_STEPS, mean_of_last_steps
from poetry_tui.tracking.run_state.axes import HanRatio, RunAxes, steps_per_s
from poetry_tui.tracking.run_state.curve import MAX_VALUE, Curve
from poetry_tui.tracking.run_state.stall_detector import StallDetector

# Minimum number of points for the ETA's rate: about 10 s of training.
RATE_POINTS = 100
# Smallest rise of the validation loss that counts as overfitting.
MIN_RISE_NATS = 0.01

# The x axis of a curve; minutes are counted in thousandths.
Axis = Literal["step", "chars", "minutes"]
# Nats per Han character, the same by estimate, or nats per character.
LossUnit = Literal["han", "about_han", "char"]
# Settings that give the intervals, in steps, of work that takes longer than a step.
LONG_WORK = ("validate_every", "checkpoint_every")


@dataclass(frozen=True, slots=True)
class SampleRound:
    """The samples of one step, one for each begin character."""

    step: int
    samples: tuple[Sampled, ...]


@dataclass(slots=True)
class RunState:
    """The state of a run, folded from one record after the other.

    A resume drops the points after the step that it went on from, so that the curve is that of an uninterrupted run.
    """

    started: RunStarted | None = None
    first_time_s: float | None = None
    last_time_s: float | None = None
    elapsed_s: float = 0.0
    step: int = 0
    epoch: int = 0
    lr: float = 0.0
    rate: Curve = field(default_factory=Curve)
    # In nats per Han character, as validations are; in a run written by an older version see `loss_unit`.
    loss: Curve = field(default_factory=Curve)
    axes: RunAxes = field(default_factory=RunAxes)
    speed: Curve = field(default_factory=Curve)
    grad_norm: Curve = field(default_factory=Curve)
    validations: list[Validated] = field(default_factory=list)
    probes: list[Probed] = field(default_factory=list)
    samples: list[Sampled] = field(default_factory=list)
    comparisons: list[Compared] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    checkpoint: CheckpointSaved | None = None
    resources: Resources | None = None
    paused: bool = False
    final_event: RunFinished | RunFailed | None = None
    stall_detector: StallDetector = field(default_factory=StallDetector)
    n_starts: int = 0
    n_records: int = 0
    n_malformed: int = 0
    # Conversion to nats per Han character, for a run of an older version that reports nats per character only.
    _ratio: HanRatio = field(default_factory=HanRatio)
    # Number of first loss points that were reported per character only.
    _n_per_char: int = 0
    # The last losses per character: step, number of steps averaged, nats.
    _per_char: deque[tuple[int, int, float]] = field(default_factory=lambda: deque(maxlen=WINDOW_STEPS))
    # Index of the first loss point since the run last started.
    _start_index: int = 0

    def fold(self, record: Record) -> None:
        """Fold one record; a record with values of the wrong type is counted as malformed."""
        try:
            self._fold_event(record)
        except (TypeError, ValueError):
            self.n_malformed += 1
            return
        self.n_records += 1

    def _fold_event(self, record: Record) -> None:
        event = record.event
        self._fold_time(record)
        self.stall_detector.note(record)
        if not isinstance(event, Step):
            self.axes.note(record, self.elapsed_s, self.started, is_point=False)
        match event:
            case RunStarted():
                self._fold_start(event)
            case Step():
                self._fold_step(event, record)
            case Validated():
                self.validations.append(event)
            case Probed():
                self.probes.append(event)
            case Sampled():
                self.samples.append(event)
            case Compared():
                self._fold_comparison(event)
            case Control():
                self._fold_control(event)
            case Resources():
                self.resources = event
            case CheckpointSaved():
                self.checkpoint = event
            case RunFinished() | RunFailed():
                self.final_event = event
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
        self.final_event = None
        self.paused = False
        if event.resumed_from_step is not None or self.n_starts > 1:
            self._rewind(event.resumed_from_step or 0)
        self._start_index = len(self.loss)

    def _rewind(self, step: int) -> None:
        self.step = step
        for curve in (self.loss, self.speed, self.grad_norm, self.rate):
            curve.truncate(step)
        self._truncate_points(len(self.loss))
        self.validations = [item for item in self.validations if item.step <= step]
        self.probes = [item for item in self.probes if item.step <= step]
        self.samples = [item for item in self.samples if item.step <= step]
        self.comparisons = [item for item in self.comparisons if item.step <= step]
        self.controls = [item for item in self.controls if item.step <= step]

    def _truncate_points(self, n_points: int) -> None:
        """Truncate what belongs to the loss points to the first `n_points`."""
        self._n_per_char = min(self._n_per_char, n_points)
        last_step = self.loss.steps[n_points - 1] if n_points else -1
        while self._per_char and self._per_char[-1][0] > last_step:
            self._per_char.pop()
        if len(self.axes.chars) > n_points:
            self.axes.truncate(n_points)

    def _fold_step(self, event: Step, record: Record) -> None:
        per_han, is_number = event.loss_nats_per_han, -MAX_VALUE < event.loss_nats < MAX_VALUE
        is_per_char = event.n_chars is None
        if event.n_chars is not None and not 0 <= event.n_chars < MAX_VALUE:
            raise ValueError("a run reads no such number of characters")  # before any field is changed
        if per_han is not None or is_per_char:
            self.loss.append(event.step, event.loss_nats * (self._ratio.value or 1.0) if per_han is None else per_han)
        # A loss that is not finite is no point of the curve, nor is one without a Han character (a run of an older version had
        # batches of end tokens only). A replaced point is replaced on every axis.
        is_point = len(self.loss) > 0 and self.loss.steps[-1] == event.step
        self._truncate_points(len(self.loss) - is_point)
        self.axes.note(record, self.elapsed_s, self.started, is_point=is_point)
        self._n_per_char += is_point and is_per_char
        if is_point and is_number:
            self._per_char.append((event.step, self.loss.n_steps[-1], event.loss_nats))
        self.speed.append(event.step, event.chars_per_s)
        self.grad_norm.append(event.step, event.grad_norm)
        self.rate.append(event.step, event.lr)
        self.step, self.epoch, self.lr = event.step, event.epoch, event.lr

    def _fold_comparison(self, event: Compared) -> None:
        self.comparisons.append(event)
        factor = self._ratio.note(event)
        if factor is not None and self._n_per_char:
            self.loss.scale(self._n_per_char, factor)

    def positions(self, axis: Axis) -> Sequence[float]:
        """The position of each loss point on an axis."""
        match axis:
            case "step":
                return self.loss.steps
            case "chars":
                return self.axes.chars
        return self.axes.milliminutes

    def position_of(self, step: int, axis: Axis) -> float:
        """The position of a step on an axis: that of the last loss point up to the step."""
        if axis == "step":
            return step
        positions = self.positions(axis)
        index = bisect_right(self.loss.steps, step)
        return positions[max(index - 1, 0)] if positions else 0.0

    def _fold_control(self, event: Control) -> None:
        self.controls.append(event)
        if event.what in ("paused", "resumed"):
            self.paused = event.what == "paused"
        elif event.what == RETURNED:
            self._rewind(event.step)

    @property
    def config(self) -> Mapping[str, Any]:
        return self.started.config if self.started else {}

    @property
    def rate_changes(self) -> tuple[tuple[int, float], ...]:
        """The changes of the peak learning rate during the training: (last step at the old rate, new rate)."""
        return tuple((one.step, one.value) for one in self.controls if one.what == LR_CHANGED and one.value is not None)

    @property
    def total_steps(self) -> int | None:
        return self.started.total_steps if self.started else None

    @property
    def best(self) -> Validated | None:
        """The validation with the lowest loss, NaN excluded; None before the first."""
        numbers = [item for item in self.validations if item.val_nats_per_han == item.val_nats_per_han]
        return min(numbers, key=lambda item: item.val_nats_per_han, default=None)

    @property
    def gap(self) -> Curve:
        """The generalisation gap at each validation: its loss less the training loss since the previous validation, in nats per Han
        character."""
        curve = Curve()
        for item in self.validations:
            if item.train_nats_per_han is not None:
                curve.append(item.step, item.val_nats_per_han - item.train_nats_per_han)
        return curve

    @property
    def compared(self) -> Compared | None:
        """The last teacher-forced preview."""
        return self.comparisons[-1] if self.comparisons else None

    @property
    def loss_unit(self) -> LossUnit:
        """The unit of the last losses. A run written by an older version reports them per character: they are converted by its
        previews ("about_han"), and stay per character without previews."""
        if not self._n_per_char or self._n_per_char < len(self.loss):
            return "han"
        return "about_han" if self._ratio.value else "char"

    @property
    def loss_nats_per_char(self) -> float | None:
        """The smoothed loss per character; `loss.last_smooth` is the same per Han character."""
        steps, n_steps, values = zip(*self._per_char, strict=True) if self._per_char else ((), (), ())
        return mean_of_last_steps(steps, n_steps, values)

    @property
    def epochs_done(self) -> float | None:
        """Epochs read so far; None before the first step. An estimate for a run written by an older version."""
        return self.axes.epochs[-1] if self.axes.epochs else None

    @property
    def total_epochs(self) -> float | None:
        """Epochs at the last step; an estimate for a run written by an older version. None if unknown."""
        if self.started is None or self.started.n_epochs is not None:
            return self.started.n_epochs if self.started else None
        n_epochs = self.config.get("n_epochs")
        if self.config.get("max_steps") is None:
            return n_epochs if isinstance(n_epochs, int) else None
        done = self.epochs_done
        return done * self.started.total_steps / self.step if done and self.step else None

    def epochs_at(self, step: int) -> float:
        """Epochs read at the last loss point up to a step."""
        index = bisect_right(self.loss.steps, step)
        return self.axes.epochs[index - 1] if index else 0.0

    @property
    def epochs_overfitting(self) -> float | None:
        """Epochs since the best validation while validation rose and the training loss fell; None unless more than one."""
        best, last = self.best, self.validations[-1] if self.validations else None
        if best is None or last is None or not last.val_nats_per_han - best.val_nats_per_han >= MIN_RISE_NATS:
            return None
        n_epochs = self.epochs_at(last.step) - self.epochs_at(best.step)
        return n_epochs if n_epochs > 1 and last.train_nats < best.train_nats else None

    @property
    def n_not_finite(self) -> int:
        """Number of losses that were NaN or infinite."""
        return self.loss.n_not_finite

    @property
    def long_work_periods(self) -> list[int]:
        """The intervals of validations and of checkpoints, in steps; an interval that is not set is left out."""
        return [number for name in LONG_WORK if isinstance(number := self.config.get(name), int) and number > 0]

    @property
    def steps_per_s(self) -> float | None:
        """Steps per second; includes the time of validations and checkpoints, excludes pauses."""
        window, positions = max(self.long_work_periods, default=0), self.axes.milliminutes
        return steps_per_s(self.loss.steps, positions, window, RATE_POINTS, self._start_index)

    @property
    def eta_s(self) -> float | None:
        """Estimated seconds to the last step; None without a rate or after the last event."""
        rate = self.steps_per_s
        if not rate or not self.total_steps or self.final_event:
            return None
        return max(0, self.total_steps - self.step) / rate

    def compared_at(self, step: int) -> Compared | None:
        """The last teacher-forced preview up to a step."""
        index = bisect_right(self.comparisons, step, key=lambda one: one.step)
        return self.comparisons[index - 1] if index else None

    def probed_at(self, step: int | None = None) -> Probed | None:
        """The last probe up to a step, or the last of all."""
        return next((one for one in reversed(self.probes) if step is None or one.step <= step), None)

    def sample_rounds(self, limit: int | None = None, until: int | None = None) -> list[SampleRound]:
        """The samples by step, newest first, at most `limit` rounds, none after the step `until`."""
        kept = (sample for sample in reversed(self.samples) if until is None or sample.step <= until)
        rounds = (SampleRound(step, (*group,)[::-1]) for step, group in groupby(kept, attrgetter("step")))
        return list(islice(rounds, limit))
