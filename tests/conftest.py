"""For every test: an empty studio home, one processor thread, signals as in a terminal; markers by folder."""

import gc
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from engine.system.processes import wait_passively
from engine.system.translations import LANGUAGE_VARIABLE

TESTS = Path(__file__).parent

# On a machine that others use too, time tells nothing of a test. The suite draws the same examples every time, so that it says
# the same of the same code everywhere; `make fuzz` draws new ones, and more of them.
settings.register_profile("repeatable", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("fuzz", settings.get_profile("repeatable"), derandomize=False, max_examples=300)
settings.load_profile("fuzz" if "STUDIO_FUZZ" in os.environ else "repeatable")

# Both before anything imports torch: the tests share the machine with whatever else runs on it. Composing takes every core, and
# threads that spin while they wait take ten times as long where another process has the core.
os.environ.setdefault("OMP_NUM_THREADS", "1")
wait_passively()

# No test cuts the power. A flush takes some milliseconds, and a training of ten steps asks for thirty. A bad descriptor stays an error.
vars(os)["fsync"] = os.fstat


def pytest_configure(config: pytest.Config) -> None:
    """Let child processes receive the signals that a suite under nohup or in the background ignores.

    A child inherits an ignored signal, but not a handler: with one that does nothing the suite still ignores the signal. With
    `-n` the workers run the tests, and the process that started them leaves its signals alone.
    """
    if getattr(config.option, "numprocesses", None):
        return
    for name in ("SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Three workers for two cores: a third of the time a test waits for a process or a terminal."""
    n_cores = os.cpu_count() or 1
    return n_cores + (n_cores + 1) // 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of `end_to_end` as e2e and those that compare a picture as snapshot; with `-n`, begin with the longest files."""
    for item in items:
        if item.path.is_relative_to(TESTS / "end_to_end"):
            item.add_marker(pytest.mark.e2e)
        if "snap_compare" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.snapshot)
    if os.environ.get("PYTEST_XDIST_WORKER"):
        # A long file at the end would leave the other workers without work.
        items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


def pytest_collection_finish() -> None:
    """Keep the loaded modules out of garbage collection, with PyTorch a million objects, and collect once in some dozen tests.

    A screen is 50,000 objects. With the default threshold collections were a seventh of the processor time of the screens' tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A path for each test, where nothing is yet. Most tests write nothing: making `tmp_path` took longer than they do."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def studio_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the user's data folder, and no Chinese locale; child processes inherit both."""
    home = next(homes)
    monkeypatch.setenv("POETRY_TUI_HOME", str(home))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv(LANGUAGE_VARIABLE, raising=False)
    return home
