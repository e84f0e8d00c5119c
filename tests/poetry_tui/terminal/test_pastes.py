"""Pastes: bounded, whole, never commands; and a field of one line takes all lines of one."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message
from textual.widgets import Input

from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.preferences.settings import Settings
from poetry_tui.terminal import compat
from poetry_tui.terminal.pastes import END, MAX_PASTED_CHARS, START, one_line, plain
from poetry_tui.widgets.fields import LineInput
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.typing import type_at_once

HOSTILE = "\x1b[31m日\x1b[0m\x1b]0;title\x07\x1b[200~\x1b[2J\x1bOP暮\x00\x07\x9b31m"


@pytest.fixture(autouse=True)
def our_parser() -> None:
    compat.read_pastes_whole()


def parsed(pieces: Sequence[str]) -> list[Message]:
    parser = XTermParser()
    return [message for piece in pieces for message in parser.feed(piece)]


def summary(messages: Sequence[Message]) -> list[str]:
    return [
        f"paste {m.text}" if isinstance(m, events.Paste) else m.key if isinstance(m, events.Key) else ""
        for m in messages
    ]


def test_escape_sequences_in_a_paste_are_no_keys() -> None:
    assert summary(parsed(["a", START + HOSTILE + END, "b"])) == ["a", "paste 日暮", "b"]


def test_140_kb_of_escape_sequences_are_one_bounded_paste() -> None:
    (paste,) = parsed([START + HOSTILE * 8000 + END])
    assert isinstance(paste, events.Paste)
    assert len(paste.text) <= MAX_PASTED_CHARS


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["x", START + "山水" + END, START + HOSTILE + END, "\x1b[A", "\x1b[<0;3;4M", "月"]), max_size=6
    ),
    st.lists(st.integers(1, 9), min_size=1, max_size=40),
)
def test_a_paste_is_the_same_however_it_is_cut_up(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(text[at : at + cut])
        at += cut
    whole = summary(parsed([text]))
    assert summary(parsed([piece for piece in [*pieces, text[at:]] if piece])) == whole


def test_a_paste_without_an_end_ends_when_nothing_more_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = XTermParser()
    assert list(parser.feed(START + "山中")) == []
    assert list(parser.tick()) == []
    now_s = time.monotonic()
    monkeypatch.setattr("poetry_tui.terminal.pastes.time.monotonic", lambda: now_s + 60)
    assert summary(list(parser.tick())) == ["paste 山中"]
    assert summary(list(parser.feed("q"))) == ["q"]


def test_a_file_thrown_at_the_terminal_is_no_commands() -> None:
    assert summary(parsed(["dq" * 2000 + "\x11"])) == ["paste " + "dq" * 2000, "ctrl+q"]
    # Mouse reports that waited are not text, and neither are keys that somebody typed ahead.
    assert not any(line.startswith("paste") for line in summary(parsed(["\x1b[<35;10;10M" * 200, "d" * 100])))


def test_bytes_that_are_no_text_are_replaced() -> None:
    decode = compat._patient_decoder("utf-8")().decode
    assert decode(b"\xff\xe6\x97", final=False) + decode(b"\xa5\xc3", final=True) == "\ufffd日\ufffd"


@pytest.mark.parametrize(
    ("text", "joint", "wanted"),
    [
        ("春\n江\r\n花\n\n月\n", "", "春江花月"),
        ("春\n江", " ", "春 江"),
        ("秋兴\n八首", None, "秋兴八首"),
        ("autumn\n  river", None, "autumn river"),
        ("秋 autumn\n江", None, "秋 autumn 江"),
        ("~/poems.md\n", None, "~/poems.md"),
        ("\n\n", None, ""),
    ],
)
def test_lines_are_joined_as_suits_the_field(text: str, joint: str | None, wanted: str) -> None:
    assert one_line(text, joint) == wanted


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_a_joined_line_is_one_line_without_control_characters(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert plain(line) == line


async def paste(app: PoetryApp, pilot: Any, until: Until, text: str) -> None:
    app.post_message(events.Paste(text))
    await pilot.pause(0)
    await until(pilot, lambda: app.services.input_gate.is_settled)
    await pilot.pause()


async def test_an_acrostic_pasted_in_four_lines_is_whole(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        for field, wanted in (("acrostic", "春江花月"), ("acrostic_tail", "春江花月"), ("own", "春 江 花 月")):
            screen.query_one(f"#{field}", Input).focus()
            await pilot.pause()
            await paste(app, pilot, until, "春\n江\n花\n月\n")
            assert screen.query_one(f"#{field}", Input).value == wanted


async def test_every_field_of_the_studio_takes_all_lines_of_a_paste(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        for key in ("1", "2", "3"):
            await type_at_once(app, pilot, until, key)
            await pilot.pause()
            assert all(isinstance(field, LineInput) for field in app.screen.query(Input))


async def test_a_paste_with_a_prompts_key_goes_into_the_prompt(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await type_at_once(app, pilot, until, "b")
        app.post_message(events.Paste("qq\nd"))
        await paste(app, pilot, until, "x" * 20_000)
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        assert screen.fields.own.value.startswith("qq dxxx")
