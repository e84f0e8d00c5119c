"""The question for the terminal's background: its answers, none, a late one, and the keys typed meanwhile."""

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("no terminal of this kind there", allow_module_level=True)

import pty
import termios

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK, PAPER
from poetry_tui.terminal import background
from poetry_tui.terminal.compat import read_pastes_whole

ATTRIBUTES = "\x1b[?62;22c"
LIGHT, DARK = "\x1b]11;rgb:f8f8/f5f5/eeee\x1b\\", "\x1b]11;rgb:15/17/1a\x07"


@pytest.fixture(autouse=True)
def nothing_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_held", None)
    monkeypatch.setattr(background, "_typed_ahead", "")
    monkeypatch.delenv("COLORFGBG", raising=False)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def asked(terminal: tuple[int, int], answer: str) -> bool:
    """What the studio makes of a terminal that gives this answer to the query."""
    ours, theirs = terminal
    before = termios.tcgetattr(theirs)

    def give() -> None:
        seen = b""
        while background.QUERY not in seen:
            seen += os.read(ours, 100)
        os.write(ours, answer.encode())

    giving = threading.Thread(target=give)
    giving.start()
    found = background.is_light(theirs)
    giving.join()
    assert termios.tcgetattr(theirs) == before
    return found


@pytest.mark.parametrize(
    ("answer", "is_light"),
    [
        (LIGHT + ATTRIBUTES, True),
        (DARK + ATTRIBUTES, False),
        (ATTRIBUTES, False),
        ("\x1b]11;?\x07" + ATTRIBUTES, False),
    ],
)
def test_a_terminal_tells_its_background(terminal: tuple[int, int], answer: str, is_light: bool) -> None:
    assert asked(terminal, answer) == is_light
    assert background.take_typed_ahead() == ""


def test_a_terminal_that_does_not_answer_is_not_waited_for(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not asked(terminal, "")
    monkeypatch.setenv("COLORFGBG", "0;default;15")
    assert asked(terminal, "")


@pytest.mark.parametrize(("value", "is_light"), [("15;0", False), ("0;15", True), ("12;8", False), ("0;", False)])
def test_the_variable_tells_where_the_terminal_does_not(
    value: str, is_light: bool, terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", value)
    assert asked(terminal, ATTRIBUTES) == is_light


def test_a_terminal_without_escape_sequences_is_not_asked(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not background.is_light(terminal[1])
    os.set_blocking(terminal[0], False)
    with pytest.raises(BlockingIOError):
        os.read(terminal[0], 1)


def keys_of(parser: XTermParser, *pieces: str) -> list[str | None]:
    messages: list[Any] = [message for piece in pieces for message in parser.feed(piece)]
    return [message.character for message in messages if isinstance(message, events.Key)]


def test_keys_that_were_typed_before_the_app_started_reach_it(terminal: tuple[int, int]) -> None:
    assert asked(terminal, f"山{LIGHT}2{ATTRIBUTES}")
    read_pastes_whole()
    parser = XTermParser()
    typed = [message.character for message in parser.tick() if isinstance(message, events.Key)]
    assert typed == ["山", "2"]
    assert list(parser.tick()) == []


@given(data=st.data())
def test_an_answer_that_comes_late_and_in_pieces_types_nothing(data: st.DataObject) -> None:
    background._held = ""
    read_pastes_whole()
    answer = LIGHT + ATTRIBUTES
    # Escape alone is a key, so a piece does not end with it.
    cuts = sorted(data.draw(st.sets(st.sampled_from([at for at in range(len(answer)) if answer[at - 1] != "\x1b"]))))
    pieces = [answer[start:end] for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True)]
    assert keys_of(XTermParser(), *(piece for piece in pieces if piece), "q") == ["q"]


def test_the_theme_suits_the_background_unless_one_was_chosen() -> None:
    assert PoetryApp(Settings(), has_light_background=lambda: True).theme == PAPER
    assert PoetryApp(Settings(), has_light_background=lambda: False).theme == INK

    def never() -> bool:
        raise AssertionError("the terminal was asked")

    assert PoetryApp(Settings(theme=INK), has_light_background=never).theme == INK
