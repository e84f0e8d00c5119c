"""Cut pastes out of the terminal's input before Textual parses it.

Textual 8.2 parses a paste character by character and sends each escape sequence in it on as keys: 10 kB of them took 10 s, and
ran commands. Here a paste costs one search for its end. Unbracketed text that arrives in one piece and is too long to be typed
ahead counts as a paste too.
"""

import re
import time
from collections.abc import Callable, Iterable
from unicodedata import east_asian_width

from textual import events
from textual.message import Message

START, END = "\x1b[200~", "\x1b[201~"
# A longer paste is cut; no field of the studio can use more.
MAX_PASTED_CHARS = 10_000
# A paste without an end mark ends after this time without input.
MAX_PAUSE_S = 1.0
# Unbracketed text of at least this length in one piece is a paste.
MIN_FLOOD_CHARS = 512
_SEQUENCES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|O.|[@-Z\\^_])?")
_CONTROL_CHARACTERS = "".join(map(chr, range(32)))
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

Feed = Callable[[str], Iterable[Message]]


class PasteReader:
    """Preprocesses the input of one terminal's parser."""

    def __init__(self) -> None:
        self._pieces: list[str] | None = None
        self._n_chars = 0
        # The end of the last data, because a mark may be split between two reads.
        self._tail = ""
        self._last_s = 0.0

    def feed(self, data: str, parse: Feed) -> Iterable[Message]:
        """Yield the parser's messages for the data, and a `Paste` for each paste in it."""
        while data:
            self._last_s = time.monotonic()
            rest = self._after(START if self._pieces is None else END, data)
            if self._pieces is not None:
                self._keep(data if rest is None else data[: len(data) - len(rest)])
                if rest is not None:
                    yield from self._finish(parse)
            elif rest is None:
                yield from self._without_brackets(data, parse)
            else:
                yield from parse(data[: len(data) - len(rest)])
                self._pieces, self._n_chars = [], 0
            data = rest or ""

    def tick(self, parse: Feed) -> Iterable[Message]:
        """End a paste whose end mark has not come within `MAX_PAUSE_S`."""
        if self._pieces is not None and time.monotonic() - self._last_s > MAX_PAUSE_S:
            yield from self._finish(parse)

    def _without_brackets(self, data: str, parse: Feed) -> Iterable[Message]:
        # Keys such as ^q may follow directly.
        typed = data.rstrip(_CONTROL_CHARACTERS)
        text = plain(typed)
        if len(text) < MIN_FLOOD_CHARS:
            yield from parse(data)
            return
        yield events.Paste(text)
        if typed != data:
            yield from parse(data[len(typed) :])

    def _after(self, mark: str, data: str) -> str | None:
        """The data after a mark, which may have begun in the previous data; None without the mark."""
        joined = self._tail + data
        at = joined.find(mark)
        if at < 0:
            self._tail = joined[-len(mark) + 1 :]
            return None
        self._tail = ""
        return joined[at + len(mark) :]

    def _keep(self, text: str) -> None:
        assert self._pieces is not None
        # Leave room for the end mark, which is removed later.
        room = MAX_PASTED_CHARS + len(END) - self._n_chars
        self._pieces.append(text[: max(room, 0)])
        self._n_chars += len(self._pieces[-1])

    def _finish(self, parse: Feed) -> Iterable[Message]:
        text = "".join(self._pieces or ())
        self._pieces = None
        # Reset the parser, which has seen the start mark but no text of the paste.
        for message in parse(END):
            if not isinstance(message, events.Paste):
                yield message
        if text := plain(text.removesuffix(END))[:MAX_PASTED_CHARS]:
            yield events.Paste(text)


def plain(text: str) -> str:
    """Remove escape sequences and control characters; newlines and tabs stay."""
    return _CONTROLS.sub("", _SEQUENCES.sub("", text))


def one_line(text: str, joint: str | None = None) -> str:
    """Join the lines of a text.

    Args:
        joint: the text between two lines; None for a space, or nothing between two wide characters.
    """
    lines = [line for line in (" ".join(line.split()) for line in plain(text).splitlines()) if line]
    if joint is not None:
        return joint.join(lines)
    joined = ""
    for line in lines:
        is_tight = not joined or (_is_wide(joined[-1]) and _is_wide(line[0]))
        joined += line if is_tight else f" {line}"
    return joined


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"
