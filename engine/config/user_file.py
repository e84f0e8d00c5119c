"""`config.toml`: the user's defaults for composing, training and the studio, and key bindings. Flags take precedence.

The studio writes the file once, with every setting commented out, and never changes it.
"""

import contextlib
from collections.abc import Collection
from typing import Any

from engine.system.errors import UsageError, did_you_mean
from engine.system.files import is_there, read_start, write_atomically
from engine.system.names import shown
from engine.system.paths import config_file

SECTIONS = ("compose", "train", "studio", "keys")
MAX_BYTES = 1 << 20
TEMPLATE = """\
# Defaults of poetry-tui. Remove the # before a line to set it; a flag of the command line precedes it.
# 默认值：去掉行首的 # 即生效；命令行的选项优先。

[compose]
# form = "七绝"            # any form or tune, or "free"
# temperature = 0.8
# top_p = 0.9
# rhyme_book = "pingshui"  # pingshui, cilin or xinyun
# style = "盛唐"
# model = "studio-lstm"

[train]
# preset = "studio"        # and any flag of `poetry-tui train`, with _ for -:
# corpus = "tang"
# learning_rate = 0.001

[studio]
# language = "both"        # both, zh or en
# theme = "auto"           # auto (by the terminal's background), studio-ink, studio-paper, or any of Textual's
# charts = "auto"          # auto, braille or ascii

[keys]
# "compose.again" = "r"    # docs/keys.md lists the ids
"""


def config_section(name: str, known: Collection[str] = ()) -> dict[str, Any]:
    """A section of the file; empty if the file or section is missing. `known`: the settings that it may have; empty: any.

    Raises:
        UsageError: when the file cannot be read, is no TOML, or has an unknown section or setting.
    """
    path = config_file()
    if not is_there(path):
        return {}
    # Imported only if there is a file, so that the studio starts faster.
    import tomllib

    try:
        values = tomllib.loads(read_start(path, MAX_BYTES).decode())
    except (OSError, ValueError) as error:
        raise UsageError(
            "{path} cannot be read: {error}.", "Correct the file, or remove it.", path=path, error=error
        ) from error
    _refuse_unknown(values, SECTIONS)
    section = values.get(name, {})
    if not isinstance(section, dict):
        raise UsageError("{value} holds no settings.", "Settings are names with their values.", value=shown(name))
    if known:
        _refuse_unknown(section, known)
    return section


def _refuse_unknown(names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, "Correct {path}.", path=config_file())
            raise UsageError("There is no setting called {name}.", hint, name=shown(name))


def write_template() -> None:
    """Write the commented template if there is no file; an OSError is ignored, because the file is optional."""
    with contextlib.suppress(OSError):
        if not is_there(config_file()):
            write_atomically(config_file(), TEMPLATE)
