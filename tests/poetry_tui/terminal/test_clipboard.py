"""Copying: which tool is asked, what is said of it, and that no tool can hang the studio or write on its screen."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from poetry_tui.preferences.i18n import set_language
from poetry_tui.terminal import clipboard
from poetry_tui.terminal.clipboard import TMUX, Copied, copy, in_words, tools
from tests.poetry_tui.compose.open_studio import AT_ONCE, REGULAR, open_studio
from tests.poetry_tui.conftest import Until

POEM = "日暮江頭一笛風，\n滿船明月照歸篷。"
EVERY_DISPLAY = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0", "WSL_DISTRO_NAME": "Debian"}
EVERY_TOOL = ("wl-copy", "xclip", "xsel", "clip.exe", "pbcopy", "tmux")


def install(folder: Path, name: str, script: str = 'cat > "$0.text"') -> Path:
    """A tool that keeps what it is given beside itself, or does something else."""
    folder.mkdir(exist_ok=True)
    tool = folder / name
    tool.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n", encoding="utf-8")
    tool.chmod(0o755)
    return tool


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, for the real list of tools on Linux with an X display."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("WSL_DISTRO_NAME", raising=False)
    monkeypatch.setattr(clipboard, "tools", lambda: tools(os.environ, "linux"))
    return folder


@pytest.mark.parametrize(
    ("platform", "environment", "names"),
    [
        ("linux", {}, []),
        ("linux", {"DISPLAY": ":0"}, ["xclip", "xsel"]),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, ["wl-copy"]),
        ("linux", EVERY_DISPLAY, ["wl-copy", "xclip", "xsel", "clip"]),
        ("darwin", {}, ["pbcopy"]),
        ("win32", {}, ["clip"]),
    ],
)
def test_the_tools_of_the_displays_that_are_there_are_asked(
    platform: str, environment: Mapping[str, str], names: list[str], tmp_path: Path
) -> None:
    for name in EVERY_TOOL:
        install(tmp_path, name)
    assert [tool.name for tool in tools({**environment, "PATH": str(tmp_path)}, platform)] == names
    assert tools({**environment, "PATH": str(tmp_path / "empty")}, platform) == []


async def test_the_first_tool_that_takes_the_text_is_named(bin_folder: Path) -> None:
    install(bin_folder, "xclip")
    install(bin_folder, "xsel")
    assert await copy(POEM) == Copied(tool="xclip")
    assert (bin_folder / "xclip.text").read_text(encoding="utf-8") == POEM
    assert not (bin_folder / "xsel.text").exists()
    assert in_words(Copied(tool="xclip")) == "Copied with xclip."


async def test_a_tool_that_fails_or_hangs_is_passed_over_and_what_it_prints_is_lost(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clipboard, "DEADLINE_S", 0.3)
    install(bin_folder, "xclip", "echo cannot open the display >&2; echo and more; exit 1")
    # It never reads, and says so; its child is as deaf as itself.
    install(bin_folder, "xsel", "echo waiting; exec sleep 20")
    began_s = time.monotonic()
    copied = await copy(POEM * 10_000)
    assert copied == Copied(failed=("xclip", "xsel"))
    assert time.monotonic() - began_s < 15
    assert capfd.readouterr() == ("", "")
    assert in_words(copied) == "Sent to the terminal (OSC 52), which may refuse it. xclip, xsel did not work."
    set_language("zh")
    assert "xclip, xsel" in in_words(copied)


async def test_a_tool_that_stays_to_own_the_clipboard_is_not_waited_for(bin_folder: Path) -> None:
    """wl-copy and xclip go on in the background, with everything open that they were given."""
    install(bin_folder, "xclip", 'cat > "$0.text"; sleep 5 & echo $! > "$0.pid"')
    began_s = time.monotonic()
    assert await copy(POEM) == Copied(tool="xclip")
    assert time.monotonic() - began_s < 4
    os.kill(int((bin_folder / "xclip.pid").read_text()), 15)


async def test_windows_takes_characters_of_two_bytes(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "tools", lambda: tools(os.environ, "win32"))
    install(bin_folder, "clip.exe")
    assert await copy(POEM) == Copied(tool="clip")
    assert (bin_folder / "clip.exe.text").read_bytes().decode("utf-16-le") == POEM


async def test_in_tmux_its_buffer_is_filled_and_the_words_say_so(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    install(bin_folder, "tmux", 'echo "$@" > "$0.asked"; cat > "$0.text"')
    copied = await copy(POEM)
    assert copied == Copied(in_tmux=True, is_passed_on=True)
    assert (bin_folder / "tmux.text").read_text(encoding="utf-8") == POEM
    assert (bin_folder / "tmux.asked").read_text() == "load-buffer -w -\n"
    assert "tmux's buffer" in in_words(copied)
    assert "may refuse" in in_words(copied)
    # Before tmux 3.2 there was no -w: the buffer is all there is, and nothing failed.
    install(bin_folder, "tmux", '[ "$2" = -w ] && exit 1; cat > "$0.text"')
    assert await copy(POEM) == Copied(in_tmux=True)
    assert in_words(replace(copied, is_passed_on=False)) == "Copied to tmux's buffer (prefix ] pastes it)."
    install(bin_folder, "tmux", "exit 1")
    assert await copy(POEM) == Copied(failed=("tmux",))


@pytest.fixture
def tmux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """A tmux of its own with default settings; the command to speak with it."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    command = ["tmux", "-f", "/dev/null", "-S", str(tmp_path / "socket")]
    subprocess.run([*command, "new-session", "-d", "-x", "80", "-y", "24", "sleep 60"], check=True)
    monkeypatch.setenv("TMUX", f"{tmp_path / 'socket'},0,0")
    yield command
    subprocess.run([*command, "kill-server"], check=False)


