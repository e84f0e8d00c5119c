"""Whether the terminal's background is light: by its own answer to OSC 11, else by the variable COLORFGBG.

The query is sent before the app starts, with one for the terminal's attributes (DA1) behind it: nearly every terminal answers
that at once, also one that does not know OSC 11. An answer that comes after `MAX_WAIT_S` is cut out of the app's input, and keys
that were typed meanwhile are handed to it (`poetry_tui.terminal.compat`).
"""

import contextlib
import os
import re
import select
import sys
import time

QUERY = b"\x1b]11;?\x1b\\\x1b[c"
MAX_WAIT_S = 0.2
# Terminals that show the query, or answer in another way.
_MUTE = ("dumb", "linux", "unknown")
_COLOUR = re.compile(r"\x1b\]11;(?:rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+))?[^\x07\x1b]*(?:\x07|\x1b\\)")
_ATTRIBUTES = re.compile(r"\x1b\[\?[\d;]*c")
# The beginning of either answer; Escape alone is a key.
_CUT_SHORT = re.compile(r"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b]*\x1b?)?)?)?|\[(?:\?[\d;]*)?)$")

_typed_ahead = ""
# The beginning of an answer that came in two pieces; None where no answer is to come.
_held: str | None = None


def is_light(terminal: int) -> bool:
    """Ask a terminal for its background; False where neither it nor COLORFGBG tells."""
    answer = _ask(terminal)
    colour = _COLOUR.search(answer)
    if colour is None or colour[1] is None:
        return _is_light_by_variable(os.environ.get("COLORFGBG", ""))
    red, green, blue = (int(part, 16) / (16.0 ** len(part) - 1) for part in colour.groups())
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5


def _is_light_by_variable(value: str) -> bool:
    """`0;15` and `0;default;15` end with the number of the background among the 16 colours."""
    background = value.rpartition(";")[2]
    return background.isdecimal() and int(background) in (7, *range(9, 16))


def _ask(terminal: int) -> str:
    """All that a terminal answers; what else it sends is kept as typed ahead."""
    global _held, _typed_ahead
    if sys.platform == "win32" or os.environ.get("TERM", "dumb") in _MUTE:
        return ""
    import termios
    import tty

    answer = b""
    with contextlib.suppress(OSError, termios.error):
        # Opened anew, for neither writing nor reading may wait for the terminal.
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
    """The keys that were typed while the terminal was asked, once."""
    global _typed_ahead
    typed, _typed_ahead = _typed_ahead, ""
    return typed


def without_answers(data: str) -> str:
    """Input of the terminal without an answer that is still to come; the attributes, which come last, end that."""
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
