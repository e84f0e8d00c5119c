"""What every test gets: a studio home of its own, and one processor thread."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# On a machine that others use too, time tells nothing of a test.
settings.register_profile("shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared-machine")

# Set before anything imports torch: the tests share the machine with whatever else runs on it.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def studio_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the user's data folder; child processes inherit it."""
    home = tmp_path / "studio-home"
    monkeypatch.setenv("POETRY_TUI_HOME", str(home))
    return home
