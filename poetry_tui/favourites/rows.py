"""A row of the favourites file as values of the right types: SQLite keeps a text in a column of numbers, and a disk rots.

What cannot be read is left out and told of, so that one bad row hides no other poem; the file itself is left as it is.
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

# No poem comes near, and infinity is beyond.
MAX_NATS = 1e30


def fields_of(row: Sequence[Any]) -> dict[str, Any]:
    """The fields of a `Favourite`, from a row of `COLUMNS`. `problem` names what could not be read, which is then empty."""
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
    """The text, which will be printed and exported, without anything that could steer a terminal."""
    if not isinstance(value, str):
        raise ValueError("no text")
    return "\n".join(map(printable, value.split("\n")))


def _as(kind: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, kind)


def _settings(value: Any) -> Mapping[str, Any]:
    """Those of the settings that a composition takes; names that this studio does not know are kept as they are."""
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


# How each column is read, ValueError where it cannot be, and what stands in its place then.
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
