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
    """Open the studio; with a run, on the Train screen that follows it; with a lesson, on its step. The
    process ends with it.

    Raises:
        UsageError: when stdin or stdout is no terminal.
    """
    if not (_is_in_browser() or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise UsageError("The studio needs a terminal.", "`poetry-tui -h` lists the commands that work without one.")
    # Hardly anything that is made before the first paint is garbage; the app collects again from then on.
    gc.disable()
    from poetry_tui.app import PoetryApp

    write_template()
    app = PoetryApp(wanted_run=wanted_run, wanted_lesson=wanted_lesson, has_light_background=_has_light_background)
    with watching(app.leave, _restore_terminal):
        app.run()
    # All is said, saved and closed: taking the interpreter apart would take longer than all the rest of leaving.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(app.return_code or 0)


def _is_in_browser() -> bool:
    """Whether `poetry-tui serve` has started us: Textual's driver for that talks with its server through pipes."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def _has_light_background() -> bool:
    from poetry_tui.terminal.background import is_light

    return not _is_in_browser() and is_light(sys.stdin.fileno())


def _restore_terminal(attributes: Attributes) -> None:
    # Only called where there is termios, which the driver needs.
    from poetry_tui.terminal.driver import restore_terminal

    restore_terminal(attributes)
