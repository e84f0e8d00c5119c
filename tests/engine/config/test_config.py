"""Settings: validated when made, the same after a round trip, and never half understood."""

import json
import math
from typing import Any

import pytest

from engine.config.presets import PRESETS, preset
from engine.config.schema import ComposeConfig, ModelConfig, TrainConfig
from engine.system.errors import UsageError


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_json(name: str) -> None:
    config = preset(name)
    assert config.preset == name
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="nndl, studio, gpu, tiny"):
        preset("huge")


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"cell": "transformer"}, "rnn, lstm, gru"),
        ({"n_layers": 0}, "outside 1 to 16"),
        ({"hidden_size": 2.5}, "must be of type int"),
        ({"hidden_size": True}, "must be of type int"),
        ({"dropout": math.nan}, "dropout"),
        ({"tied": 1}, "must be of type bool"),
        ({"colour": "red"}, "no setting called 'colour'"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_sentence(values: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        ModelConfig.from_dict(values)


def test_the_model_of_a_training_is_checked_too() -> None:
    with pytest.raises(UsageError, match="n_layers"):
        TrainConfig.from_dict({"model": {"n_layers": 99}})


def test_whole_numbers_serve_as_numbers_and_nothing_serves_where_it_may() -> None:
    assert TrainConfig(learning_rate=1, max_steps=None).learning_rate == 1
    assert ComposeConfig(temperature=0).temperature == 0


def test_replacing_a_setting_checks_it() -> None:
    with pytest.raises(UsageError, match="top_p"):
        ComposeConfig().replace(top_p=0.0)
