"""Detect a light terminal background: by the answer to OSC 11, else by the variable COLORFGBG.

The query is sent before the app starts, followed by one for the terminal's attributes (DA1), which nearly every terminal answers
at once, even if it does not support OSC 11. An answer that arrives after `MAX_WAIT_S` is removed from the app's input, and keys
typed meanwhile are passed to the app (`poetry_tui.terminal.compat`).
"""

import contextlib
import os
import re
import select
import sys
import time

QUERY = b"\x1b]11;?\x1b\\\x1b[c"
MAX_WAIT_S = 0.2
# Values of TERM of terminals that print the query or answer differently.
_MUTE = ("dumb", "linux", "unknown")
_COLOUR = re.compile(r"\x1b\]11;(?:rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+))?[^\x07\x1b]*(?:\x07|\x1b\\)")
_ATTRIBUTES = re.compile(r"\x1b\[\?[\d;]*c")
# An incomplete answer at the end of the input; an Escape alone may also be a key.
_CUT_SHORT = re.compile(r"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b]*\x1b?)?)?)?|\[(?:\?[\d;]*)?)$")

_typed_ahead = ""
# The beginning of an answer that arrives in two pieces; None when no answer is expected.
_held: str | None = None


def is_light(terminal: int) -> bool:
    """Query a terminal's background; False if neither the terminal nor COLORFGBG gives it."""
    answer = _ask(terminal)
    colour = _COLOUR.search(answer)
    if colour is None or colour[1] is None:
        return _is_light_by_variable(os.environ.get("COLORFGBG", ""))
    red, green, blue = (int(part, 16) / (16.0 ** len(part) - 1) for part in colour.groups())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5


def _is_light_by_variable(value: str) -> bool:
    """Parse COLORFGBG: `0;15` and `0;default;15` end with the background's index among the 16 colours."""
    background = value.rpartition(";")[2]
    return background.isdecimal() and int(background) in (7, *range(9, 16))


def _ask(terminal: int) -> str:
    """The input of the terminal until its answer is complete; other input in it is stored as typed ahead."""
    global _held, _typed_ahead
    if sys.platform == "win32" or os.environ.get("TERM", "dumb") in _MUTE:
        return ""
    import termios
    import tty

    answer = b""
    with contextlib.suppress(OSError, termios.error):
        # A new, non-blocking descriptor, because neither writing nor reading may block on the terminal.
        asking = os.open(os.ttyname(terminal), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        attributes = termios.tcgetattr(asking)
        try:
            tty.setcbreak(asking, termios.TCSANOW)
            os.write(asking, QUERY)
            _held = ""
            deadline_s = time.monotonic() + MAX_WAIT_S
            while not _ATTRIBUTES.search(answer.decode(errors="replace")):
                if not select.select([asking], [], [], max(deadline_s - time.monotonic(), 0))[0]:
                    break
                answer += os.read(asking, 4096)
        finally:
            termios.tcsetattr(asking, termios.TCSANOW, attributes)
            os.close(asking)
    text = answer.decode(errors="replace")
    _typed_ahead += without_answers(text)
    return text


def take_typed_ahead() -> str:
    """Return the keys typed during the query, and clear them."""
    global _typed_ahead
    typed, _typed_ahead = _typed_ahead, ""
    return typed


def without_answers(data: str) -> str:
    """Remove a pending answer from terminal input; the attributes, which come last, end the pending state."""
    global _held
    if _held is None:
        return data
    rest = _COLOUR.sub("", _held + data)
    if _ATTRIBUTES.search(rest):
        _held = None
        return _ATTRIBUTES.sub("", rest)
    cut = _CUT_SHORT.search(rest)
    _held = cut[0] if cut else ""
    return rest.removesuffix(_held)
