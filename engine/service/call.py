"""One request being carried out: what was asked, and how to answer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.config import ComposeConfig
from engine.errors import UsageError
from engine.system.safe_text import shown

if TYPE_CHECKING:
    from engine.model.checkpoint import LoadedModel

MOST_ALTERNATIVES = 1000

Request = Mapping[str, Any]


class CancelledError(Exception):
    """Nobody waits for the answer any more; the service says so and goes on."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, and the means to answer it: `reply(kind, **fields)`, `is_cancelled()`, `load(name or None)`."""

    request: Request
    reply: Callable[..., None]
    is_cancelled: Callable[[], bool]
    load: Callable[[str | None], "LoadedModel"]

    def model(self) -> "LoadedModel":
        """The model that the request names, loaded."""
        return self.load(self.request.get("model"))

    def go_on(self) -> None:
        """To be called again and again by whatever takes long. Raises CancelledError when the request was cancelled."""
        if self.is_cancelled():
            raise CancelledError

    def compose_config(self) -> ComposeConfig:
        """Raises UsageError when the request's `config` is none."""
        values = self.request.get("config", {})
        if not isinstance(values, dict):
            raise UsageError("The config of a composition is no object.", "Send the fields of ComposeConfig.")
        return ComposeConfig.from_dict(values)

    def text(self, name: str) -> str:
        """A field that must be a text. Raises UsageError."""
        value = self.request.get(name)
        if not isinstance(value, str):
            raise UsageError(f"{name} cannot be {shown(value)}.", "Send a text.")
        return value

    def count(self, name: str, usual: int, low: int, high: int) -> int:
        """A field that must be a whole number, or `usual` without it. Raises UsageError."""
        value = self.request.get(name, usual)
        if not is_count(value) or not low <= value <= high:
            raise UsageError(f"{name} cannot be {shown(value)}.", f"Send a whole number from {low} to {high}.")
        return int(value)

    def n_alternatives(self) -> int:
        return self.count("n_alternatives", 0, 0, MOST_ALTERNATIVES)


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def short(value: float) -> float:
    """A number with as many digits as anybody wants to see."""
    return float(f"{value:.5g}")
