"""Requests that no client of ours sends: each gets a last word, and none is unforeseen or ends the service."""

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import convert

from engine.composing.composer import compose_poem
from engine.composing.replies import Failure
from engine.composing.requests import AnyRequest
from engine.composing.service.server import Service
from engine.config.schema import ComposeConfig
from engine.system.paths import models
from tests.engine.small_model import save_small_model, small_model
from tests.hostile.mutations import FACTOR, NAMES, as_json, documents, rng, texts

LAST_WORDS = {"loaded", "poem", "done", "inspected", "states", "novelty", "cancelled", "error"}


class Replies(io.BytesIO):
    """What a service answered."""

    def taken(self) -> list[dict[str, Any]]:
        lines = self.getvalue().splitlines()
        self.seek(0)
        self.truncate()
        return [json.loads(line, parse_constant=pytest.fail) for line in lines]


class Once(Service):
    """A service that carries out what it has been asked for, and then goes on to the next lines."""

    def work_off(self) -> None:
        while not self._requests.empty():
            self.carry_out(*self._requests.get())


def said_by(reply: dict[str, Any]) -> tuple[str, str]:
    """The sentence and the hint of an error in English; nothing for any other reply."""
    if reply["reply"] != "error":
        return "", ""
    error = convert(reply, Failure).error()
    return error.message, error.hint


REQUESTS: tuple[dict[str, Any], ...] = (
    {"id": 1, "op": "load", "model": "mine"},
    {"id": 2, "op": "compose", "model": "mine", "config": {"begin": "日", "max_chars": 12, "seed": 1}, "n_alternatives": 3},
    {"id": 3, "op": "candidates", "model": "mine", "config": {"begin": "日", "max_chars": 8, "temperature": 0.5, "top_p": 0.9}, "n": 2},
    {"id": 4, "op": "inspect", "model": "mine", "config": {"begin": "日"}, "text": "日月，", "index": 1, "n_alternatives": 3, "n_units": 8},
    {"id": 5, "op": "novelty", "model": "mine", "text": "日月山水"},
    {"id": 6, "op": "states", "model": "mine", "config": {"begin": "日"}, "text": "日月，", "layer": 1, "kind": "hidden", "n_units": 8},
    {"id": 7, "op": "cancel", "target": 3},
)  # fmt: skip


def requests(chance: random.Random, n: int) -> Iterator[bytes]:
    for request in REQUESTS:
        yield from (as_json(one) for one in documents(request, chance, n))
        yield from texts(as_json(request), chance, n // 5)
        for name in chance.sample(NAMES, 4):
            field = chance.choice([key for key in request if key not in ("id", "op")])
            if field == "config":
                yield as_json(
                    {
                        **request,
                        "config": {"begin": name, "form": chance.choice(("free", "五绝", name)), "max_chars": 8},
                    }
                )
            else:
                yield as_json({**request, field: name})


def test_every_request_gets_an_answer_and_none_is_unforeseen(capfd: pytest.CaptureFixture[str]) -> None:
    save_small_model(models() / "mine")
    replies = Replies()
    service = Once(replies)
    for data in requests(rng("service"), 40 * FACTOR):
        lines = [line for line in data.replace(b"\r", b" ").split(b"\n") if line.strip()]
        service.read(io.BytesIO(b"\n".join([*lines, b""])))
        service.work_off()
        for reply in replies.taken():
            message, hint = said_by(reply)
            said = message + hint
            assert "failed:" not in said, (data[:300], said)
            assert said.isprintable(), (data[:300], said)
            assert len(message) < 500, (data[:300], said[:200])
    assert "Traceback" not in capfd.readouterr().err


def test_a_service_answers_a_good_request_after_any_bad_one() -> None:
    save_small_model(models() / "mine")
    replies = Replies()
    service = Once(replies)
    for bad in (
        b"[" * 5000,
        b'{"id":1e999}',
        b"\xff\xfe",
        b'{"id":9' + b"9" * 400 + b',"op":"load"}',
        b'{"id":1,"op":["load"]}',
        b"null",
    ):
        service.read(io.BytesIO(bad + b"\n" + as_json(REQUESTS[0]) + b"\n"))
        service.work_off()
        words = [reply["reply"] for reply in replies.taken()]
        assert words == ["error", "loaded"], bad[:50]


def test_every_operation_is_among_the_requests() -> None:
    assert {request["op"] for request in REQUESTS} == {kind.__struct_config__.tag for kind in get_args(AnyRequest)} - {
        "shutdown"
    }


@pytest.mark.parametrize("value", ["\ud800", "日\x00月", "x" * 5000])
def test_a_text_that_is_none_is_refused_by_the_config(value: str, tmp_path: Path) -> None:
    from engine.system.errors import UsageError

    with pytest.raises(UsageError):
        compose_poem(small_model(), ComposeConfig(begin=value))
