"""UTF-8 for everything that goes in and out, whatever the locale says."""

import io
import os
import sys


def use_utf8(*, restarts: bool = True) -> None:
    """Read and write streams in UTF-8, and begin again in Python's UTF-8 mode where the locale cannot name a Chinese file.

    Under `LC_ALL=C` without that mode arguments arrive as lone surrogates, and no path with a Chinese character can be opened.
    The arguments of the new start are the very bytes of this one. To be called before anything is read or written; `restarts`:
    whether the process is this program's own.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A byte that is no UTF-8 goes through as an escape, which in a text of JSON is JSON's own.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if not restarts or os.name != "posix" or sys.flags.utf8_mode or _can_name_chinese_files():
        return
    os.environ["PYTHONUTF8"] = "1"  # and for every process that is started from here
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _can_name_chinese_files() -> bool:
    try:
        "詩".encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        return False
    return True