async def test_a_real_tmux_with_default_settings_takes_the_poem(tmux: list[str], until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("y")
        await studio.until(lambda: any(TMUX.name in said for said in studio.said))
    shown = subprocess.run([*tmux, "show-buffer"], check=True, capture_output=True)
    assert shown.stdout.decode() == "日暮江头一笛风，满船明月照归篷。\n扁舟夜泊芦花里，不见青山只见鸿。"


@pytest.mark.parametrize(
    ("is_upright", "is_traditional", "text"),
    [
        (False, False, "日暮江头一笛风，满船明月照归篷。\n扁舟夜泊芦花里，不见青山只见鸿。"),
        (True, False, "日暮江头一笛风，\n满船明月照归篷。\n扁舟夜泊芦花里，\n不见青山只见鸿。"),
        (True, True, "日暮江頭一笛風，\n滿船明月照歸篷。\n扁舟夜泊蘆花裏，\n不見青山只見鴻。"),
    ],
)
async def test_what_is_copied_is_what_is_shown(is_upright: bool, is_traditional: bool, text: str, until: Until) -> None:
    shown = replace(AT_ONCE, is_upright=is_upright, is_traditional=is_traditional)
    async with open_studio(until, settings=shown) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.until(
            lambda: not is_traditional or studio.screen.poem_pane.view.view_state.display_chars != REGULAR
        )
        await studio.press("y")
        await studio.until(lambda: studio.said)
        assert studio.app.clipboard == text


async def test_a_selection_goes_to_the_platforms_clipboard_too(bin_folder: Path, until: Until) -> None:
    install(bin_folder, "xclip")
    async with open_studio(until) as studio:
        studio.app.copy_to_clipboard("明月")
        await studio.until((bin_folder / "xclip.text").exists)
        await studio.until(lambda: (bin_folder / "xclip.text").read_text(encoding="utf-8") == "明月")
        assert studio.app.clipboard == "明月"
        assert not studio.said
