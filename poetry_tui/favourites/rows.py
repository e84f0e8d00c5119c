"""Parse a row of the favourites file. SQLite does not enforce column types, and a disk may corrupt data.

An unreadable field becomes empty and is reported, so that one bad row hides no other poem; the file itself is not changed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, convert

from engine.config.options import check_setting
from engine.config.schema import ComposeConfig
from engine.runs.events import MAX_TIME_S
from engine.system.errors import Message, UsageError
from engine.system.files import parse_json
from engine.system.names import printable

# Largest absolute log-probability accepted; excludes infinity.
MAX_NATS = 1e30


def fields_of(row: Sequence[Any]) -> dict[str, Any]:
    """The fields of a `Favourite`, from a row of `COLUMNS`. `problem` names the unreadable fields, which are then empty."""
    values, bad = {"id": row[0]}, []
    for name, value in zip(COLUMNS[1:], row[1:], strict=True):
        reader, empty = _READERS[name]
        try:
            values[name] = reader(value)
        except ValueError:
            values[name] = empty
            bad.append(name)
    values["problem"] = Message("What the file says of its {names} cannot be read.", names=tuple(bad)) if bad else ""
    return values


def _text(value: Any) -> str:
    """The text without control characters, because it will be printed to a terminal."""
    if not isinstance(value, str):
        raise ValueError("no text")
    return "\n".join(map(printable, value.split("\n")))


def _as(kind: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, kind)


def _settings(value: Any) -> Mapping[str, Any]:
    """The settings of a composition, checked; names unknown to this version are kept unchecked."""
    settings = parse_json(_text(value))
    if not isinstance(settings, dict):
        raise ValueError("no settings")
    for name, setting in settings.items():
        try:
            check_setting(ComposeConfig, name, setting)
        except UsageError as error:
            raise ValueError(str(error)) from error
    return settings


def _tags(value: Any) -> tuple[str, ...]:
    tags = parse_json(_text(value))
    if not isinstance(tags, list):
        raise ValueError("no list")
    return tuple(map(_text, tags))


# By column: its reader, which raises ValueError, and the value of an unreadable field.
_READERS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "text": (_text, ""),
    "begin": (_text, ""),
    "model": (_text, ""),
    "seed": (_as(Annotated[int, Meta(ge=0)]), 0),
    "settings": (_settings, {}),
    "logprob": (_as(Annotated[float, Meta(ge=-MAX_NATS, le=MAX_NATS)] | None), None),
    "created_s": (_as(Annotated[float, Meta(ge=0, le=MAX_TIME_S)]), 0.0),
    "title": (_text, ""),
    "tags": (_tags, ()),
    "note": (_text, ""),
    "collection": (_text, ""),
}
COLUMNS = ("id", *_READERS)
