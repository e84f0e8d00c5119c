"""The recurrent engine: corpora, models, training and composing. It knows no screen.

`load`, `compose`, `check`, `evaluate` and `train` are those of `engine.commands.api`; docs/python.md shows their use.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    # When first used, and by its name: `import engine` stays cheap, and the interface, which imports it, free of all this.
    if name in ("check", "compose", "evaluate", "load", "train"):
        return getattr(import_module("engine.commands.api"), name)
    if name == "__version__":
        return import_module("engine.system").__version__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
