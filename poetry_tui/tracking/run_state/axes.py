"""How far a run was at each point of its loss: characters read, time trained, epochs. Pure: it reads no clock and no file."""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from engine.corpus.tokens.vocabulary import UNKNOWN_GLYPH
from engine.prosody.text import is_han
from engine.runs.events import Compared, Event, Record, Resources, RunStarted, Step
from poetry_tui.tracking.run_state.curve import MAX_VALUE

# What the first so many looks at prediction beside target show of a corpus is shown of it for good: whoever reads no more of a run
# (a list) then comes to the same figures as whoever reads all of it.
MAX_COMPARISONS = 64


@dataclass(slots=True)
class HanRatio:
    """How many characters that a run predicts come to one Han character, by the poems that it showed: 1.25 for lines of five with
    their marks and ends, 1.18 for lines of seven."""

    # Nats a Han character for each nat a character; None before anything was shown.
    value: float | None = None
    _n_comparisons: int = 0
    _n_targets: int = 0
    _n_han: int = 0

    def note(self, compared: Compared) -> float | None:
        """Take in a look. Returns what to multiply by what was converted before, where the ratio has become another one, which
        it does at the first look, the second, the fourth, the eighth …"""
        if self._n_comparisons == MAX_COMPARISONS:
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
    """`chars`, `milliminutes` and `epochs` have a number for each point of the loss, none smaller than the one before it; of
    thousandths of a minute round numbers are round minutes.

    `is_estimate`: the run is of before steps told how many characters had been read, so that `chars` are reckoned from speed and
    time, and `epochs` from the characters.
    """

    chars: "array[float]" = field(default_factory=_numbers)
    milliminutes: "array[float]" = field(default_factory=_numbers)
    epochs: "array[float]" = field(default_factory=_numbers)
    is_estimate: bool = False
    n_chars: float = 0.0
    # When the clock began that the speed of the next step is measured by.
    _since_s: float = 0.0

    def note(self, record: Record, elapsed_s: float, started: RunStarted | None, *, is_point: bool) -> None:
        """Take in a record. `elapsed_s`: how long the run has trained by then; `is_point`: the loss has a new last point."""
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
            # A run of before has gone on: what was estimated is brought into line with what is known now.
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
        # The number of the epoch is known; how far it has come, only about.
        return min(max(self.n_chars / started.n_chars_per_epoch, event.epoch), event.epoch + 1)

    def truncate(self, n_points: int) -> None:
        """Forget all but the first points."""
        del self.chars[n_points:], self.milliminutes[n_points:], self.epochs[n_points:]
        self.n_chars = self.chars[-1] if self.chars else 0.0


def _restarts_clock(event: Event) -> bool:
    """Whether the trainer measures the speed of its next step from here: all that it leaves out is validating, saving, pausing."""
    return not isinstance(event, (Compared, Resources))


def steps_per_s(
    steps: "array[int]", milliminutes: "array[float]", window: int, n_points: int, first: int = 0
) -> float | None:
    """Steps a second of time trained over the last `window` steps, or the last `n_points` points where those are more; none
    before the point `first` counts. None where nobody can know.

    A window as long as from one validation to the next has one in it, wherever it begins: a shorter one has none nearly always,
    and promises too early an end.
    """
    if len(steps) - first < 2:
        return None
    begin = bisect_right(steps, steps[-1] - window) - 1
    begin = max(first, min(begin, len(steps) - n_points))
    took_s = (milliminutes[-1] - milliminutes[begin]) * 60 / 1000
    return (steps[-1] - steps[begin]) / took_s if took_s > 0 else None
