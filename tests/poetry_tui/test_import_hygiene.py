"""What a fresh interpreter has loaded after the face was imported, and what it has set."""

import os
import subprocess
import sys

from textual._xterm_parser import XTermParser
from textual.events import Key

HEAVY = ("torch", "numpy", "safetensors", "opencc", "psutil", "sqlite3")
# The first paint is sooner without them.
LATER = {
    "argparse",
    "tomllib",
    "secrets",
    "engine.config.schema",
    "engine.prosody.forms.definitions",
    "engine.prosody.rhymes",
    "poetry_tui.compose.inspector.character_inspector",
    "poetry_tui.compose.request.fields",
}


def fresh(code: str, **environment: str) -> str:
    """What some code prints in an interpreter of its own."""
    inherited = {name: value for name, value in os.environ.items() if name != "TEXTUAL_DISABLE_KITTY_KEY"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**inherited, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_first_screen_loads_nothing_heavy() -> None:
    code = "import sys, poetry_tui.app, poetry_tui.compose.screen as _; print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in fresh(code).split()}
    assert not loaded & set(HEAVY)


def test_the_first_screen_leaves_to_later_what_the_first_paint_does_not_show() -> None:
    code = "import sys, poetry_tui.commands.cli, poetry_tui.app, poetry_tui.compose.screen as _; print(*sys.modules)"
    assert not LATER & set(fresh(code).split())


def test_the_other_screens_wait_until_they_are_wanted() -> None:
    loaded = fresh("import sys, poetry_tui.app; print(*sys.modules)").split()
    assert not {
        "poetry_tui.train.screen",
        "poetry_tui.favourites.screen",
        "poetry_tui.widgets.shell.help_screen",
    } & set(loaded)


def test_no_command_loads_the_template_engine_before_it_writes_a_report() -> None:
    assert (
        "jinja2"
        not in fresh(
            "import sys, poetry_tui.commands.cli; poetry_tui.commands.cli.make_parser(); print(*sys.modules)"
        ).split()
    )


def test_no_screen_loads_torch() -> None:
    code = (
        "import sys, poetry_tui.app, poetry_tui.compose.screen, poetry_tui.train.screen, poetry_tui.favourites.screen;"
        "print(*sys.modules)"
    )
    assert not {"torch", "safetensors"} & set(fresh(code).split())


def test_the_kitty_protocol_is_off_before_textual_is_imported() -> None:
    code = "import poetry_tui.app, textual.constants as c; print(c.DISABLE_KITTY_KEY)"
    assert fresh(code) == "True"
    assert fresh(code, TEXTUAL_DISABLE_KITTY_KEY="0") == "False"


def test_five_characters_committed_at_once_arrive_as_five_keys() -> None:
    parser = XTermParser()
    keys = [event for event in parser.feed("春江花月夜") if isinstance(event, Key)]
    assert [key.character for key in keys] == list("春江花月夜")
    assert all(key.is_printable for key in keys)
