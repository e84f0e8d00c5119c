"""16-bit products: where they are chosen, and that a training with them learns what one without learns."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from engine.config.presets import preset
from engine.config.schema import CELLS, Cell, Precision
from engine.model.checkpoint import CheckpointFolder
from engine.model.devices import device_name, mixed_precision, product_dtype
from engine.model.fused_loss import linear_cross_entropy
from engine.runs.event_log import from_line
from engine.runs.events import RunStarted, Validated
from engine.runs.folder import CHECKPOINTS, EVENTS
from engine.system.errors import UsageError
from engine.training.loop import run_training
from tests.engine.small_model import VOCABULARY, small_model
from tests.small_corpus import write_corpus

CPU = torch.device("cpu")
LARGE = 512


@pytest.mark.parametrize(
    ("abilities", "dtype"),
    [({"amx_bf16": True}, torch.bfloat16), ({"amx_bf16": False, "avx512_bf16": True}, torch.float32), ({}, torch.float32)],
    ids=str,
)  # fmt: skip
def test_auto_takes_16_bits_only_where_the_processor_has_tiles_for_them(
    monkeypatch: pytest.MonkeyPatch, abilities: dict[str, bool], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities, raising=False)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert product_dtype("auto", CPU, LARGE) == dtype
    assert product_dtype("auto", CPU, hidden_size=24) == torch.float32  # the tiles gain less than it costs to fill them
    assert product_dtype("float32", CPU, LARGE) == torch.float32
    assert product_dtype("bfloat16", CPU, LARGE) == torch.bfloat16


def test_an_older_pytorch_that_cannot_tell_what_the_processor_does_means_32_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert product_dtype("auto", CPU, LARGE) == torch.float32


def test_a_device_that_trains_in_32_bits_alone_says_so() -> None:
    assert product_dtype("auto", torch.device("mps"), LARGE) == torch.float32
    with pytest.raises(UsageError, match="mps"):
        product_dtype("bfloat16", torch.device("mps"), LARGE)


def test_a_device_is_told_with_its_precision() -> None:
    assert device_name(CPU, torch.float32) == "cpu"
    assert device_name(CPU, torch.bfloat16) == "cpu, bfloat16"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("residual", [False, True])
def test_the_gradients_of_every_layer_lie_near_those_of_32_bits(cell: Cell, residual: bool) -> None:
    model = small_model(cell, residual=residual).model.train()
    x = torch.randint(0, len(VOCABULARY), (5, 11))
    gradients = []
    for dtype in (torch.float32, torch.bfloat16):
        model.zero_grad()
        with mixed_precision(CPU, dtype):
            features, _ = model.features(x)
        features.float().square().mean().backward()  # type: ignore[no-untyped-call]
        gradients.append(
            {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
        )
    assert gradients[0].keys() == gradients[1].keys()
    for name, exact in gradients[0].items():
        assert (gradients[1][name] - exact).norm() <= 0.05 * exact.norm(), name


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_the_output_layer_of_every_network_reads_16_bits(
    cell: Cell, tied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[torch.dtype] = []

    def noted(features: Tensor, *others: Any) -> Tensor:
        read.append(features.dtype)
        return linear_cross_entropy(features, *others)

    monkeypatch.setattr("engine.training.trainer.linear_cross_entropy", noted)
    config = preset("tiny").replace(corpus=str(write_corpus(tmp_path / "poems.txt")), max_steps=2, precision="bfloat16")
    run_training(config.replace(device="cpu", model=config.model.replace(cell=cell, tied=tied)), tmp_path / "run")
    assert read == [torch.bfloat16] * 2


def test_a_run_of_16_bits_learns_what_one_of_32_learns_and_keeps_its_weights_in_32(tmp_path: Path) -> None:
    corpus = str(write_corpus(tmp_path / "poems.txt"))
    nats = {}
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    for precision in precisions:
        folder = tmp_path / precision
        run_training(preset("tiny").replace(corpus=corpus, max_steps=60, device="cpu", precision=precision), folder)
        told = [from_line(line).event for line in (folder / EVENTS).read_text(encoding="utf-8").splitlines()]
        nats[precision] = [event.val_nats_per_han for event in told if isinstance(event, Validated)]
        (started,) = [event for event in told if isinstance(event, RunStarted)]
        assert ("bfloat16" in started.device) == (precision == "bfloat16")
    assert nats["float32"][-1] < nats["float32"][0] - 0.05
    assert nats["bfloat16"] == pytest.approx(nats["float32"], abs=0.05)
    assert nats["bfloat16"] != nats["float32"]
    last = CheckpointFolder(tmp_path / "bfloat16" / CHECKPOINTS).find("last")
    assert last is not None
    assert {weight.dtype for weight in load_file(last / "model.safetensors").values()} == {torch.float32}
