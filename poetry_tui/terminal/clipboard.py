"""Copy to the clipboard: the platform's tool, tmux's buffer, and the terminal (OSC 52, sent by Textual); report which succeeded.

A tool without its display is not called, and no tool may block the studio or write to the terminal.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from poetry_tui.preferences.i18n import tr

# Timeout of a tool; a slower one is waiting for something that will not come, such as a display that hangs.
DEADLINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Tool:
    """A clipboard tool. `command` reads the text from stdin in `encoding`; `name`: its name in notices."""

    name: str
    command: tuple[str, ...]
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Copied:
    """The result of copying: name of the platform's tool that succeeded; whether tmux stored the text, and passed it on to its
    terminal; names of the tools that failed."""

    tool: str | None = None
    in_tmux: bool = False
    is_passed_on: bool = False
    failed: tuple[str, ...] = ()


PBCOPY = Tool("pbcopy", ("pbcopy",))
# For Windows consoles and WSL. It recognises UTF-16, but reads UTF-8 as the current code page.
CLIP = Tool("clip", ("clip.exe",), "utf-16-le")
WL_COPY = Tool("wl-copy", ("wl-copy", "--type", "text/plain;charset=utf-8"))
XCLIP = Tool("xclip", ("xclip", "-selection", "clipboard", "-in"))
XSEL = Tool("xsel", ("xsel", "--clipboard", "--input"))
# -w (tmux 3.2) also sets the clipboard of tmux's terminal, which `set-clipboard external`, the default, denies to programs.
TMUX_AND_ON = Tool("tmux", ("tmux", "load-buffer", "-w", "-"))
TMUX = Tool("tmux", ("tmux", "load-buffer", "-"))


def tools(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> list[Tool]:
    """The platform's tools that are installed and have their display, the best first."""
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
    """Copy a text with the first of the platform's tools that succeeds, and into tmux if the studio runs in it."""
    multiplexer = [TMUX_AND_ON, TMUX] if os.environ.get("TMUX") and _is_there(TMUX, os.environ) else []
    (own, failed), (buffer, failed_buffers) = await asyncio.gather(
        asyncio.to_thread(_first_that_takes, text, tools()), asyncio.to_thread(_first_that_takes, text, multiplexer)
    )
    # A tmux too old for -w is no failure if the second command succeeds.
    names = [tool.name for tool in (*failed, *(failed_buffers if buffer is None else ()))]
    return Copied(
        tool=None if own is None else own.name,
        in_tmux=buffer is not None,
        is_passed_on=buffer is TMUX_AND_ON,
        failed=tuple(dict.fromkeys(names)),
    )


def _first_that_takes(text: str, candidates: Sequence[Tool]) -> tuple[Tool | None, Sequence[Tool]]:
    """The first tool that succeeds (None if none does), and those that failed before it."""
    for index, tool in enumerate(candidates):
        if _takes(tool, text):
            return tool, candidates[:index]
    return None, candidates


def _takes(tool: Tool, text: str) -> bool:
    try:
        done = subprocess.run(
            tool.command,
            input=text.encode(tool.encoding, errors="replace"),
            # Not a pipe: wl-copy and xclip leave a process that owns the clipboard, which would hold it open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Signals of the terminal, such as Ctrl-C, must not reach the owner of the clipboard.
            start_new_session=True,
            timeout=DEADLINE_S,
            check=False,
            # pbcopy takes its encoding from the locale, which may be unset.
            env={**os.environ, "LC_CTYPE": "UTF-8"} if tool is PBCOPY else None,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def in_words(copied: Copied) -> str:
    """The notice for a result; whether a terminal obeys OSC 52 cannot be known, so the text only says "sent"."""
    if copied.tool is not None:
        return tr("copy.with_tool", tool=copied.tool)
    key = "copy.tmux_and_on" if copied.is_passed_on else "copy.tmux" if copied.in_tmux else "copy.osc52"
    failed = [tr("copy.failed", tools=", ".join(copied.failed))] if copied.failed else []
    return " ".join([tr(key), *failed])
