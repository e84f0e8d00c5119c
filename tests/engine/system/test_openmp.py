"""Threads that wait leave their core to others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.system.processes import SPIN_COUNT, WAIT_POLICY, wait_passively
from tests.engine.small_model import save_small_model

CONTROLLED = (WAIT_POLICY, SPIN_COUNT)


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(save_small_model(tmp_path / "small"))


def _reported_by_openmp(model: str, **environment: str) -> str:
    """What GNU's libgomp says of its settings when a command that computes loads it."""
    kept = {name: value for name, value in os.environ.items() if name not in CONTROLLED}
    done = subprocess.run(
        [sys.executable, "-m", "engine", "compose", "日", "--form", "free", "--seed", "1", "--model", model],
        env={**kept, "OMP_DISPLAY_ENV": "VERBOSE", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    if SPIN_COUNT not in done.stderr:
        pytest.skip("PyTorch computes with another OpenMP than GNU's here")
    return done.stderr


def test_a_command_that_computes_waits_passively(model: str) -> None:
    report = _reported_by_openmp(model)
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in report
    assert "GOMP_SPINCOUNT = '0'" in report


def test_whoever_sets_the_policy_keeps_it(model: str) -> None:
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in _reported_by_openmp(model, OMP_WAIT_POLICY="ACTIVE")


def test_one_variable_that_is_set_leaves_the_other_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WAIT_POLICY, raising=False)
    monkeypatch.setenv(SPIN_COUNT, "1000")
    wait_passively()
    assert WAIT_POLICY not in os.environ
    assert os.environ[SPIN_COUNT] == "1000"


def test_a_command_sets_it_before_torch_is_loaded(model: str) -> None:
    program = (
        "import os, sys, engine.__main__ as main, engine.system.processes as openmp\n"
        "assert 'torch' not in sys.modules\n"
        "main.wait_passively = lambda: (openmp.wait_passively(), print('torch' in sys.modules))\n"
        "main.main(['compose', '日', '--form', 'free', '--seed', '1', '--json', '--model', sys.argv[1]])\n"
    )
    done = subprocess.run([sys.executable, "-c", program, model], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[0] == "False"
