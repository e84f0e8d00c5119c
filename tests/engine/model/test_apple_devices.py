"""What can be said of Apple's graphics processors on a machine without one: PyTorch's answers are those of a stand-in."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.config.schema import TrainConfig
from engine.model.checkpoint import OPTIMIZER, load_progress, save_checkpoint
from engine.model.devices import choose_device, product_dtype
from engine.model.metadata import tensor_entries
from engine.system.errors import ModelError, UsageError
from engine.training.trainer import make_optimizer
from tests.engine.small_model import small_model


class StandIn:
    """A device's random numbers, as `torch.mps` has them: a state that can be taken and put back."""

    def __init__(self) -> None:
        self.state = torch.arange(44, dtype=torch.uint8)

    def get_rng_state(self) -> Tensor:
        return self.state.clone()

    def set_rng_state(self, state: Tensor) -> None:
        self.state = state.clone()


@pytest.fixture
def apple(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    monkeypatch.setattr("torch.mps.get_rng_state", stand_in.get_rng_state)
    monkeypatch.setattr("torch.mps.set_rng_state", stand_in.set_rng_state)
    return stand_in


def save(folder: Path) -> torch.optim.Optimizer:
    loaded = small_model()
    optimizer = make_optimizer(loaded.model, TrainConfig())
    save_checkpoint(folder, loaded.model, loaded.vocabulary, {}, optimizer, {"step": 7})
    return optimizer


def test_a_checkpoint_keeps_the_random_numbers_of_the_device(apple: StandIn, tmp_path: Path) -> None:
    optimizer = save(tmp_path / "c")
    before = apple.get_rng_state()
    apple.state += 1  # dropout has drawn
    assert load_progress(tmp_path / "c", optimizer) == {"step": 7}
    assert torch.equal(apple.state, before)


def test_a_checkpoint_of_such_a_device_goes_on_without_one(
    apple: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer = save(tmp_path / "c")
    assert "random.mps" in tensor_entries(tmp_path / "c" / OPTIMIZER)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert load_progress(tmp_path / "c", optimizer) == {"step": 7}


def test_a_checkpoint_from_elsewhere_goes_on_with_one(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    optimizer = save(tmp_path / "c")
    apple: StandIn = request.getfixturevalue("apple")
    before = apple.get_rng_state()
    assert load_progress(tmp_path / "c", optimizer) == {"step": 7}
    assert torch.equal(apple.state, before)


def test_random_numbers_of_another_make_are_refused(apple: StandIn, tmp_path: Path) -> None:
    optimizer = save(tmp_path / "c")
    apple.state = torch.zeros(5, dtype=torch.uint8)
    with pytest.raises(ModelError, match="random numbers"):
        load_progress(tmp_path / "c", optimizer)


def test_auto_takes_the_device_and_trains_in_32_bits_on_it(apple: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    device = choose_device("auto")
    assert device.type == "mps"
    assert product_dtype("auto", device, 512) == torch.float32
    with pytest.raises(UsageError, match="float32 alone"):
        product_dtype("bfloat16", device, 512)
