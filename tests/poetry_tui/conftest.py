"""What every test of the face gets: a service without torch, and a way to wait for what the screen should show."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from poetry_tui.app import PoetryApp
from poetry_tui.engine_client.client import EngineClient
from poetry_tui.preferences.i18n import set_language
from tests.poetry_tui.tracking import make_run

FAKE_SERVICE = (sys.executable, "-P", str(Path(__file__).parent / "engine_client" / "fake_service.py"))
Until = Callable[[Any, Callable[[], object]], Awaitable[None]]
# Generous: it only tells a state that never comes from a slow machine.
DEADLINE_S = 60.0

_parse_rules = Stylesheet._parse_rules
_parsed: dict[tuple[Any, ...], list[RuleSet]] = {}


@pytest.fixture(scope="session", autouse=True)
def styles_parsed_once() -> Iterator[None]:
    """Parse each style sheet once a process and theme: every app parsed them all anew, a tenth of the time of its test."""

    def parse_once(sheet: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
        key = (css, where, *more.items(), *sheet._variables.items())
        if key not in _parsed:
            _parsed[key] = _parse_rules(sheet, css, *where, **more)
        return _parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(autouse=True)
def service_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the studio in a test talks to the fake service, unless the test names another command."""
    monkeypatch.setattr("poetry_tui.engine_client.client.SERVICE", FAKE_SERVICE)
    set_language("both")


@pytest.fixture(autouse=True)
def capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn must not depend on where the tests run."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def clock_of_made_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made runs spoke years ago; by the clock that stands still there, none of them has been silent for long."""
    monkeypatch.setattr("poetry_tui.tracking.run_state.status.now_s", lambda: make_run.START_S)


@pytest.fixture(autouse=True)
def no_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is copied in a test must not reach the clipboard of whoever runs it."""
    monkeypatch.setattr("poetry_tui.terminal.clipboard.tools", list)
    monkeypatch.delenv("TMUX", raising=False)


@pytest.fixture
def until() -> Until:
    """Let the app go on until something is so; fails where it never is."""

    async def wait(pilot: Any, is_so: Callable[[], object]) -> None:
        if is_so():
            return
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            # Not `pilot.pause`: it asks every widget on the screen whether it has nothing to do.
            await asyncio.sleep(0.01)
            if is_so():
                await pilot.pause()
                return
        raise AssertionError("the app never came to the expected state")

    return wait


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The studio starts no service, whatever its screens ask for."""
    monkeypatch.setattr(EngineClient, "start", lambda self: None)


@pytest.fixture
def train_first(no_engine: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The studio opens on the train screen, asks no service, and has the corpus `tang`."""
    monkeypatch.setattr(PoetryApp, "DEFAULT_MODE", "train")
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: ["tang"])
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run lives as long as it has a heartbeat, however slow the machine is."""

    def beats(folder: Path) -> bool:
        return (folder / "heartbeat").exists()

    for module in ("reader.is_alive", "summary.run_is_alive", "control.is_alive", "control.run_is_alive"):
        monkeypatch.setattr(f"poetry_tui.tracking.{module}", beats)
