"""A training told in lines."""

from engine.commands.console_logger import ConsoleLogger, duration
from engine.runs import events


class Telling:
    """A narrator with a clock of its own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now_s = 0.0
        self._narrator = ConsoleLogger(self.lines.append, clock=lambda: self.now_s)

    def log(self, event: events.Event) -> None:
        self._narrator.log(events.Record(seq=1, time_s=0.0, event=event))

    def start(self, total_steps: int, resumed_from_step: int | None = None) -> None:
        config = {"corpus": "tang", "model": {"cell": "lstm", "n_layers": 2, "hidden_size": 512}}
        self.log(
            events.RunStarted(
                pid=1,
                config=config,
                n_params=12345,
                vocab_size=6000,
                total_steps=total_steps,
                n_chars_per_epoch=99,
                device="cpu",
                resumed_from_step=resumed_from_step,
            )
        )

    def step(self, step: int, at_s: float, loss_nats: float = 5.0) -> None:
        self.now_s = at_s
        self.log(
            events.Step(
                step=step,
                epoch=0,
                loss_nats=loss_nats,
                lr=0.1,
                grad_norm=1.0,
                chars_per_s=20_000.0,
                loss_nats_per_han=1.2 * loss_nats,  # with marks and ends
            )
        )


def test_it_says_what_is_trained() -> None:
    telling = Telling()
    telling.start(1000, resumed_from_step=200)
    assert telling.lines == [
        "lstm 2×512 on tang, cpu: 12,345 parameters, 6,000 characters known, 1,000 steps, 99 characters an epoch",
        "going on from step 200",
    ]


def test_steps_are_told_every_few_seconds_with_the_mean_of_the_last_hundred_and_the_time_left() -> None:
    telling = Telling()
    telling.start(2_000, resumed_from_step=890)
    telling.step(900, at_s=0, loss_nats=9.0)
    telling.step(950, at_s=1, loss_nats=8.0)
    telling.step(970, at_s=2, loss_nats=6.0)
    telling.step(1000, at_s=4, loss_nats=4.0)
    telling.step(1010, at_s=5, loss_nats=1.0)
    # 25 steps a second; (50 · 8 + 20 · 6 + 30 · 4) / 100 · 1.2 = 7.68.
    assert telling.lines[2:] == ["step 1,000/2,000  50.0%   training 7.680 nats/Han   20,000 chars/s   40 s left"]


def test_the_last_step_is_always_told() -> None:
    telling = Telling()
    telling.start(20)
    telling.step(10, at_s=0.1)
    telling.step(20, at_s=0.2)
    assert telling.lines[-1] == "step 20/20 100.0%   training 6.000 nats/Han   20,000 chars/s"


def test_a_validation_is_told_and_remembered() -> None:
    telling = Telling()
    telling.start(1000)
    telling.log(events.Validated(step=5, val_nats_per_han=6.125, train_nats=5.0, train_nats_per_han=6.0))
    telling.step(10, at_s=9)
    assert telling.lines[1:] == [
        "step 5: 6.125 (457.1) on held-out poems, 6.000 (403.4) in training; nats per Han character (perplexity)",
        "step 10/1,000   1.0%   training 6.000, validation 6.125 nats/Han   20,000 chars/s",
    ]


def test_everything_else_is_told_as_it_comes() -> None:
    telling = Telling()
    telling.log(events.Sampled(step=5, begin="日", text="日暮。", seed=1, temperature=0.8))
    telling.log(events.CheckpointSaved(step=5, path="checkpoints/step-5", is_best=True))
    telling.log(events.Control(step=6, what="lr changed", value=0.001))
    telling.log(events.RunFinished(step=7, reason="completed"))
    assert telling.lines == [
        "    日暮。",
        "step 5: saved, the best so far",
        "step 6: lr changed to 0.001",
        "step 7: completed",
    ]


def test_durations_are_told_as_people_do() -> None:
    assert [duration(seconds) for seconds in (0.4, 42, 90, 3600, 7500)] == [
        "0 s",
        "42 s",
        "2 min",
        "1 h 00 min",
        "2 h 05 min",
    ]
