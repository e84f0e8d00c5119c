"""Lines of the wire, read and written: a message of `engine.composing.service.protocol` with its id as one JSON object."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from engine.composing.service.protocol import AnyReply, AnyRequest, Reply, Request
from engine.system.files import parse_json


class _Envelope(Struct, frozen=True):
    """What every line has beside its message."""

    id: Annotated[int, Meta(ge=0)]


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_REPLIES: msgspec.json.Decoder[AnyReply] = msgspec.json.Decoder(AnyReply)


def to_line(id: int, message: Request | Reply) -> bytes:
    """One line of the wire, with its line end."""
    return msgspec.json.encode({"id": id, **msgspec.to_builtins(message)}) + b"\n"


def reply_of_line(line: bytes) -> tuple[int, AnyReply]:
    """The id and the reply of a line. Raises ValueError (`msgspec.DecodeError`) for a line that is no reply."""
    return _ENVELOPES.decode(line).id, _REPLIES.decode(line)


def request_of_line(line: bytes) -> tuple[int, AnyRequest]:
    """The id and the request of a line.

    Raises:
        InvalidRequestError: with the id, 0 where it cannot be read.
    """
    try:
        # Not msgspec's decoder: a lone surrogate in a text shall not hide the request's id.
        fields = parse_json(line)
    except ValueError as error:
        raise InvalidRequestError(0, str(error)) from error
    id = fields.get("id") if isinstance(fields, Mapping) else None
    if type(id) is not int or id < 1:
        raise InvalidRequestError(0, "it is no object with a positive whole number as its id")
    try:
        return id, msgspec.convert(fields, AnyRequest)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(id, str(error)) from error


class InvalidRequestError(ValueError):
    """A line is no request. `id`: that of the request, 0 where it has none that can be read."""

    def __init__(self, id: int, problem: str) -> None:
        super().__init__(problem)
        self.id = id
