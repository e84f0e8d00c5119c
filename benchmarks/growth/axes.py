"""The axes: one quantity varied at a time, and the measured quantities that depend on it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

# Of poems that all have the same length, enough for every round to meet new ones.
N_POEMS = 960
# As many as the Tang corpus has.
TANG_POEMS = 57_000
USUAL_CHARS = 64
USUAL_CHARACTERS = 7_000
USUAL_HIDDEN = 512


@dataclass(frozen=True, slots=True)
class Setting:
    """One training to measure. `times`: copies of a corpus of `n_poems` on the disk; None: a few poems of `poem_chars`."""

    axis: str
    times: int | None = None
    n_poems: int = TANG_POEMS
    n_characters: int = USUAL_CHARACTERS
    hidden_size: int = USUAL_HIDDEN
    poem_chars: int = USUAL_CHARS

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements of one child process. Times are processor times of its one thread, except `data_ms`.

    start_s: from the files to the first epoch's batches · data_ms: of waiting for a batch · disk_bytes: read from the disk ·
    private_bytes: of the memory at the end, what is no mapped file; None where the system does not tell
    """

    setting: Setting
    x: float
    chars_per_s: float
    step_ms: float
    data_ms: float
    gflops: float
    peak_bytes: int
    private_bytes: int | None
    start_s: float
    disk_bytes: int | None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        values = json.loads(text)
        return cls(**{**values, "setting": Setting(**values["setting"])})

    @property
    def char_us(self) -> float:
        return 1e6 / self.chars_per_s

    @property
    def peak_mb(self) -> float:
        return self.peak_bytes / 1e6

    @property
    def private_mb(self) -> float:
        return (self.private_bytes or 0) / 1e6


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity to plot and fit over an axis: y = a + b · x^`power`, and y ∝ x^exponent."""

    name: str
    unit: str
    of: Callable[[Measured], float]
    power: int = 1


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis; `symbol` and `meaning` (with its unit) stand for x in the laws."""

    key: str
    title: str
    symbol: str
    meaning: str
    settings: Sequence[Setting]
    quantities: Sequence[Quantity]


TIME_A_CHAR = Quantity("time a character", "µs", lambda one: one.char_us)
MEMORY = Quantity("peak memory", "MB", lambda one: one.peak_mb)


def axes(*, quick: bool) -> tuple[Axis, ...]:
    """Every axis with its settings; `quick` has small ones, for a test."""
    repeats = (1, 2, 4) if quick else (1, 10, 100)
    characters = (500, 1_000, 2_000) if quick else (2_000, 5_000, 10_000, 20_000)
    hidden = (16, 32, 64) if quick else (128, 256, 512, 1024)
    lengths = (8, 16, 32) if quick else (16, 32, 64, 128, 256)
    usual = Setting("", n_poems=500, n_characters=500, hidden_size=16, poem_chars=16) if quick else Setting("")
    return (
        Axis(
            "corpus",
            "Corpus",
            "N",
            "million poems",
            [replace(usual, axis="corpus", times=times) for times in repeats],
            [
                TIME_A_CHAR,
                MEMORY,
                Quantity("memory that is no mapped file", "MB", lambda one: one.private_mb),
                Quantity("processor time from the files to the first epoch's batches", "s", lambda one: one.start_s),
            ],
        ),
        Axis(
            "vocabulary",
            "Vocabulary",
            "V",
            "thousand characters known",
            [replace(usual, axis="vocabulary", n_characters=count) for count in characters],
            [TIME_A_CHAR, MEMORY],
        ),
        Axis(
            "hidden",
            "Hidden size",
            "H",
            "hidden size / 128",
            [replace(usual, axis="hidden", hidden_size=size) for size in hidden],
            [replace(TIME_A_CHAR, power=2), replace(MEMORY, power=2)],
        ),
        Axis(
            "length",
            "Length of the poems",
            "T",
            "characters in a poem",
            [replace(usual, axis="length", poem_chars=length) for length in lengths],
            [Quantity("time a step", "ms", lambda one: one.step_ms), replace(TIME_A_CHAR, power=-1), MEMORY],
        ),
    )


def x_of(setting: Setting, n_poems: int) -> float:
    """The position of a setting on its axis, in the unit of the axis."""
    return {
        "corpus": n_poems / 1e6,
        "vocabulary": setting.n_characters / 1e3,
        "hidden": setting.hidden_size / 128,
        "length": float(setting.poem_chars),
    }[setting.axis]
