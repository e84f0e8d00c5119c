"""The mean of several models' weights."""

from pathlib import Path

import pytest
import torch

from engine.__main__ import main
from engine.config.presets import preset
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.averaging import mean_of
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.metadata import read_metadata
from engine.system.errors import ModelError
from engine.training.loop import run_training
from tests.engine.small_model import small_model
from tests.small_corpus import write_corpus

CPU = torch.device("cpu")


def begun(seed: int, beginning: str = "a", **architecture: object) -> LoadedModel:
    made = small_model(seed=seed, **architecture)  # type: ignore[arg-type]
    metadata = {"name": f"small-{seed}", "started_from": {"name": beginning}, "steps": seed, "figures": {"of": seed}}
    return LoadedModel(f"small-{seed}", made.model, made.vocabulary, metadata)


def test_every_weight_is_the_mean_of_all() -> None:
    # How much is dropped while training is no part of a network's shape.
    models = [begun(1), begun(2, dropout=0.5), begun(3, recurrent_dropout=0.2)]
    before = [{name: weight.clone() for name, weight in model.model.state_dict().items()} for model in models]
    mean = mean_of(models)
    for name, weight in mean.model.state_dict().items():
        assert torch.allclose(weight, (before[0][name] + before[1][name] + before[2][name]) / 3, atol=1e-6)
    assert mean.model.output_weight is mean.model.embedding.weight
    assert [member["steps"] for member in mean.metadata["mean_of"]] == [1, 2, 3]
    assert "figures" not in mean.metadata


def test_one_model_may_count_more_than_another() -> None:
    models = [begun(1), begun(2)]
    before = [model.model.output_bias.clone() for model in models]
    mean = mean_of(models, [3, 1])
    assert torch.allclose(mean.model.output_bias, 0.75 * before[0] + 0.25 * before[1], atol=1e-6)
    assert [member["share"] for member in mean.metadata["mean_of"]] == [0.75, 0.25]


@pytest.mark.parametrize("shares", [["1"], ["1", "0"], ["1", "-1"], ["1", "nan"], ["1e308", "1e308"]])
def test_shares_that_are_no_shares_are_refused_in_one_sentence(
    shares: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", "a", "b", str(tmp_path / "packed"), "--shares", *shares]) != 0
    assert "a number above 0 for each of the 2 models" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (begun(2, beginning="b"), "did not begin with the same model"),
        (begun(2, n_layers=1), "not networks of one kind"),
        (begun(2, vocabulary=Vocabulary("日月")), "not networks of one kind"),
    ],
)
def test_models_that_have_no_mean_are_refused_in_one_sentence(other: LoadedModel, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        mean_of([begun(1), other])


def test_trainings_from_scratch_have_no_mean() -> None:
    with pytest.raises(ModelError, match="did not begin with the same model"):
        mean_of([small_model(seed=1), small_model(seed=2)])


def test_packed_together_runs_become_one_model_that_tells_how_it_was_made(tmp_path: Path) -> None:
    settings = preset("tiny").replace(corpus=str(write_corpus(tmp_path / "poems.txt")), max_steps=2, device="cpu")
    run_training(settings, tmp_path / "a")
    for seed in (7, 8):
        run_training(settings.replace(start_from=str(tmp_path / "a"), seed=seed), tmp_path / f"b{seed}")
    packed = tmp_path / "packed"
    assert main(["pack", str(tmp_path / "b7"), str(tmp_path / "b8"), str(packed)]) == 0
    metadata = read_metadata(packed)
    trains = [command for command in metadata["made_by"].split(" && ") if command.startswith("poetry-tui train ")]
    assert [command.split()[-1] for command in trains] == ["run-1", "run-2", "run-3"]
    assert ["--start-from run-1" in command for command in trains] == [False, True, True]
    assert ["--seed 7" in command for command in trains] == [False, True, False]
    assert metadata["made_by"].endswith(" && poetry-tui pack run-2 run-3 FOLDER")
    assert [member["training"]["start_from"] for member in [metadata, *metadata["mean_of"]]] == ["a", "a", "a"]
    assert metadata["figures"]["val_nats_per_han"] > 0
    assert (
        main(["pack", str(tmp_path / "b7"), str(tmp_path / "b8"), str(tmp_path / "uneven"), "--shares", "3", "1"]) == 0
    )
    assert read_metadata(tmp_path / "uneven")["made_by"].endswith(
        " && poetry-tui pack run-2 run-3 FOLDER --shares 0.75 0.25"
    )
    weights = [load_model(tmp_path / f"b{seed}" / "checkpoints" / "step-00000002", CPU).model for seed in (7, 8)]
    mean = load_model(packed, CPU).model
    expected = (weights[0].output_bias + weights[1].output_bias) / 2
    assert torch.allclose(mean.output_bias, expected, atol=1e-3)


def test_what_began_with_a_mean_needs_all_of_its_members(tmp_path: Path) -> None:
    settings = preset("tiny").replace(corpus=str(write_corpus(tmp_path / "poems.txt")), max_steps=2, device="cpu")
    run_training(settings, tmp_path / "a")
    for seed in (7, 8):
        run_training(settings.replace(start_from=str(tmp_path / "a"), seed=seed), tmp_path / f"b{seed}")
    mean, packed = tmp_path / "mean", tmp_path / "packed"
    assert main(["pack", str(tmp_path / "b7"), str(tmp_path / "b8"), str(mean), "--shares", "3", "1"]) == 0
    run_training(settings.replace(start_from=str(mean), seed=9), tmp_path / "c")
    assert main(["pack", str(tmp_path / "c"), str(packed)]) == 0
    *_, first, second, pack, last = read_metadata(packed)["made_by"].split(" && ")
    assert first.endswith(" --run run-2")
    assert second.endswith(" --run run-3")
    assert pack == "poetry-tui pack run-2 run-3 run-4 --shares 0.75 0.25"
    assert " --start-from run-4" in last
    assert str(tmp_path) not in str(read_metadata(packed)["started_from"]["mean_of"][0]["training"]["start_from"])
