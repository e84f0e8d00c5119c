"""Results, one JSON line for each row, so that an interrupted series continues where it stopped."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a row; `chars_per_cpu_s` is per second of processor time, independent of other programs."""

    name: str
    max_steps: int
    n_chars: int
    chars_per_cpu_s: float
    n_params: int
    nats_per_han: float


def known(results: Path) -> Mapping[str, Measured]:
    """The rows measured so far, by name."""
    if not results.exists():
        return {}
    measured = (Measured(**json.loads(line)) for line in results.read_text(encoding="utf-8").splitlines())
    return {one.name: one for one in measured}


def note(results: Path, measured: Measured) -> None:
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(measured), ensure_ascii=False) + "\n")
