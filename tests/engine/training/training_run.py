"""What a run left in its folder, and a way to stop it."""

from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_file

from engine.model.checkpoint import CheckpointFolder
from engine.runs import events
from engine.runs.event_log import from_line
from engine.runs.folder import CHECKPOINTS, EVENTS

N_STEPS = 24


def records_of(folder: Path) -> list[events.Record]:
    return [from_line(line) for line in (folder / EVENTS).read_text(encoding="utf-8").splitlines()]


def events_of(folder: Path, kind: type[events.Event]) -> list[events.Event]:
    return [record.event for record in records_of(folder) if isinstance(record.event, kind)]


def final_weights(folder: Path) -> dict[str, bytes]:
    last = CheckpointFolder(folder / CHECKPOINTS).find("last")
    assert last is not None
    return {name: value.numpy().tobytes() for name, value in load_file(last / "model.safetensors").items()}


def stop_after(n_checkpoints: int) -> tuple[Callable[[events.Record], None], Callable[[], bool]]:
    """An `on_record` that counts checkpoints, and a `stop_requested` that is true once there are enough."""
    seen: list[events.Record] = []

    def on_record(record: events.Record) -> None:
        if isinstance(record.event, events.CheckpointSaved):
            seen.append(record)

    return on_record, lambda: len(seen) >= n_checkpoints
