"""The terminal that goes away, as the driver meets it; and canaries that tell when a new Textual works otherwise."""

import inspect
import os
import re
import sys
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("Textual has another driver there", allow_module_level=True)

import pty

from textual.drivers.linux_driver import LinuxDriver

from poetry_tui.app import PoetryApp
from poetry_tui.terminal.driver import RESTORING, StudioDriver, TerminalFile


def test_a_write_to_a_terminal_that_is_gone_is_told_once_and_dropped() -> None:
    ours, theirs = pty.openpty()
    told: list[str] = []
    file = TerminalFile(theirs, lambda: told.append("gone"))
    assert file.write("春") == 1
    assert os.read(ours, 10) == "春".encode()
    os.close(ours)
    for _ in range(3):
        file.write("x" * 100_000)
    file.flush()
    assert told == ["gone"]
    os.close(theirs)


def test_the_studio_drives_a_terminal_by_its_own_driver_and_leaves_others_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert PoetryApp().get_driver_class() is StudioDriver
    monkeypatch.setattr("textual.constants.DRIVER", "textual.drivers.headless_driver:HeadlessDriver")
    assert PoetryApp().get_driver_class().__name__ == "HeadlessDriver"


def test_what_restores_the_terminal_is_all_that_textual_says_when_it_leaves() -> None:
    class Stopping:
        """A driver that only notes what it would write."""

        def __init__(self) -> None:
            self.written = ""
            self.attrs_before = None
            self._in_band_window_resize = self._mouse = self._mouse_pixels = True

        def write(self, text: str) -> None:
            self.written += text

        def __getattr__(self, name: str) -> Any:
            found = getattr(LinuxDriver, name)
            return (lambda *rest: found(self, *rest)) if inspect.isfunction(found) else found

        def disable_input(self) -> None:
            self._disable_mouse_support()

        def flush(self) -> None:
            pass

    stopping = Stopping()
    LinuxDriver.stop_application_mode(stopping)  # type: ignore[arg-type]
    said = re.findall(r"\x1b\[[?<]?[0-9;]*[a-zA-Z]", stopping.written)
    assert said
    assert [sequence for sequence in said if sequence not in RESTORING] == []


def test_textual_still_has_what_our_driver_changes() -> None:
    assert "WriterThread(self._file)" in inspect.getsource(LinuxDriver.start_application_mode)
    assert "self.run_input_thread()" in inspect.getsource(LinuxDriver._run_input_thread)
    assert "self._file = " in inspect.getsource(LinuxDriver.__init__)
