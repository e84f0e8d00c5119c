"""Run folders as the trainer writes them, made in a moment."""

import math
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.runs.event_log import to_line
from engine.runs.events import (
    CheckpointSaved,
    Compared,
    Control,
    Event,
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
from engine.runs.folder import EVENTS, HEARTBEAT, LOG, write_config

START_S = 1_700_000_000.0
TARGET = "日暮江头一笛风，满船明月照归篷。扁舟不系随流去，人在芦花浅水中。"
PREDICTION = "日落山边不夜风，一船明日满天来。孤舟一去人中水，人在江山夜雨中。"
# Of every 28 characters of `TARGET` four marks; an end is no part of it.
CHARS_PER_HAN = 32 / 28
STEPS_PER_EPOCH, N_CHARS_PER_EPOCH = 500, 3_400_000
SAMPLES = {
    "日": "日月山中不可知，白云千里不相思。",
    "山": "山中有客不知年，水上无人月满船。",
    "夜": "夜深人静月如霜，独坐江头望故乡。",
}


def started(config: TrainConfig | None = None, total_steps: int = 2000, resumed: int | None = None) -> RunStarted:
    """The first word of a run."""
    return RunStarted(
        pid=os.getpid(),
        config=(config or preset("nndl")).to_dict(),
        n_params=1_300_000,
        vocab_size=6_000,
        total_steps=total_steps,
        n_chars_per_epoch=N_CHARS_PER_EPOCH,
        device="cpu",
        resumed_from_step=resumed,
        n_epochs=total_steps / STEPS_PER_EPOCH,
    )


def step(number: int, loss_nats: float | None = None, seed: int = 0) -> Step:
    """A step with the figures that a run of `nndl` has about there."""
    noise = random.Random(number * 7919 + seed)
    falling = 4.6 + 4.0 * math.exp(-number / 300) + noise.gauss(0, 0.12)
    nats = falling if loss_nats is None else loss_nats
    return Step(
        step=number,
        epoch=(number - 1) // STEPS_PER_EPOCH,
        loss_nats=nats,
        lr=2e-3,
        grad_norm=0.6 + abs(noise.gauss(0, 0.15)),
        chars_per_s=24_000 + noise.gauss(0, 600),
        n_chars=number * N_CHARS_PER_EPOCH // STEPS_PER_EPOCH,
        epochs_done=number / STEPS_PER_EPOCH,
        loss_nats_per_han=nats * CHARS_PER_HAN,
    )


def of_before(said: Sequence[Event]) -> list[Event]:
    """The same events as a run of before told them: a loss per character, and neither characters read nor epochs."""
    later: Mapping[type[Event], dict[str, None]] = {
        RunStarted: {"n_epochs": None},
        Step: {"n_chars": None, "epochs_done": None, "loss_nats_per_han": None},
        Validated: {"train_nats_per_han": None},
    }
    return [replace(event, **later.get(type(event), {})) for event in said]


def compared(number: int) -> Compared:
    """A poem of the last batch, with probabilities between nearly none and nearly one."""
    noise = random.Random(number)
    return Compared(
        step=number,
        prediction=PREDICTION,
        target=TARGET,
        probability=tuple(
            noise.uniform(0.5, 0.98) if said == meant else noise.uniform(0.0005, 0.3)
            for said, meant in zip(PREDICTION, TARGET, strict=True)
        ),
    )


def probed(number: int, factor: float = 0.7) -> Probed:
    """A probe whose gradient shrinks by a factor at each character."""
    return Probed(
        step=number,
        n_poems=100,
        hidden_grad_norms=tuple(0.4 * factor**k for k in range(21)),
        memory_grad_norms=tuple(0.5 * 0.9**k for k in range(21)),
        accuracy=tuple(0.1 + 0.8 * (position % 8 == 7) for position in range(32)),
        neighbours=("月日星云",),
        projected="日月山",
        coordinates=(0.5, 0.1, 0.4, 0.2, -0.9, -0.3),
    )


def life(n_steps: int = 1000, every: int = 5, total_steps: int = 2000) -> list[Event]:
    """What a healthy run says up to `n_steps`."""
    said: list[Event] = [started(total_steps=total_steps)]
    for number in range(every, n_steps + 1, every):
        said.append(step(number))
        if number % 50 == 0:
            said.append(compared(number))
        if number % 250 == 0:
            nats = 5.2 + 3.0 * math.exp(-number / 300)
            train_nats = nats / CHARS_PER_HAN - 0.2
            told = {"train_nats": train_nats, "train_nats_per_han": train_nats * CHARS_PER_HAN}
            said.append(Validated(step=number, val_nats_per_han=nats, **told))
            said += [
                Sampled(step=number, begin=begin, text=text, seed=1, temperature=0.8) for begin, text in SAMPLES.items()
            ]
            said.append(CheckpointSaved(step=number, path=f"checkpoints/step-{number:08d}", is_best=True))
    return said


def records(said: Sequence[Event], seconds_apart: float = 0.1) -> list[Record]:
    """The events with their numbers and times."""
    return [
        Record(seq=number, time_s=START_S + number * seconds_apart, event=event) for number, event in enumerate(said, 1)
    ]


def write_run(folder: Path, said: Sequence[Event], *, alive: bool = False, log: str = "") -> Path:
    """Write a run folder. `alive`: its writer is this very process; otherwise it has none."""
    folder.mkdir(parents=True, exist_ok=True)
    write_config(folder, preset("nndl"))
    (folder / EVENTS).write_text("".join(to_line(record) + "\n" for record in records(said)), encoding="utf-8")
    (folder / LOG).write_text(log or "loading the corpus\nbuilding the model\n", encoding="utf-8")
    if alive:
        beat(folder)
    return folder


def beat(folder: Path, pid: int | None = None) -> None:
    """A heartbeat, now."""
    (folder / HEARTBEAT).write_text(str(pid or os.getpid()), encoding="utf-8")


def append(folder: Path, said: Sequence[Event], first_seq: int = 10_000) -> None:
    """Say more in a run folder."""
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        for number, event in enumerate(said, first_seq):
            file.write(to_line(Record(seq=number, time_s=START_S + number * 0.1, event=event)) + "\n")


def paused(number: int) -> Control:
    """A pause at a step."""
    return Control(step=number, what="paused")


def finished(number: int, reason: str = "completed") -> RunFinished:
    """A good end."""
    return RunFinished(step=number, reason=reason)


def failed(number: int) -> RunFailed:
    """A bad end."""
    return RunFailed(step=number, kind="OutOfMemoryError", message="The machine ran out of memory.")


# An event of each kind that `life` leaves out.
OTHERS: tuple[Event, ...] = (
    Control(step=300, what="lr changed", value=1e-3),
    Resources(
        step=300,
        cpu_percent=180.0,
        memory_bytes=1 << 30,
        gpu_percent=None,
        gpu_memory_bytes=None,
        data_share=0.1,
        forward_share=0.4,
        backward_share=0.4,
        optimizer_share=0.1,
    ),
    probed(300),
    RunFailed(step=300, kind="RunError", message="The disk is full."),
    RunFinished(step=300, reason="completed"),
)
