"""Open the studio in this terminal: for `poetry-tui` and `poetry-tui monitor`."""

import gc
import os
import sys
from pathlib import Path
from typing import NoReturn

from engine.config.user_file import write_template
from engine.system.errors import UsageError
from poetry_tui.terminal.hang_up import Attributes, watching


def open_studio(wanted_run: Path | None = None, wanted_lesson: int | None = None) -> NoReturn:
    """Open the studio; with a run, on the Train screen following it; with a lesson, at its current step. The process ends with
    the studio.

    Raises:
        UsageError: stdin or stdout is no terminal.
    """
    if not (_is_in_browser() or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError("The studio needs a terminal.", "`poetry-tui -h` lists the commands that work without one.")
    # Few objects created before the first paint are garbage; the app enables collection after it.
    gc.disable()
    from poetry_tui.app import PoetryApp

    write_template()
    app = PoetryApp(wanted_run=wanted_run, wanted_lesson=wanted_lesson, has_light_background=_has_light_background)
    with watching(app.leave, _restore_terminal):
        app.run()
    # Everything is saved and closed. Skip the interpreter's shutdown, which would take longer than all other steps of quitting.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(app.return_code or 0)


def _is_in_browser() -> bool:
    """Whether `poetry-tui serve` has started this process; Textual's WebDriver then talks to the server through pipes."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def _has_light_background() -> bool:
    from poetry_tui.terminal.background import is_light

    return not _is_in_browser() and is_light(sys.stdin.fileno())


def _restore_terminal(attributes: Attributes) -> None:
    # Called only on systems with termios, which the driver imports.
    from poetry_tui.terminal.driver import restore_terminal

    restore_terminal(attributes)
