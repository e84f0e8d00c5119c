"""Names and paths that a person gives: of models, runs and corpora, which become folders of the user's, and of files.

A name is judged before any file is looked for, so that what no file system takes ends in a sentence and not in an error of the
system: its length in bytes, characters that cannot be written, separators.
"""

import ipaddress
import os
import unicodedata
from pathlib import Path

from engine.system.errors import Message, StudioError, UsageError

# As much of a value as a sentence can hold.
_MAX_SHOWN = 60


def shown(value: object) -> str:
    """A value within a sentence: as Python writes it, which escapes what cannot be printed, and cut where it is long."""
    if isinstance(value, str):
        value = value[: _MAX_SHOWN + 1]
    elif isinstance(value, int) and abs(value) >= 10**_MAX_SHOWN:
        return f"a number of more than {_MAX_SHOWN} digits"  # Python refuses to write one of some thousands
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN + 2 else f"{text[:_MAX_SHOWN]}…"


def printable(text: str) -> str:
    """The text in one line, without anything that could steer a terminal: escapes, line ends, marks of direction, surrogates."""
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return "\ufffd" if "\ud800" <= character <= "\udfff" else " "


def padded(text: str, n_cells: int, *, to_right: bool = False) -> str:
    """The text with spaces up to a width in terminal cells, of which a Han character takes two; before it with `to_right`."""
    spaces = " " * (n_cells - sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in text))
    return spaces + text if to_right else text + spaces


def brief(text: str, max_chars: int = 300) -> str:
    """The text in one line, cut where it is longer than a person reads."""
    return printable(text if len(text) <= max_chars else f"{text[:max_chars]}…")


# What Linux, macOS and most other systems allow for one name and for a whole path. Files are written aside under a longer name:
# `.NAME.12345678.tmp`.
MAX_NAME_BYTES = 255
MAX_FOLDER_NAME_BYTES = 200
MAX_PATH_BYTES = 4000
# The longest value of a setting that is a text: a path, or a whole tune with every character given, is shorter.
MAX_TEXT_CHARS = 4096
RULE = "Use letters, digits, spaces, dots, dashes and underscores."
_MARKS = "_-. "
LOOPBACK = "localhost"


def check_name(name: str, what: str, error: type[StudioError] = UsageError) -> str:
    """A name that becomes a folder's: begins with a letter, a digit or `_`, goes on with these, spaces, dots and dashes.

    Raises:
        error: for any other, and for one of more than `MAX_FOLDER_NAME_BYTES`. `what` says what it should name: a model.
    """
    if not is_name(name):
        if is_plain(name) and len(name.encode()) > MAX_FOLDER_NAME_BYTES:
            problem = Message("{name} is too long to name a {what}.", name=shown(name), what=what)
            raise error(
                problem,
                Message("Use at most {number} bytes; a Chinese character takes three.", number=MAX_FOLDER_NAME_BYTES),
            )
        raise error(Message("{name} cannot name a {what}.", name=shown(name), what=what), RULE)
    return name


def is_name(name: str) -> bool:
    """Whether `check_name` takes it."""
    return is_plain(name) and len(name.encode()) <= MAX_FOLDER_NAME_BYTES


def is_plain(name: str) -> bool:
    """Whether a name has only the characters that `check_name` takes; such a name may be too long."""
    is_begun = bool(name) and (name[0].isalnum() or name[0] == "_")
    return is_begun and all(one.isalnum() or one in _MARKS for one in name)


def path_of(text: str | Path) -> Path:
    """The path that a person wrote, its `~` or `~user` expanded.

    Raises:
        UsageError: for what no file system takes: an empty path, a NUL, a part of more than `MAX_NAME_BYTES`, an unknown user.
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
    """Whether only this machine reaches an address."""
    try:
        return host == LOOPBACK or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
