"""What the engine service says, as plain data. The service's own module documents the lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.errors import StudioError
from poetry_tui.engine_client.inspection import Alternative, to_alternatives


class Phase(StrEnum):
    """What the service is doing.

    `ASLEEP`: nobody has wanted it yet. `NO_MODEL`: it lives, but the wanted model cannot be loaded. `FAILED`: given up.
    """

    ASLEEP = "asleep"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    NO_MODEL = "no_model"
    RESTARTING = "restarting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    name: str
    device: str
    cell: str
    n_params: int


@dataclass(frozen=True, slots=True)
class EngineState:
    """`problem` is set for NO_MODEL, RESTARTING and FAILED."""

    phase: Phase
    model: LoadedModel | None = None
    problem: StudioError | None = None


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character and what the model thought of it, at temperature 1 and without any mask.

    `given`: a begin character, not drawn. `alternatives`: the likeliest characters, with and without the mask.
    `allowed_probability`: with it.
    """

    index: int
    character: str
    probability: float
    surprise_nats: float
    given: bool
    alternatives: tuple[Alternative, ...]
    allowed_probability: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether it is known what the model thought of it: poems that come whole come without."""
        return self.probability > 0


@dataclass(frozen=True, slots=True)
class PoemDone:
    """The last word of a composition. `finish`: "end", or "limit" where it grew too long.

    `score` ranks candidates: the mean of ln p over the characters, less a penalty for repeated ones. `rhyme`: the group that
    verse in a form rhymes in. `seed` and `n_particles` are the settings that give the poem again.
    """

    begin: str
    text: str
    seed: int
    model: str
    logprob: float
    finish: str
    score: float | None = None
    rhyme: str | None = None
    n_particles: int = 0


@dataclass(frozen=True, slots=True)
class Novelty:
    """What a poem shares with the training text: the longest run of characters, and how many whole lines.

    `is_exact`: looked up in the corpus itself, which then names `line`, `title` and `author`; else told by the model's filter.
    """

    longest_run: int
    run: str
    n_lines_copied: int
    is_exact: bool
    line: str | None = None
    title: str | None = None
    author: str | None = None


def to_glyph(reply: Mapping[str, Any]) -> Glyph:
    """KeyError, TypeError or ValueError for a reply that is no glyph."""
    return Glyph(
        index=int(reply["index"]),
        character=str(reply["character"]),
        probability=float(reply["probability"]),
        surprise_nats=float(reply["surprise_nats"]),
        given=bool(reply["given"]),
        alternatives=to_alternatives(reply["alternatives"]),
        allowed_probability=float(reply["allowed_probability"]),
    )


def to_poem(reply: Mapping[str, Any]) -> PoemDone:
    """KeyError, TypeError or ValueError for a reply that is no poem."""
    return PoemDone(
        begin=str(reply["begin"]),
        text=str(reply["text"]),
        seed=int(reply["seed"]),
        model=str(reply["model"]),
        logprob=float(reply["logprob"]),
        finish=str(reply["finish"]),
        score=None if reply.get("score") is None else float(reply["score"]),
        rhyme=None if reply.get("rhyme") is None else str(reply["rhyme"]),
        n_particles=int(reply.get("n_particles", 0)),
    )


def to_novelty(reply: Mapping[str, Any]) -> Novelty:
    """KeyError, TypeError or ValueError for a reply that is none."""
    line, title, author = (None if reply[name] is None else str(reply[name]) for name in ("line", "title", "author"))
    return Novelty(
        longest_run=int(reply["longest_run"]),
        run=str(reply["run"]),
        n_lines_copied=int(reply["n_lines_copied"]),
        is_exact=bool(reply["exact"]),
        line=line,
        title=title,
        author=author,
    )


def to_model(reply: Mapping[str, Any]) -> LoadedModel:
    """KeyError, TypeError or ValueError for a reply that is no loaded model."""
    return LoadedModel(str(reply["model"]), str(reply["device"]), str(reply["cell"]), int(reply["n_params"]))
