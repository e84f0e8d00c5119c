"""The state of the composing service, as the client knows it."""

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import StudioError
from engine.service.protocol import LoadedModel


class Phase(StrEnum):
    """What the service is doing.

    `ASLEEP`: not started. `NO_MODEL`: it runs, but the requested model cannot be loaded. `FAILED`: it died again and again, and is not
    started any more.
    """

    ASLEEP = "asleep"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    NO_MODEL = "no_model"
    RESTARTING = "restarting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineState:
    """`problem` is set for NO_MODEL, RESTARTING and FAILED."""

    phase: Phase
    model: LoadedModel | None = None
    problem: StudioError | None = None
