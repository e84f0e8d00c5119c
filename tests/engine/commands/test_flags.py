"""A flag for every setting, and one sentence for every misuse."""

from pathlib import Path

import pytest

from engine.__main__ import main, make_parser
from engine.commands.flags import add_setting_flags, flag_of, given
from engine.commands.parser import Parser
from engine.commands.train import CHANGED_BY_RESUME, new_config
from engine.config.options import DeclaredSettings, settings_of
from engine.config.presets import preset
from engine.config.schema import ModelConfig, TrainConfig
from engine.model.metadata import read_metadata
from engine.model.registry import find_model
from engine.system.errors import ModelError, UsageError
from tests.engine.small_model import save_small_model, small_config


def config_of(*words: str) -> TrainConfig:
    return new_config(make_parser().parse_args(["train", *words]))


@pytest.mark.parametrize("settings", [TrainConfig, ModelConfig])
def test_every_setting_has_a_flag(settings: type[DeclaredSettings], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "-h"])
    assert caught.value.code == 0
    help_text = capsys.readouterr().out
    for setting in settings_of(settings):
        assert flag_of(setting.name) in help_text


def test_without_flags_it_is_the_studio_preset() -> None:
    assert config_of() == preset("studio")


def test_flags_come_on_top_of_the_preset() -> None:
    config = config_of("--preset", "nndl", "--cell", "gru", "--learning-rate", "0.5", "--max-steps", "7", "--tied")
    base = preset("nndl")
    model = base.model.replace(cell="gru", tied=True)
    assert config == base.replace(learning_rate=0.5, max_steps=7, model=model)


def test_a_network_that_begins_with_another_has_its_shape_unless_a_flag_says_otherwise(tmp_path: Path) -> None:
    save_small_model(tmp_path, "gru", n_layers=3, residual=True)
    begun = ("--start-from", str(tmp_path), "--dropout", "0.2", "--init", "xavier")
    model = config_of(*begun).model
    expected = small_config("gru", n_layers=3, residual=True)
    assert model == expected.replace(dropout=0.2, init="xavier")
    assert config_of(*begun, "--n-layers", "1").model == model.replace(n_layers=1)
    with pytest.raises(ModelError, match="no model called"):
        config_of("--start-from", "nobody")


def test_a_switch_can_be_turned_off() -> None:
    assert config_of("--preset", "studio").model.tied
    assert not config_of("--preset", "studio", "--no-tied").model.tied


def test_a_flag_that_was_not_given_leaves_no_trace() -> None:
    parser = Parser()
    add_setting_flags(parser, TrainConfig)
    assert given(parser.parse_args([]), TrainConfig) == {}
    assert given(parser.parse_args(["--seed", "3"]), TrainConfig) == {"seed": 3}


@pytest.mark.parametrize("name", ["studio-lstm", "studio-small"])
def test_the_commands_that_made_a_bundled_model_can_be_given_again(name: str) -> None:
    """They have the flags of then, some of which have other names today."""
    commands = read_metadata(find_model(name))["made_by"].split(" && ")
    for words in (command.split()[1:] for command in commands):
        assert make_parser().parse_args(words).carry_out
    # Under the names of today; whole, where it begins with no other run.
    assert (config_of(*commands[0].split()[2:]).max_steps or 0) > 10_000


def test_flags_can_be_chosen() -> None:
    parser = Parser()
    add_setting_flags(parser, TrainConfig, only=("device",))
    with pytest.raises(UsageError, match="--seed"):
        parser.parse_args(["--seed", "3"])


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["train", "--hidden"],
        ["train", "--seed", "x"],
        ["train", "--seed", "-1"],
        ["train", "--cell", "transformer"],
        ["train", "--preset", "huge"],
        ["train", "--preset", "tiny", "--resume", "x"],
        ["train", "--config", "no-such-file.json"],
        ["compose"],
        ["compose", "日", ""],
        ["compose", "日", "-n", "0"],
        ["compose", "日", "--temperature", "-1"],
        ["compose", "日", "--top-p", "0"],
        ["compose", "日", "--seed", "2147483648"],
        ["evaluate"],
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert captured.err.count(".") >= 1


def test_what_a_resume_may_change_are_settings() -> None:
    assert set(CHANGED_BY_RESUME) <= {setting.name for setting in settings_of(TrainConfig)}
