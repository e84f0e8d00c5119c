"""Presets: named settings that a training starts from, and those that the user configured."""

from collections.abc import Mapping

from engine.config.schema import ModelConfig, TrainConfig
from engine.config.user_file import config_section
from engine.system.errors import UsageError, did_you_mean
from engine.system.names import shown

PRESETS: Mapping[str, TrainConfig] = {
    # The sizes, optimiser and initialisation of the course experiment. Its faults are corrected: no ReLU on the logits,
    # a usable learning rate, batches of whole poems, and a validation split.
    "nndl": TrainConfig(
        preset="nndl",
        corpus="tang",
        model=ModelConfig(embedding_size=100, hidden_size=128, tied=False, init="xavier"),
        batch_size=100,
        optimizer="rmsprop",
        learning_rate=2e-3,
        schedule="constant",
        warmup_steps=0,
        n_epochs=30,
        validate_every=250,
        checkpoint_every=100,
    ),
    # The best model that two cores train in a few hours (docs/experiments.md): residual connections and small batches; no dropout,
    # because every poem is seen once or twice; poems of at most 80 characters, most lengths that the studio composes (a 七律 has 64).
    "studio": TrainConfig(
        preset="studio",
        corpus="tang-song-ci",
        conditioning_prob=0.6,
        model=ModelConfig(residual=True),
        min_freq=5,
        max_poem_chars=80,
        max_steps=12_000,
        validate_every=500,
        n_val_poems=600,
        checkpoint_every=500,
    ),
    # For one recent GPU: a model of 40 MB in float16. It sees every poem about 40 times in a few minutes, hence the high dropout;
    # long poems are excluded only in the anneal phase.
    "gpu": TrainConfig(
        preset="gpu",
        corpus="tang-song-ci",
        conditioning_prob=0.6,
        model=ModelConfig(embedding_size=512, hidden_size=1024, residual=True, dropout=0.3, recurrent_dropout=0.2),
        min_freq=5,
        batch_size=512,
        learning_rate=3e-3,
        warmup_steps=600,
        weight_decay=0.02,
        anneal_fraction=0.3,
        anneal_max_chars=80,
        n_epochs=40,
        validate_every=1000,
        n_val_poems=600,
        checkpoint_every=2000,
        chunk_rows=8192,
    ),
    # Trains in seconds on one core: for tests, and for trying the Train screen.
    "tiny": TrainConfig(
        preset="tiny",
        model=ModelConfig(embedding_size=16, hidden_size=24),
        min_freq=1,
        batch_size=8,
        max_chars=64,
        warmup_steps=5,
        learning_rate=1e-2,
        n_epochs=2,
        validate_every=20,
        n_val_poems=20,
        checkpoint_every=20,
        compare_every=5,
        n_threads=1,
    ),
}


def preset(name: str) -> TrainConfig:
    """The settings of a preset.

    Raises:
        UsageError: for a name that is not in `PRESETS`.
    """
    if name not in PRESETS:
        hint = did_you_mean(name, PRESETS, "Choose one of: {names}.", names=tuple(PRESETS))
        raise UsageError("There is no preset called {name}.", hint, name=shown(name))
    return PRESETS[name]


def configured_training(name: str | None = None, default: str = "studio") -> TrainConfig:
    """The preset of this name, else that of config.toml, else `default`; with the settings of config.toml.

    Raises:
        UsageError: as `config_section` and `preset`, and for a setting out of range.
    """
    known = {
        "preset": TrainConfig,
        **{one: kind for kind in (TrainConfig, ModelConfig) for one in kind.__struct_fields__},
    }
    changes = config_section("train", [one for one in known if one != "model"])
    base = preset(name or changes.pop("preset", default))
    changes.pop("preset", None)
    of_model = {one: value for one, value in changes.items() if known[one] is ModelConfig}
    own = {one: value for one, value in changes.items() if one not in of_model}
    return base.replace(**own, model=base.model.replace(**of_model))
