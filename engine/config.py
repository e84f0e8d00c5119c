"""Settings of a model, a training and a composition: frozen, validated, and the single source of flags and forms.

Every field carries its help text and its range in `metadata`, so that the command line and the Train screen are
made from the same words, and a new setting appears in both.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args

from engine.errors import UsageError
from engine.prosody import RHYME_BOOKS, RhymeBook
from engine.system.names import MAX_TEXT_CHARS
from engine.system.safe_text import shown

Cell = Literal["rnn", "lstm", "gru"]
Initialisation = Literal["xavier", "plain", "default"]
Optimizer = Literal["adamw", "rmsprop", "muon"]
Schedule = Literal["cosine", "constant"]
DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16"]

CELLS: tuple[Cell, ...] = get_args(Cell)
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)
DEVICES: tuple[DeviceChoice, ...] = get_args(DeviceChoice)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

BEGIN_CHARACTERS = "日红山夜湖海月君"

# Earlier names of settings, as files (config.json, model.json, events.jsonl) and command lines of then have them.
OLD_NAMES: Mapping[str, str] = {
    "batch_poems": "batch_size",
    "header_share": "conditioning_prob",
    "late_longest_poem": "anneal_max_chars",
    "late_share": "anneal_fraction",
    "longest_poem": "max_poem_chars",
    "min_count": "min_freq",
}


def setting(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] = (),
    low: float = -math.inf,
    high: float = math.inf,
) -> Any:
    """A dataclass field with its help text and the values it takes (`low` and `high` inclusive)."""
    return field(default=default, metadata={"help": help, "choices": choices, "low": low, "high": high})


class _Settings:
    """Validation and plain-dict conversion shared by the settings classes."""

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]
            if item.metadata:
                _check(item, getattr(self, item.name))

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values.

        Raises:
            UsageError: for what is no mapping, an unknown name, a wrong type or a value out of range.
        """
        if not isinstance(values, Mapping):
            raise UsageError(f"{shown(values)} holds no settings.", "Settings are names with their values.")
        values = with_current_names(values)
        known = {item.name for item in fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - known, key=str)
        if unknown:
            raise UsageError(
                f"There is no setting called {shown(unknown[0])}.", f"Known settings: {', '.join(sorted(known))}."
            )
        return cls(**values)

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def with_current_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with their earlier names replaced by the current ones; a current name that is there too wins."""
    current = {OLD_NAMES.get(name, name): value for name, value in values.items()}
    return {**current, **{name: value for name, value in values.items() if name in current}}


def check_setting(kind: type, name: str, value: Any) -> None:
    """Raise a UsageError when a settings class has a setting of that name, and the value does not suit it."""
    for item in fields(kind):
        if item.name == name and item.metadata:
            _check(item, value)


def _check(item: "dataclasses.Field[Any]", value: Any) -> None:
    """Raise a UsageError when a value does not suit its field."""
    choices, low, high = (item.metadata[key] for key in ("choices", "low", "high"))
    if value is None and item.default is None:
        return
    if choices:
        if value not in choices:
            raise UsageError(f"{item.name} cannot be {shown(value)}.", f"Choose one of: {', '.join(choices)}.")
        return
    expected: Any = {"int": int, "float": (int, float), "bool": bool, "str": str}[_plain_type(item)]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        raise UsageError(
            f"{item.name} must be of type {_plain_type(item)}, not {shown(value)}.",
            f"It means: {item.metadata['help']}.",
        )
    # NaN is in no range.
    if isinstance(value, int | float) and not low <= value <= high:
        raise UsageError(
            f"{item.name} is {shown(value)}, outside {low:g} to {high:g}.", f"It means: {item.metadata['help']}."
        )
    if isinstance(value, str):
        _check_text(item, value)


def _check_text(item: "dataclasses.Field[Any]", value: str) -> None:
    if len(value) > MAX_TEXT_CHARS:
        raise UsageError(
            f"{item.name} has {len(value):,} characters, and may have {MAX_TEXT_CHARS:,}.",
            f"It means: {item.metadata['help']}.",
        )
    # A lone surrogate is half of a character, or a byte of a command line that is no UTF-8: no file can hold it.
    if any("\ud800" <= one <= "\udfff" or one == "\0" for one in value):
        raise UsageError(f"{item.name} holds what is no text: {shown(value)}.", "Write it in UTF-8.")


def _plain_type(item: "dataclasses.Field[Any]") -> str:
    """`int`, `float`, `bool` or `str`, without the `| None`."""
    annotation = item.type if isinstance(item.type, str) else getattr(item.type, "__name__", str(item.type))
    return annotation.replace(" | None", "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig(_Settings):
    """The network: embedding → recurrent layers → projection → output layer over the vocabulary."""

    cell: Cell = setting("lstm", "the recurrent cell", choices=CELLS)
    n_layers: int = setting(2, "recurrent layers", low=1, high=16)
    embedding_size: int = setting(256, "numbers that stand for one character", low=1, high=8192)
    hidden_size: int = setting(512, "numbers in a layer's hidden state", low=1, high=16384)
    tied: bool = setting(True, "let the output layer share the embedding's weights")
    residual: bool = setting(False, "add the outputs of the layers below to each layer's own")
    layer_norm: bool = setting(False, "normalise what layers above the first, and the output layer, read")
    dropout: float = setting(0.0, "share of activations dropped while training", low=0.0, high=0.95)
    recurrent_dropout: float = setting(0.0, "share of recurrent weights dropped while training", low=0.0, high=0.95)
    init: Initialisation = setting("default", "how weights begin", choices=INITIALISATIONS)


# What two networks must have in common for one to begin with the other's weights.
ARCHITECTURE_FIELDS = ("cell", "n_layers", "embedding_size", "hidden_size", "tied", "residual", "layer_norm")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig(_Settings):
    """One training: the data, the model, the optimiser and how often to look."""

    preset: str = setting("studio", "the preset that these settings started from")
    corpus: str = setting("tang", "a corpus by name, or a file of poems")
    model: ModelConfig = field(default_factory=ModelConfig)

    min_freq: int = setting(2, "characters seen less often than this become 'unknown'", low=1, high=1_000_000)
    batch_size: int = setting(24, "poems in a batch", low=1, high=65_536)
    max_chars: int = setting(
        128, "longer poems are cut at a sentence end into segments of at most this", low=8, high=65_536
    )
    max_poem_chars: int | None = setting(None, "leave out poems of more characters than this", low=8, high=10**9)
    n_epochs: int = setting(30, "times through the corpus", low=1, high=1_000_000)
    max_steps: int | None = setting(None, "stop after this many steps, whatever n_epochs says", low=1, high=10**9)

    conditioning_prob: float = setting(
        0.0,
        "share of poems that are introduced by what is known of them: form, rhyme, title, keywords, dynasty and poet",
        low=0.0,
        high=1.0,
    )
    anneal_fraction: float = setting(
        0.0, "share of the steps, the last ones, that read only poems of anneal_max_chars", low=0.0, high=1.0
    )
    anneal_max_chars: int | None = setting(
        None, "the last steps leave out poems of more characters than this", low=8, high=10**9
    )
    start_from: str | None = setting(
        None, "a model, by name or folder, whose shape and weights the training begins with"
    )

    optimizer: Optimizer = setting(
        "adamw",
        "how gradients become steps; muon: the recurrent matrices' by Muon, all others' by AdamW (for an lstm; a gru diverged)",
        choices=OPTIMIZERS,
    )
    learning_rate: float = setting(3e-3, "peak learning rate", low=0.0, high=10.0)
    schedule: Schedule = setting("cosine", "how the learning rate moves after the warm-up", choices=SCHEDULES)
    warmup_steps: int = setting(200, "steps until the learning rate reaches its peak", low=0, high=10**9)
    final_lr_fraction: float = setting(0.02, "learning rate at the end, as a share of the peak", low=0.0, high=1.0)
    weight_decay: float = setting(0.0, "AdamW's and Muon's pull towards zero", low=0.0, high=10.0)
    clip_norm: float = setting(1.0, "largest gradient norm; longer gradients are shortened to it", low=0.0, high=1e6)

    early_stop: int | None = setting(
        None, "stop after this many validations in a row without a better one", low=1, high=1_000_000
    )
    validate_every: int = setting(500, "steps between validations", low=1, high=10**9)
    n_val_poems: int = setting(1000, "held-out poems in a validation", low=1, high=10**9)
    checkpoint_every: int = setting(500, "steps between checkpoints", low=1, high=10**9)
    compare_every: int = setting(50, "steps between two looks at prediction beside target", low=1, high=10**9)
    begin_characters: str = setting(BEGIN_CHARACTERS, "characters that the samples begin with")
    sample_temperature: float = setting(0.8, "temperature of the samples", low=0.0, high=10.0)

    seed: int = setting(1, "seed of everything random", low=0, high=2**31 - 1)
    device: DeviceChoice = setting("auto", "where to compute", choices=DEVICES)
    precision: Precision = setting(
        "auto",
        "what products are made in; auto: bfloat16 where the device is many times faster at it; weights and sums keep float32",
        choices=PRECISIONS,
    )
    n_threads: int = setting(0, "processor threads; 0 means one for each core", low=0, high=1024)
    chunk_rows: int = setting(512, "characters whose logits exist at one time", low=1, high=1_048_576)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        if isinstance(values, Mapping):
            model = values.get("model", {})
            values = {**values, "model": model if isinstance(model, ModelConfig) else ModelConfig.from_dict(model)}
        # Not `super()`: slots=True makes a second class, which the zero-argument form does not know.
        return _Settings.from_dict.__func__(cls, values)  # type: ignore[attr-defined, no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeConfig(_Settings):
    """How one poem is drawn from a model."""

    begin: str = setting("", "the characters that the poem begins with, or its whole first line")
    temperature: float = setting(0.8, "0 takes the likeliest character; higher dares more", low=0.0, high=10.0)
    top_p: float = setting(
        0.9, "draw among the likeliest characters that hold this much probability", low=0.01, high=1.0
    )
    seed: int = setting(0, "the same seed, model and settings give the same poem", low=0, high=2**31 - 1)
    max_chars: int = setting(128, "stop free verse after this many characters, punctuation counted", low=1, high=65_536)
    form: str = setting(
        "free",
        "a form or tune, such as wujue, 七绝, 仄韵五绝, 五排20 (排律 of 20 lines) or 浣溪沙; free knows no rules",
    )
    tone_order: str | None = setting(None, "the order of the lines' tones, such as aBbA; usually whichever comes")
    rhyme: str | None = setting(None, "the rhyme group, such as 东 or 一东; of a tune the part, such as 第七部")
    rhyme_book: RhymeBook | None = setting(
        None,
        "平水韵, 词林正韵 or 中华新韵 (modern tones); usually 平水韵 for 诗 and 词林正韵 for 词",
        choices=tuple(RHYME_BOOKS),
    )
    title: str = setting("", "a title, or words on what the poem shall be about")
    keywords: str = setting(
        "", "one to four words that the poem shall take up, such as 琵琶 秋 醉; for models trained with keywords"
    )
    style: str = setting(
        "", "a dynasty (唐, 宋), a period (盛唐, 晚唐, 北宋) or a poet (李白) to follow; for models trained with styles"
    )
    acrostic: str = setting("", "藏头: the first characters of the lines; □ leaves one open")
    acrostic_tail: str = setting("", "藏尾: the last characters of the lines; □ leaves one open")
    keep: str = setting("", "a text of the form's length with □ wherever a character shall be composed")
    n_particles: int = setting(
        0, "continuations of a line that are tried side by side; 0: as many as it needs", low=0, high=1024
    )
