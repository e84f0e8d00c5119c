"""Settings under the names that they had before: in files of then and on command lines of then."""

import json
from pathlib import Path

import pytest

from engine.__main__ import make_parser
from engine.commands.flags import flag_of, given
from engine.commands.train import new_config
from engine.config.options import OLD_NAMES, DeclaredSettings
from engine.config.presets import preset
from engine.config.schema import ComposeConfig, TrainConfig
from engine.runs.folder import CONFIG, read_config
from engine.system.errors import RunError, UsageError

VALUES = {
    "batch_poems": 128,
    "header_share": 0.75,
    "late_longest_poem": 80,
    "late_share": 0.25,
    "longest_poem": 64,
    "min_count": 5,
    "tone_order": "aBbA",
}


def kind_of(name: str) -> type[DeclaredSettings]:
    return ComposeConfig if OLD_NAMES[name] in ComposeConfig.__struct_fields__ else TrainConfig


def of_then(config: TrainConfig) -> dict[str, object]:
    """The settings as a file of then has them."""
    old = {current: name for name, current in OLD_NAMES.items()}
    return {old.get(name, name): value for name, value in config.to_dict().items()}


@pytest.mark.parametrize("name", OLD_NAMES)
def test_a_setting_is_read_under_its_old_name(name: str) -> None:
    read = kind_of(name).from_dict({name: VALUES[name]})
    assert getattr(read, OLD_NAMES[name]) == VALUES[name]
    assert name not in read.to_dict()


def test_every_preset_is_read_from_a_file_of_then(tmp_path: Path) -> None:
    for name in ("studio", "gpu"):
        (tmp_path / CONFIG).write_text(json.dumps(of_then(preset(name))), encoding="utf-8")
        assert read_config(tmp_path) == preset(name)


def test_of_an_old_and_a_current_name_the_current_one_holds() -> None:
    for values in ({"min_count": 9, "min_freq": 3}, {"min_freq": 3, "min_count": 9}):
        assert TrainConfig.from_dict(values).min_freq == 3


def test_a_wrong_value_under_an_old_name_is_refused() -> None:
    with pytest.raises(UsageError, match="min_freq is 0"):
        TrainConfig.from_dict({"min_count": 0})


def test_a_run_with_the_removed_optimiser_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(json.dumps({**preset("tiny").to_dict(), "optimizer": "muon"}), encoding="utf-8")
    with pytest.raises(RunError, match="no longer has the optimiser muon"):
        read_config(tmp_path)


def test_the_removed_optimiser_is_no_choice_on_the_command_line() -> None:
    with pytest.raises(UsageError, match="Choose one of: adamw, rmsprop"):
        new_config(make_parser().parse_args(["train", "--optimizer", "muon"]))


@pytest.mark.parametrize("name", OLD_NAMES)
def test_a_flag_is_understood_under_its_old_name(name: str) -> None:
    command = "compose" if kind_of(name) is ComposeConfig else "train"
    arguments = make_parser().parse_args([command, flag_of(name), str(VALUES[name])])
    assert given(arguments, kind_of(name))[OLD_NAMES[name]] == VALUES[name]


def test_the_help_shows_the_current_names_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "compose"):
        with pytest.raises(SystemExit):
            make_parser().parse_args([command, "-h"])
    shown = capsys.readouterr().out
    for old, current in OLD_NAMES.items():
        assert flag_of(current) in shown
        assert flag_of(old) not in shown.split()
