"""Copying: the platform's own tool, tmux's buffer, and the terminal (OSC 52, which Textual sends), and which of them took it.

No tool is asked whose display is not there, and none may keep the studio waiting or write to the terminal.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from poetry_tui.preferences.i18n import tr

# A tool that has not taken a poem by then is waiting for something that will not come, such as a display that hangs.
DEADLINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Tool:
    """`command` reads the text from stdin in `encoding`; `name` is what people call it."""

    name: str
    command: tuple[str, ...]
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Copied:
    """Who took the text: `tool` of the platform; tmux into its buffer, and on to its terminal; who failed."""

    tool: str | None = None
    in_tmux: bool = False
    is_passed_on: bool = False
    failed: tuple[str, ...] = ()


PBCOPY = Tool("pbcopy", ("pbcopy",))
# Both Windows consoles and WSL: it takes UTF-16 for what it is, and UTF-8 for the code page of the day.
CLIP = Tool("clip", ("clip.exe",), "utf-16-le")
WL_COPY = Tool("wl-copy", ("wl-copy", "--type", "text/plain;charset=utf-8"))
XCLIP = Tool("xclip", ("xclip", "-selection", "clipboard", "-in"))
XSEL = Tool("xsel", ("xsel", "--clipboard", "--input"))
# -w (tmux 3.2) sets the clipboard of tmux's own terminal too, which `set-clipboard external`, the default, denies to programs.
TMUX_AND_ON = Tool("tmux", ("tmux", "load-buffer", "-w", "-"))
TMUX = Tool("tmux", ("tmux", "load-buffer", "-"))


def tools(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> list[Tool]:
    """The tools of the platform that are installed and have a display to work with, the best first."""
    return [tool for tool in _tools_of(environment, platform) if _is_there(tool, environment)]


def _tools_of(environment: Mapping[str, str], platform: str) -> Iterator[Tool]:
    if platform == "darwin":
        yield PBCOPY
    elif platform == "win32":
        yield CLIP
    else:
        if environment.get("WAYLAND_DISPLAY"):
            yield WL_COPY
        if environment.get("DISPLAY"):
            yield from (XCLIP, XSEL)
        if environment.get("WSL_DISTRO_NAME"):
            yield CLIP


def _is_there(tool: Tool, environment: Mapping[str, str]) -> bool:
    return shutil.which(tool.command[0], path=environment.get("PATH")) is not None


async def copy(text: str) -> Copied:
    """Give the text to the first tool of the platform that takes it, and to tmux where the studio runs in it."""
    multiplexer = [TMUX_AND_ON, TMUX] if os.environ.get("TMUX") and _is_there(TMUX, os.environ) else []
    (own, failed), (buffer, failed_buffers) = await asyncio.gather(
        asyncio.to_thread(_first_that_takes, text, tools()), asyncio.to_thread(_first_that_takes, text, multiplexer)
    )
    # A tmux too old for the first way is no failure where the second one works.
    names = [tool.name for tool in (*failed, *(failed_buffers if buffer is None else ()))]
    return Copied(
        tool=None if own is None else own.name,
        in_tmux=buffer is not None,
        is_passed_on=buffer is TMUX_AND_ON,
        failed=tuple(dict.fromkeys(names)),
    )


def _first_that_takes(text: str, candidates: Sequence[Tool]) -> tuple[Tool | None, Sequence[Tool]]:
    """The first tool that takes the text, and those that failed before it."""
    for index, tool in enumerate(candidates):
        if _takes(tool, text):
            return tool, candidates[:index]
    return None, candidates


def _takes(tool: Tool, text: str) -> bool:
    try:
        done = subprocess.run(
            tool.command,
            input=text.encode(tool.encoding, errors="replace"),
            # wl-copy and xclip leave a process behind that owns the clipboard: a pipe would be held open by it.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # What a terminal sends to its programs, such as Ctrl-C, is not for the owner of the clipboard.
            start_new_session=True,
            timeout=DEADLINE_S,
            check=False,
            # pbcopy takes its encoding from the locale, and there may be none.
            env={**os.environ, "LC_CTYPE": "UTF-8"} if tool is PBCOPY else None,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def in_words(copied: Copied) -> str:
    """What was done, and what nobody can know: whether a terminal does what it is asked to."""
    if copied.tool is not None:
        return tr("copy.with_tool", tool=copied.tool)
    key = "copy.tmux_and_on" if copied.is_passed_on else "copy.tmux" if copied.in_tmux else "copy.osc52"
    failed = [tr("copy.failed", tools=", ".join(copied.failed))] if copied.failed else []
    return " ".join([tr(key), *failed])
