"""The history of one run, read from its folder for a report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from engine.model.metadata import read_metadata
from engine.model.registry import find_model
from engine.system.errors import ModelError
from poetry_tui.tracking.control import is_alive
from poetry_tui.tracking.reader import read_state
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status, probe_writer, status_of

T = TypeVar("T")


@dataclass(slots=True)
class RunHistory:
    """The state of a run at its end.

    `about`: the metadata of its best checkpoint, empty without one.
    """

    name: str
    status: Status = Status.STARTING
    state: RunState = field(default_factory=RunState)
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Mapping[str, Any]:
        return self.state.config


def read_history(folder: Path) -> RunHistory:
    """Read a run from its first event to its last.

    Raises:
        RunError: the event format's version is unknown.
        OSError: the events cannot be read.
    """
    writer = probe_writer(folder, is_alive(folder))
    state = read_state(folder)
    return RunHistory(folder.resolve().name, status_of(state, writer), state, _about(folder))


def spread(items: list[T], n: int) -> list[T]:
    """At most `n` of the items, evenly spaced, the first and the last among them."""
    if len(items) <= n:
        return items
    if n == 1:
        return items[-1:]
    return [items[round(index * (len(items) - 1) / (n - 1))] for index in range(n)]


def _about(folder: Path) -> Mapping[str, Any]:
    """The metadata of the run's best checkpoint; empty without one."""
    try:
        return read_metadata(find_model(folder))
    except ModelError:
        return {}
