"""Names and paths given by the user: names of models, runs and corpora, which become folders, and paths of files.

Names are checked before any file access (length in bytes, unencodable characters, separators), so that invalid ones give a
proper error message.
"""

import ipaddress
import os
import unicodedata
from pathlib import Path

from engine.system.errors import Message, StudioError, UsageError

# Maximum characters of a value within a sentence.
_MAX_SHOWN = 60


def shown(value: object) -> str:
    """A value for a sentence: its `repr`, which escapes unprintable characters, truncated."""
    if isinstance(value, str):
        value = value[: _MAX_SHOWN + 1]
    elif isinstance(value, int) and abs(value) >= 10**_MAX_SHOWN:
        return f"a number of more than {_MAX_SHOWN} digits"  # Python refuses to format integers of thousands of digits
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN + 2 else f"{text[:_MAX_SHOWN]}…"


def printable(text: str) -> str:
    """The text in one line, without characters that control a terminal: escapes, line ends, direction marks, surrogates."""
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return "\ufffd" if "\ud800" <= character <= "\udfff" else " "


def padded(text: str, n_cells: int, *, to_right: bool = False) -> str:
    """The text padded to a width in terminal cells (a Han character takes two), on the left if `to_right`."""
    spaces = " " * (n_cells - sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in text))
    return spaces + text if to_right else text + spaces


def brief(text: str, max_chars: int = 300) -> str:
    """The text in one line, truncated to `max_chars`."""
    return printable(text if len(text) <= max_chars else f"{text[:max_chars]}…")


# Limits of Linux, macOS and most other systems for a name and for a path, in bytes. The limit of folder names is lower, because files
# are written aside under a longer name: `.NAME.12345678.tmp`.
MAX_NAME_BYTES = 255
MAX_FOLDER_NAME_BYTES = 200
MAX_PATH_BYTES = 4000
# Maximum length of a text setting; paths, and whole tunes with every character given, are shorter.
MAX_TEXT_CHARS = 4096
RULE = "Use letters, digits, spaces, dots, dashes and underscores."
_MARKS = "_-. "
LOOPBACK = "localhost"


def check_name(name: str, what: str, error: type[StudioError] = UsageError) -> str:
    """Check a name for a folder: it begins with a letter, a digit or `_`, followed by these, spaces, dots and dashes.

    Raises:
        error: for any other name, or one of more than `MAX_FOLDER_NAME_BYTES`. `what`: the kind of thing named, such as "model".
    """
    if not is_name(name):
        if _is_plain(name):
            problem = Message("{name} is too long to name a {what}.", name=shown(name), what=what)
            raise error(
                problem,
                Message("Use at most {number} bytes; a Chinese character takes three.", number=MAX_FOLDER_NAME_BYTES),
            )
        raise error(Message("{name} cannot name a {what}.", name=shown(name), what=what), RULE)
    return name


def is_name(name: str) -> bool:
    """Whether `check_name` accepts a name."""
    return _is_plain(name) and len(name.encode()) <= MAX_FOLDER_NAME_BYTES


def _is_plain(name: str) -> bool:
    """Whether a name has only characters that `check_name` accepts; it may be too long."""
    is_begun = bool(name) and (name[0].isalnum() or name[0] == "_")
    return is_begun and all(one.isalnum() or one in _MARKS for one in name)


def path_of(text: str | Path) -> Path:
    """The path that the user wrote, with `~` or `~user` expanded.

    Raises:
        UsageError: for an invalid path: empty, with a NUL, with a part of more than `MAX_NAME_BYTES`, or of an unknown user.
    """
    written = str(text)
    if not written or "\0" in written:
        raise UsageError("{path} is no path.", "Give the path of a file or of a folder.", path=shown(written))
    try:
        path = Path(written).expanduser()
        as_bytes = os.fsencode(path)
    except RuntimeError:
        raise UsageError(
            "{path} names a user that is not known here.", "Write the whole path.", path=shown(written)
        ) from None
    except UnicodeEncodeError:
        raise UsageError(
            "{path} cannot be written as a path here.", "Rename the file, or use another locale.", path=shown(written)
        ) from None
    if len(as_bytes) > MAX_PATH_BYTES or any(len(part) > MAX_NAME_BYTES for part in as_bytes.split(os.sep.encode())):
        raise UsageError(
            "{path} is too long for a path.",
            "A name may have {number} bytes.",
            path=shown(written),
            number=MAX_NAME_BYTES,
        )
    return path


def is_loopback(host: str) -> bool:
    """Whether an address is reachable from this machine only."""
    try:
        return host == LOOPBACK or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
