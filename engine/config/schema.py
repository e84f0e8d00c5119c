"""Settings of a model, a training and a composition: frozen, validated, and declared once (see `engine.config.options`)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

import msgspec
from msgspec import Meta

from engine.config.options import DeclaredSettings
from engine.prosody.text import FREE_VERSE, RhymeBook
from engine.system.errors import UsageError

Cell = Literal["rnn", "lstm", "gru"]
Initialisation = Literal["xavier", "plain", "default"]
Optimizer = Literal["adamw", "rmsprop"]
Schedule = Literal["cosine", "constant"]
DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "float32", "bfloat16"]

CELLS: tuple[Cell, ...] = get_args(Cell)
INITIALISATIONS: tuple[Initialisation, ...] = get_args(Initialisation)
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

BEGIN_CHARACTERS = "日红山夜湖海月君"

# Ranges shared by several settings.
Count = Annotated[int, Meta(ge=1, le=10**9)]
PoemChars = Annotated[int, Meta(ge=8, le=10**9)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
DropoutRate = Annotated[float, Meta(ge=0.0, le=0.95)]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ModelConfig(DeclaredSettings, frozen=True, kw_only=True):
    """The network: embedding → recurrent layers → projection → output layer over the vocabulary."""

    GROUPS = {"cell": "model"}

    cell: Annotated[Cell, Meta(description="recurrent cell")] = "lstm"
    n_layers: Annotated[int, Meta(ge=1, le=16, description="number of recurrent layers")] = 2
    embedding_size: Annotated[int, Meta(ge=1, le=8192, description="embedding dimension")] = 256
    hidden_size: Annotated[int, Meta(ge=1, le=16384, description="hidden dimension of each recurrent layer")] = 512
    tied: Annotated[bool, Meta(description="tie the output layer's weights to the embedding's")] = True
    residual: Annotated[bool, Meta(description="add residual connections between recurrent layers")] = False
    layer_norm: Annotated[
        bool, Meta(description="normalise the input of each layer above the first and of the output layer")
    ] = False
    dropout: Annotated[DropoutRate, Meta(description="dropout rate of activations")] = 0.0
    recurrent_dropout: Annotated[DropoutRate, Meta(description="dropout rate of recurrent weights")] = 0.0
    init: Annotated[Initialisation, Meta(description="weight initialisation scheme")] = "default"


# The fields that must be equal for a network to start from another's weights.
ARCHITECTURE_FIELDS = ("cell", "n_layers", "embedding_size", "hidden_size", "tied", "residual", "layer_norm")


class TrainConfig(DeclaredSettings, frozen=True, kw_only=True):
    """A training run: data, model, optimiser, and how often to validate, save and preview."""

    GROUPS = {
        "preset": "start",
        "corpus": "data",
        "conditioning_prob": "conditioning and annealing",
        "start_from": "start",
        "optimizer": "optimisation",
        "early_stop": "validation, checkpoints and samples",
        "seed": "computation",
    }

    preset: Annotated[str, Meta(description="preset that the settings start from")] = "studio"
    corpus: Annotated[str, Meta(description="corpus by name, or a file of poems")] = "tang"
    model: ModelConfig = msgspec.field(default_factory=ModelConfig)

    min_freq: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000_000,
            description="minimum frequency of a character in the training split; rarer ones become 'unknown'",
        ),
    ] = 2
    batch_size: Annotated[int, Meta(ge=1, le=65_536, description="poems per batch")] = 24
    max_chars: Annotated[
        int,
        Meta(
            ge=8, le=65_536, description="maximum segment length in characters; longer poems are cut at sentence ends"
        ),
    ] = 128
    max_poem_chars: Annotated[
        PoemChars | None, Meta(description="maximum poem length in characters; longer poems are excluded")
    ] = None
    n_epochs: Annotated[int, Meta(ge=1, le=1_000_000, description="passes over the corpus")] = 30
    max_steps: Annotated[Count | None, Meta(description="maximum number of steps, if n_epochs would take more")] = None

    conditioning_prob: Annotated[
        Fraction,
        Meta(description="probability that a poem is prefixed with control codes: form, rhyme, title, keywords, style"),
    ] = 0.0
    anneal_fraction: Annotated[
        Fraction,
        Meta(description="fraction of the steps, at the end, that read only poems of at most anneal_max_chars"),
    ] = 0.0
    anneal_max_chars: Annotated[
        PoemChars | None, Meta(description="maximum poem length in characters during the anneal phase")
    ] = None
    start_from: Annotated[
        str | None, Meta(description="model, by name or folder, that gives architecture and initial weights")
    ] = None

    optimizer: Annotated[Optimizer, Meta(description="optimiser")] = "adamw"
    learning_rate: Annotated[float, Meta(ge=0.0, le=10.0, description="peak learning rate")] = 3e-3
    schedule: Annotated[Schedule, Meta(description="learning-rate schedule after the warm-up")] = "cosine"
    warmup_steps: Annotated[int, Meta(ge=0, le=10**9, description="steps of linear warm-up")] = 200
    final_lr_fraction: Annotated[Fraction, Meta(description="final learning rate as a fraction of the peak")] = 0.02
    weight_decay: Annotated[float, Meta(ge=0.0, le=10.0, description="decoupled weight decay (AdamW)")] = 0.0
    clip_norm: Annotated[
        float, Meta(ge=0.0, le=1e6, description="gradient-norm clipping threshold (0 = no clipping)")
    ] = 1.0

    early_stop: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="early-stopping patience: consecutive validations without improvement"),
    ] = None
    validate_every: Annotated[Count, Meta(description="steps between validations")] = 500
    n_val_poems: Annotated[Count, Meta(description="held-out poems per validation")] = 1000
    checkpoint_every: Annotated[Count, Meta(description="steps between checkpoints")] = 500
    compare_every: Annotated[
        Count, Meta(description="steps between teacher-forced previews (prediction beside target)")
    ] = 50
    begin_characters: Annotated[str, Meta(description="begin characters of the sample poems")] = BEGIN_CHARACTERS
    sample_temperature: Annotated[
        float, Meta(ge=0.0, le=10.0, description="sampling temperature of the sample poems")
    ] = 0.8

    seed: Annotated[Seed, Meta(description="random seed")] = 1
    device: Annotated[DeviceChoice, Meta(description="compute device")] = "auto"
    precision: Annotated[
        Precision,
        Meta(
            description="precision of matrix products; auto: bfloat16 where it is many times faster; weights and sums stay float32"
        ),
    ] = "auto"
    n_threads: Annotated[int, Meta(ge=0, le=1024, description="processor threads (0 = one per core)")] = 0
    chunk_rows: Annotated[
        int, Meta(ge=1, le=1_048_576, description="rows of logits that the loss computes at a time")
    ] = 512

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        if isinstance(values, Mapping):
            if values.get("optimizer") == "muon":
                raise UsageError("The studio no longer has the optimiser muon.", "Train again with adamw or rmsprop.")
            model = values.get("model", {})
            values = {**values, "model": model if isinstance(model, ModelConfig) else ModelConfig.from_dict(model)}
        return super().from_dict(values)


class ComposeConfig(DeclaredSettings, frozen=True, kw_only=True):
    """A request for a poem: sampling settings and constraints."""

    GROUPS = {
        "begin": "sampling",
        "form": "form and rhyme",
        "title": "topic and style",
        "acrostic": "fixed text",
        "n_particles": "sampling",
    }

    begin: Annotated[str, Meta(description="begin characters, or the whole first line")] = ""
    temperature: Annotated[float, Meta(ge=0.0, le=10.0, description="sampling temperature (0 = greedy)")] = 0.8
    top_p: Annotated[
        float, Meta(ge=0.01, le=1.0, description="nucleus sampling: cumulative probability of the candidates (top-p)")
    ] = 0.9
    seed: Annotated[Seed, Meta(description="random seed; the same seed, model and settings give the same poem")] = 0
    max_chars: Annotated[
        int, Meta(ge=1, le=65_536, description="maximum length of free verse in characters, punctuation included")
    ] = 128
    form: Annotated[
        str,
        Meta(
            description="form or tune, such as wujue, 七绝, 仄韵五绝, 五排20 (20 lines) or 浣溪沙; free = unconstrained"
        ),
    ] = FREE_VERSE
    tone_pattern: Annotated[str | None, Meta(description="tone pattern of the lines, such as aBbA (default: any)")] = (
        None
    )
    rhyme: Annotated[
        str | None, Meta(description="rhyme group, such as 东 or 一东; for a tune the part, such as 第七部")
    ] = None
    rhyme_book: Annotated[
        RhymeBook | None,
        Meta(
            description="rhyme book: 平水韵, 词林正韵 or 中华新韵 (modern tones); default: 平水韵 for 诗, 词林正韵 for 词"
        ),
    ] = None
    title: Annotated[str, Meta(description="title, or words for the topic")] = ""
    keywords: Annotated[
        str,
        Meta(
            description="one to four keywords that the poem takes up, such as 琵琶 秋 醉; one with a mark (琵琶!) stands as it is"
        ),
    ] = ""
    style: Annotated[
        str,
        Meta(
            description="style of a dynasty (唐, 宋), a period (盛唐, 晚唐, 北宋) or a poet (李白), whose characters become likelier"
        ),
    ] = ""
    acrostic: Annotated[str, Meta(description="藏头: first characters of the lines; □ leaves one open")] = ""
    acrostic_tail: Annotated[str, Meta(description="藏尾: last characters of the lines; □ leaves one open")] = ""
    keep: Annotated[str, Meta(description="text of the form's length with □ for each character to compose")] = ""
    use: Annotated[
        str, Meta(description="one to four words that stand in the poem as they are, such as 琵琶 秋; needs a form")
    ] = ""
    couplet: Annotated[
        str, Meta(description="对联: an upper line of 4 to 11 characters, to which lower lines are composed")
    ] = ""
    n_particles: Annotated[
        int, Meta(ge=0, le=1024, description="particles: continuations of a line sampled in parallel (0 = automatic)")
    ] = 0
