"""Threads that wait leave their core to others."""

import os
import subprocess
import sys

import pytest

from engine.system.processes import SPIN_COUNT, WAIT_POLICY, wait_passively

CONTROLLED = (WAIT_POLICY, SPIN_COUNT)


def _reported_by_openmp(**environment: str) -> str:
    """What GNU's libgomp says of its settings when a command that computes loads it."""
    kept = {name: value for name, value in os.environ.items() if name not in CONTROLLED}
    done = subprocess.run(
        [sys.executable, "-m", "engine", "compose", "日", "--form", "wujue", "--seed", "1"],
        env={**kept, "OMP_DISPLAY_ENV": "VERBOSE", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    if SPIN_COUNT not in done.stderr:
        pytest.skip("PyTorch computes with another OpenMP than GNU's here")
    return done.stderr


def test_a_command_that_computes_waits_passively() -> None:
    report = _reported_by_openmp()
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in report
    assert "GOMP_SPINCOUNT = '0'" in report


def test_whoever_sets_the_policy_keeps_it() -> None:
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in _reported_by_openmp(OMP_WAIT_POLICY="ACTIVE")


def test_one_variable_that_is_set_leaves_the_other_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WAIT_POLICY, raising=False)
    monkeypatch.setenv(SPIN_COUNT, "1000")
    wait_passively()
    assert WAIT_POLICY not in os.environ
    assert os.environ[SPIN_COUNT] == "1000"


def test_a_command_sets_it_before_torch_is_loaded() -> None:
    program = (
        "import os, sys, engine.__main__ as main, engine.system.processes as openmp\n"
        "assert 'torch' not in sys.modules\n"
        "main.wait_passively = lambda: (openmp.wait_passively(), print('torch' in sys.modules))\n"
        "main.main(['compose', '日', '--seed', '1', '--json'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[0] == "False"
