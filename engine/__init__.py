"""The engine: corpora, models, training and composing. Imports no screen.

`load`, `compose`, `check`, `evaluate` and `train` are functions of `engine.commands.api`; see docs/python.md.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    # Imported by name on first use: `import engine` stays cheap, and the interface, which imports it, loads no torch.
    if name in ("check", "compose", "evaluate", "load", "train"):
        return getattr(import_module("engine.commands.api"), name)
    if name == "__version__":
        return import_module("engine.system").__version__
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
