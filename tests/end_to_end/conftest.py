"""What the tests of the commands share."""

from pathlib import Path

import pytest


@pytest.fixture
def no_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.system.paths.bundled_data", lambda: tmp_path / "nothing")
