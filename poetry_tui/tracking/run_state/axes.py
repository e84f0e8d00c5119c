"""Progress of a run at each point of its loss: characters read, time trained, epochs. Pure: it reads no clock and no file."""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from engine.corpus.tokens.vocabulary import UNKNOWN_GLYPH
from engine.prosody.text import is_han
from engine.runs.events import Compared, Event, Record, Resources, RunStarted, Step
from poetry_tui.tracking.run_state.curve import MAX_VALUE

# The first 64 previews fix the ratio, so that a partial read of a run (a list) gives the same figures as a full one.
MAX_PREVIEWS = 64


@dataclass(slots=True)
class HanRatio:
    """Predicted characters per Han character, measured on the teacher-forced previews: 1.25 for lines of five with their
    punctuation and ends, 1.18 for lines of seven."""

    # Factor from nats per character to nats per Han character; None before the first preview.
    value: float | None = None
    _n_comparisons: int = 0
    _n_targets: int = 0
    _n_han: int = 0

    def note(self, compared: Compared) -> float | None:
        """Add a preview. The ratio is updated at previews 1, 2, 4, 8 …; returns the factor by which losses converted earlier must
        be multiplied then, else None."""
        if self._n_comparisons == MAX_PREVIEWS:
            return None
        self._n_comparisons += 1
        self._n_targets += len(compared.target)
        self._n_han += sum(is_han(character) or character == UNKNOWN_GLYPH for character in compared.target)
        if self._n_comparisons.bit_count() != 1 or not self._n_han:
            return None
        before, self.value = self.value or 1.0, self._n_targets / self._n_han
        return self.value / before


def _numbers() -> "array[float]":
    return array("d")


@dataclass(slots=True)
class RunAxes:
    """Positions of the loss points on other axes: `chars`, `milliminutes` and `epochs` each have one number for each point, in
    non-decreasing order. Time is in thousandths of a minute so that round ticks are round minutes.

    `is_estimate`: the run was written by an older version, whose steps lack `n_chars`: `chars` is estimated from speed and time,
    `epochs` from `chars`.
    """

    chars: "array[float]" = field(default_factory=_numbers)
    milliminutes: "array[float]" = field(default_factory=_numbers)
    epochs: "array[float]" = field(default_factory=_numbers)
    is_estimate: bool = False
    n_chars: float = 0.0
    # Start of the interval over which the trainer measures the speed of the next step.
    _since_s: float = 0.0

    def note(self, record: Record, elapsed_s: float, started: RunStarted | None, *, is_point: bool) -> None:
        """Fold a record. `elapsed_s`: time trained until then; `is_point`: the loss has a new last point."""
        event = record.event
        if isinstance(event, Step):
            self._count(event, record.time_s)
            if is_point:
                self._append(event, elapsed_s, started)
        if _restarts_clock(event):
            self._since_s = record.time_s

    def _count(self, event: Step, time_s: float) -> None:
        if event.n_chars is None:
            read = event.chars_per_s * max(0.0, time_s - self._since_s)
            self.n_chars += read if 0 <= read < MAX_VALUE else 0.0
            self.is_estimate = True
            return
        if self.is_estimate and self.n_chars:
            # A run of an older version was resumed by this one: scale the estimates to the first exact count.
            factor = min(1.0, event.n_chars / self.n_chars)
            self.chars = array("d", [number * factor for number in self.chars])
        self.n_chars, self.is_estimate = float(event.n_chars), False

    def _append(self, event: Step, elapsed_s: float, started: RunStarted | None) -> None:
        now = elapsed_s / 60 * 1000
        before = (self.chars[-1], self.milliminutes[-1], self.epochs[-1]) if self.chars else (0.0, 0.0, 0.0)
        self.chars.append(max(before[0], self.n_chars))
        self.milliminutes.append(max(before[1], now))
        self.epochs.append(max(before[2], self._epochs(event, started)))

    def _epochs(self, event: Step, started: RunStarted | None) -> float:
        if event.epochs_done is not None:
            return event.epochs_done if 0 <= event.epochs_done < MAX_VALUE else 0.0
        if started is None or started.n_chars_per_epoch <= 0:
            return float(event.epoch)
        # The epoch's number is exact, the progress within it an estimate.
        return min(max(self.n_chars / started.n_chars_per_epoch, event.epoch), event.epoch + 1)

    def truncate(self, n_points: int) -> None:
        """Keep the first `n_points` points."""
        del self.chars[n_points:], self.milliminutes[n_points:], self.epochs[n_points:]
        self.n_chars = self.chars[-1] if self.chars else 0.0


def _restarts_clock(event: Event) -> bool:
    """Whether the trainer measures the speed of its next step from this event on; speed excludes validation, saving, pauses."""
    return not isinstance(event, (Compared, Resources))


def steps_per_s(
    steps: "array[int]", milliminutes: "array[float]", window: int, n_points: int, first: int = 0
) -> float | None:
    """Steps per second of training time over the last `window` steps, or over the last `n_points` points if those reach
    further back; points before `first` are ignored. None with fewer than two points or no time between them.

    `window` must be at least the validation interval, so that it always includes one validation: a shorter window mostly has
    none, and gives too early an ETA.
    """
    if len(steps) - first < 2:
        return None
    begin = bisect_right(steps, steps[-1] - window) - 1
    begin = max(first, min(begin, len(steps) - n_points))
    took_s = (milliminutes[-1] - milliminutes[begin]) * 60 / 1000
    return (steps[-1] - steps[begin]) / took_s if took_s > 0 else None
