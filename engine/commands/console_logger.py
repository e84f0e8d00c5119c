"""Console output: log lines of a training, and the layout of a poem for a terminal."""

import math
import time
from collections import deque
from collections.abc import Callable

from engine.prosody.text import columns_rtl, couplets, split_lines
from engine.runs import events
from engine.runs.smoothing import WINDOW_STEPS, mean_of_last_steps
from engine.system.errors import Message

LINE_PERIOD_S = 3.0


class ConsoleLogger:
    """Formats the events of a training as log lines; steps at most every `LINE_PERIOD_S` seconds.

    `clock` returns seconds; tests replace it.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._total_steps = 0
        self._val_nats: float | None = None
        self._first: tuple[int, float] | None = None
        self._last_line_s = clock()
        self._last_step = 0
        # The last step events: step, number of steps that the event covers, loss in nats per Han character.
        self._losses: deque[tuple[int, int, float]] = deque(maxlen=WINDOW_STEPS)

    def log(self, record: events.Record) -> None:
        event = record.event
        match event:
            case events.RunStarted():
                self._start(event)
            case events.Step():
                self._step(event)
            case events.Validated():
                self._val_nats = event.val_nats_per_han
                self._say(
                    Message(
                        "step {step:,}: {validation} on held-out poems{training}; nats per Han character (perplexity)",
                        step=event.step,
                        validation=_with_perplexity(event.val_nats_per_han),
                        training=_training_of(event),
                    )
                )
            case events.Sampled():
                self._say(f"    {event.text}")
            case events.CheckpointSaved():
                saved = "step {step:,}: saved, the best so far" if event.is_best else "step {step:,}: saved"
                self._say(Message(saved, step=event.step))
            case events.Control():
                self._first = None  # exclude a pause from the estimate of the time left
                what = "went back to the best checkpoint, lr changed" if event.what == events.RETURNED else event.what
                template = "step {step:,}: {what}" if event.value is None else "step {step:,}: {what} to {value:g}"
                self._say(Message(template, step=event.step, what=what, value=event.value))
            case events.RunFinished():
                self._say(Message("step {step:,}: {what}", step=event.step, what=event.reason))
            case _:  # `compared` is for the screen; failures are reported by the caller
                pass

    def _start(self, event: events.RunStarted) -> None:
        model = event.config.get("model", {})
        self._total_steps = event.total_steps
        self._last_step = event.resumed_from_step or 0
        self._last_line_s = self._clock()
        self._say(
            Message(
                "{model} on {corpus}, {device}: {n_params:,} parameters, {vocab_size:,} characters known, "
                "{total_steps:,} steps, {n_chars_per_epoch:,} characters an epoch",
                model=f"{model.get('cell')} {model.get('n_layers')}×{model.get('hidden_size')}",
                corpus=event.config.get("corpus"),
                device=event.device,
                n_params=event.n_params,
                vocab_size=event.vocab_size,
                total_steps=event.total_steps,
                n_chars_per_epoch=event.n_chars_per_epoch,
            )
        )
        if event.resumed_from_step is not None:
            self._say(Message("going on from step {step:,}", step=event.resumed_from_step))

    def _step(self, event: events.Step) -> None:
        now_s = self._clock()
        if event.loss_nats_per_han is not None:
            self._losses.append((event.step, max(1, event.step - self._last_step), event.loss_nats_per_han))
            self._last_step = event.step
        if self._first is None:
            self._first = (event.step, now_s)
        if now_s - self._last_line_s < LINE_PERIOD_S and event.step != self._total_steps:
            return
        self._last_line_s = now_s
        self._say(
            Message(
                "step {step:,}/{n_steps:,} {done:6.1%}   {figures}   {chars_per_s:,.0f} chars/s{left}",
                step=event.step,
                n_steps=self._total_steps,
                done=event.step / max(1, self._total_steps),
                figures=self._figures(event),
                chars_per_s=event.chars_per_s,
                left=self._time_left(event.step, now_s),
            )
        )

    def _figures(self, event: events.Step) -> Message:
        """The smoothed training loss and the last validation loss, in the same unit."""
        if not self._losses:
            return Message("training {nats:.3f} nats per character", nats=event.loss_nats)
        steps, n_steps, values = zip(*self._losses, strict=True)
        nats = mean_of_last_steps(steps, n_steps, values)
        if self._val_nats is None:
            return Message("training {nats:.3f} nats/Han", nats=nats)
        return Message("training {nats:.3f}, validation {val_nats:.3f} nats/Han", nats=nats, val_nats=self._val_nats)

    def _time_left(self, step: int, now_s: float) -> str:
        assert self._first is not None
        first_step, first_s = self._first
        if step <= first_step or step >= self._total_steps:
            return ""
        left_s = (self._total_steps - step) * (now_s - first_s) / (step - first_step)
        return Message("   {duration} left", duration=duration(left_s))


def _with_perplexity(nats: float) -> str:
    return f"{nats:.3f} ({math.exp(min(nats, 700)):,.1f})"


def _training_of(event: events.Validated) -> str:
    """Text of the training loss since the last validation; "" if it is not known in nats per Han character."""
    nats = event.train_nats_per_han
    return "" if nats is None else Message(", {nats} in training", nats=_with_perplexity(nats))


def duration(seconds: float) -> str:
    """A duration as text: `42 s`, `3 min`, `2 h 05 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def lay_out(text: str, *, vertical: bool = False) -> str:
    """Lay out a poem for the terminal: a couplet per row, or in columns from right to left."""
    lines = split_lines(text)
    return "\n".join(columns_rtl(lines) if vertical else couplets(lines))


class RowBreaks:
    """Row breaks of a poem that is printed character by character: after a sentence, or after two lines."""

    def __init__(self) -> None:
        self._n_lines = 0

    def ends_row(self, character: str) -> bool:
        """Whether a row ends after this character, the next of the poem."""
        if character in "，；：":
            self._n_lines += 1
        if character in "。？！" or self._n_lines == 2:
            self._n_lines = 0
            return True
        return False
