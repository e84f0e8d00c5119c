"""The messages of the service on the wire, and the fake service of the face's tests held to the real one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.composing.replies import (
    LAST_REPLIES,
    Alternative,
    AnyReply,
    Candidate,
    Failure,
    Poem,
    Reply,
    Token,
    reply_of_line,
    to_line,
)
from engine.composing.requests import (
    AnyRequest,
    Cancel,
    ComposeCandidates,
    ComposePoem,
    InspectCharacter,
    InspectStates,
    InvalidRequestError,
    LoadModel,
    MeasureNovelty,
    Request,
    Shutdown,
    request_of_line,
)
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.model.checkpoint import save_model
from engine.system.errors import ComposeError, Message, StudioError
from tests.engine.small_model import small_model
from tests.small_corpus import write_corpus

FAKE_SERVICE = Path(__file__).parents[2] / "poetry_tui" / "engine_client" / "fake_service.py"
CONFIG = {"begin": "日", "seed": 7, "max_chars": 12, "temperature": 0.8}
TEXT = "日月山水风，"
# One request of every kind that a client sends and that leads to the same kinds of replies in both services.
REQUESTS: tuple[AnyRequest, ...] = (
    LoadModel(),
    ComposePoem(CONFIG, n_alternatives=10),
    ComposeCandidates({**CONFIG, "max_chars": 8}, 2),
    InspectCharacter(TEXT, 2, CONFIG),
    InspectStates(TEXT, config=CONFIG),
    MeasureNovelty(TEXT),
    Shutdown(),
)


def kinds(union: Any) -> dict[str, type[Any]]:
    return {kind.__struct_config__.tag: kind for kind in get_args(union)}


requests = st.one_of(
    st.builds(LoadModel, st.none() | st.text()),
    st.builds(ComposePoem, st.dictionaries(st.text(), st.integers(-9, 9) | st.text()), st.none() | st.text()),
    st.builds(ComposeCandidates, st.just({}), st.integers(1, 64)),
    st.builds(InspectCharacter, st.text(), st.integers(0, 60_000)),
    st.builds(InspectStates, st.text(min_size=1), st.none() | st.integers(0, 9), st.sampled_from(["hidden", "memory"])),
    st.builds(MeasureNovelty, st.text()),
    st.builds(Cancel, st.integers(0, 2**31)),
    st.just(Shutdown()),
)


@given(st.integers(1, 2**53), requests)
def test_a_request_arrives_as_it_was_sent(id: int, request: AnyRequest) -> None:
    line = to_line(id, request)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert request_of_line(line) == (id, request)


def test_a_reply_arrives_as_it_was_sent_with_the_id_of_its_request() -> None:
    token = Token(0, "日", 0.5, 0.69, True, (Alternative("月", 0.2, 0.0),), 0.6, 1, 1)
    assert reply_of_line(to_line(3, token)) == (3, token)
    assert token.alternatives[0].is_forbidden
    assert json.loads(to_line(3, token))["alternatives"] == [["月", 0.2, 0.0]]


def test_an_error_arrives_with_its_templates_and_parameters() -> None:
    place = Message("position {number} of line {number2}", number=3, number2=1)
    problem = StudioError("No “{what}” at {place}: {error}.", what="}{\n", place=place, error=ValueError("x"))
    hint = Message("{braces} stay.")
    failure = Failure.of(StudioError(problem.message, hint))
    id, reply = reply_of_line(to_line(0, failure))
    assert (id, reply) == (0, failure)
    assert isinstance(reply, Failure)
    error = reply.error(ComposeError)
    assert isinstance(error, ComposeError)
    assert str(error) == "No “}{ ” at position 3 of line 1: x. {braces} stay."
    assert isinstance(error.message, Message)
    assert (error.message.template, error.message.parameters["place"]) == (problem.message.template, place)


def test_a_candidate_is_a_poem_and_is_not_the_last_reply() -> None:
    assert issubclass(Candidate, Poem)
    assert Poem in LAST_REPLIES
    assert Candidate not in LAST_REPLIES


@pytest.mark.parametrize(
    ("line", "id"),
    [
        (b'{"id": 4, "op": "candidates", "n": 65}', 4),
        (b'{"id": 4, "op": "candidates", "n": 0}', 4),
        (b'{"id": 4, "op": "inspect", "text": "x", "index": -1}', 4),
        (b'{"id": 4, "op": "inspect"}', 4),
        (b'{"id": 4, "op": "states", "text": ""}', 4),
        (b'{"id": 4, "op": "states", "text": "x", "layer": -1}', 4),
        (b'{"id": 4, "op": "states", "text": "x", "kind": "gate"}', 4),
        (b'{"id": 4, "op": "novelty", "text": 3}', 4),
        (b'{"id": 4, "op": "compose", "n_alternatives": true}', 4),
        (b'{"id": 4, "op": "compose", "n_alternatives": 1001}', 4),
        (b'{"id": 0, "op": "load"}', 0),
        (b'{"id": 4.0, "op": "load"}', 0),
        (b'{"op": "load"}', 0),
        (b"[]", 0),
    ],
)
def test_a_line_that_is_no_request_is_refused_with_the_id_that_it_has(line: bytes, id: int) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        request_of_line(line)
    assert caught.value.id == id
    assert str(caught.value)


@pytest.mark.parametrize(
    "line", [b"", b"loading\n", b"{}", b'{"id": 1}', b'{"id": 1, "reply": "song"}', b"\xff", b"[1]"]
)
def test_a_line_that_is_no_reply_is_an_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        reply_of_line(line)


def transcript(command: list[str], home: Path) -> dict[int, list[tuple[Reply, dict[str, Any]]]]:
    """The replies of a service to REQUESTS, by id: each as a message and as its fields on the wire."""
    lines = b"".join(to_line(id, request) for id, request in enumerate(REQUESTS, start=1))
    # Both services end at the end of stdin, in the middle of their work: it stays open until the last reply.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "POETRY_TUI_HOME": str(home)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(lines[: lines.index(to_line(len(REQUESTS), Shutdown()))])
        process.stdin.flush()
        replies: dict[int, list[tuple[Reply, dict[str, Any]]]] = {}
        n_open = len(REQUESTS) - 1
        while n_open:
            line = process.stdout.readline()
            assert line, "the service ended early"
            try:
                id, reply = reply_of_line(line)
            except ValueError:
                continue  # a library that prints, in the fake one on purpose
            replies.setdefault(id, []).append((reply, json.loads(line)))
            n_open -= type(reply) in LAST_REPLIES
        process.stdin.write(to_line(len(REQUESTS), Shutdown()))
        process.stdin.close()
        assert process.wait(60) == 0
    return replies


def shape(value: Any) -> Any:
    """What a value of the wire is made of: numbers, texts, objects by their keys, lists by their first member."""
    match value:
        case bool() | None:
            return "yes, no or nothing"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return [shape(value[0])] if value else []
        case dict():
            return {key: shape(member) for key, member in value.items()}
    raise AssertionError(value)


# What differs from poem to poem, and of the fields whose value may be nothing.
OPTIONAL = ("rhyme", "order", "score", "parallelism", "lines", "verdicts")


def test_the_fake_service_answers_as_the_real_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POETRY_TUI_HOME", str(tmp_path))
    corpus = import_poems(open_poems(write_corpus(tmp_path / "poems.txt")))
    # Novelty is measured against the corpus that the model says it was trained on.
    about = {"name": "small", "steps": 7, "corpus": {"name": corpus.name, "sha256": corpus.sha256}}
    small = small_model("lstm")
    save_model(tmp_path / "models" / "studio-lstm", small.model, small.vocabulary, about)
    real_requests = [sys.executable, "-m", "engine", "service"]
    real = transcript(real_requests, tmp_path)
    fake = transcript([sys.executable, "-P", str(FAKE_SERVICE)], tmp_path)
    for id in (0, *range(1, len(REQUESTS))):
        names = [list(dict.fromkeys(type(reply).__name__ for reply, _ in one[id])) for one in (real, fake)]
        assert names[0] == names[1], id
        for real_fields, fake_fields in zip(_first_of_each(real[id]), _first_of_each(fake[id]), strict=True):
            assert set(real_fields) == set(fake_fields)
            optional = OPTIONAL if isinstance(REQUESTS[id - 1], ComposePoem | ComposeCandidates) else ()
            for key in set(real_fields) - set(optional) - {"layers", "alternatives"}:
                assert shape(real_fields[key]) == shape(fake_fields[key]), (id, key)
            if "layers" in real_fields:
                assert shape(real_fields["layers"][0]) == shape(fake_fields["layers"][0])
                assert shape(real_fields["alternatives"]) == shape(fake_fields["alternatives"])


def _first_of_each(replies: list[tuple[Reply, dict[str, Any]]]) -> list[dict[str, Any]]:
    found: dict[type[Reply], dict[str, Any]] = {}
    for reply, fields in replies:
        found.setdefault(type(reply), fields)
    return list(found.values())


def test_the_transcript_covers_every_kind_of_request_and_most_replies() -> None:
    assert {type(request) for request in REQUESTS} == set(kinds(AnyRequest).values()) - {Cancel}
    assert all(issubclass(kind, Request) for kind in kinds(AnyRequest).values())
    assert all(issubclass(kind, Reply) for kind in kinds(AnyReply).values())
