"""The step of the optimisers: PyTorch's own result, without its compiler."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.config.schema import OPTIMIZERS, Optimizer, TrainConfig
from engine.training.trainer import make_optimizer, update_parameters
from tests.engine.small_model import small_model
from tests.small_corpus import write_corpus

# Trains for two steps, stops, and resumes for a third.
TRAINING = """
import sys
from engine.__main__ import main
first = ["train", "--preset", "tiny", "--optimizer", sys.argv[1], "--corpus", sys.argv[2], "--run", sys.argv[3]]
assert main([*first, "--max-steps", "2", "--device", "cpu"]) == main(["train", "--resume", sys.argv[3], "--max-steps", "3"]) == 0
print("torch.optim" in sys.modules, "torch._dynamo" in sys.modules)
"""


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_and_its_resumption_load_no_compiler(optimizer: Optimizer, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "poems.txt", n_poems=60)
    line = [sys.executable, "-c", TRAINING, optimizer, str(corpus), str(tmp_path / "run")]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True False"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parameters_are_updated_as_pytorchs_own_step_does(optimizer: Optimizer) -> None:
    model = small_model().model
    ours, theirs = copy.deepcopy(model), copy.deepcopy(model)
    config = TrainConfig(optimizer=optimizer, learning_rate=0.1)
    our_optimizer, their_optimizer = make_optimizer(ours, config), make_optimizer(theirs, config)
    for seed in range(3):
        for one in (ours, theirs):
            torch.manual_seed(seed)
            for parameter in one.parameters():
                parameter.grad = torch.randn_like(parameter)
        update_parameters(our_optimizer)
        their_optimizer.step()
    assert all(parameter.grad is None for parameter in ours.parameters())
    for mine, other, before in zip(ours.parameters(), theirs.parameters(), model.parameters(), strict=True):
        assert torch.equal(mine, other)
        assert not torch.equal(mine, before)
