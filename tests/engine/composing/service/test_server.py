"""The composing service, through a real process."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.composing.composer import compose_many
from engine.composing.requests import VERSION
from engine.composing.service.server import Service
from engine.config.schema import CELLS
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.small_model import VOCABULARY, save_small_model

Reply = dict[str, Any]


class Client:
    """Speaks with one service process."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine", "service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "POETRY_TUI_HOME": str(home)},
        )
        self.last_id = 0

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, op: str, **fields: object) -> int:
        self.last_id += 1
        self.send_bytes(json.dumps({"id": self.last_id, "op": op, **fields}).encode() + b"\n")
        return self.last_id

    def receive(self) -> Reply:
        assert self.process.stdout is not None
        reply: Reply = json.loads(self.process.stdout.readline())
        return reply

    def answer_to(self, request_id: int) -> list[Reply]:
        """All replies up to the last word on a request."""
        replies = [self.receive()]
        while replies[-1]["id"] != request_id or replies[-1]["reply"] == "token":
            replies.append(self.receive())
        return replies

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait()
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("service-home")
    for cell in CELLS:
        save_small_model(home / "models" / f"my-{cell}", cell)
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    client = Client(home)
    assert client.receive() == {"id": 0, "reply": "hello", "protocol": VERSION, "pid": client.process.pid}
    yield client
    assert client.end() == 0


def test_a_model_is_loaded_by_name(client: Client) -> None:
    request = client.send("load", model="my-lstm")
    (reply,) = client.answer_to(request)
    assert list(reply) == ["id", "reply", "model", "device", "cell", "n_params", "vocab_size"]
    assert (reply["reply"], reply["model"], reply["cell"]) == ("loaded", "small", "lstm")
    assert reply["vocab_size"] == len(VOCABULARY)


def test_a_poem_comes_token_by_token_and_then_whole(client: Client) -> None:
    config = {"begin": "日", "seed": 7, "max_chars": 12, "temperature": 1.0}
    request = client.send("compose", model="my-lstm", config=config, n_alternatives=3)
    *tokens, poem = client.answer_to(request)
    assert {reply["reply"] for reply in tokens} == {"token"}
    assert [token["index"] for token in tokens] == list(range(len(tokens)))
    assert "".join(token["character"] for token in tokens) == poem["text"]
    assert tokens[0]["is_forced"]
    assert all(len(token["alternatives"]) == 3 for token in tokens)
    assert poem["reply"] == "poem"
    assert (poem["begin"], poem["seed"], poem["model"]) == ("日", 7, "small")
    assert "".join(poem["lines"]) == poem["text"]

    again = client.send("compose", model="my-lstm", config=config)
    assert client.answer_to(again)[-1] == {**poem, "id": again}


def test_models_can_be_changed_and_changed_back(client: Client) -> None:
    texts = []
    for model in ("my-lstm", "my-gru", "my-rnn", "my-lstm"):
        request = client.send("compose", model=model, config={"begin": "日", "seed": 1, "temperature": 1.0})
        texts.append(client.answer_to(request)[-1]["text"])
    assert texts[0] == texts[3]
    assert len(set(texts)) == 3


def test_a_composition_can_be_cancelled_and_the_next_one_follows(client: Client) -> None:
    endless = client.send("compose", model="my-lstm", config={"begin": "日", "max_chars": 60_000, "temperature": 0})
    queued = client.send("compose", model="my-lstm", config={"begin": "月", "max_chars": 60_000, "temperature": 0})
    client.send("cancel", target=endless)
    client.send("cancel", target=queued)
    following = client.send("compose", model="my-lstm", config={"begin": "山", "max_chars": 3})
    last_words = [reply for reply in client.answer_to(following) if reply["reply"] != "token"]
    assert [(reply["id"], reply["reply"]) for reply in last_words] == [
        (endless, "cancelled"),
        (queued, "cancelled"),
        (following, "poem"),
    ]


def test_whatever_takes_long_can_be_cancelled(client: Client) -> None:
    endless = client.send("compose", model="my-lstm", config={"begin": "日", "max_chars": 60_000, "temperature": 0})
    candidates = client.send("candidates", model="my-lstm", config={"begin": "月"}, n=64)
    novelty = client.send("novelty", model="my-lstm", text="日月山水风，花雪夜江湖。")
    # The last one first: those behind are not begun before their end is known.
    for target in (novelty, candidates, endless):
        client.send("cancel", target=target)
    last_words = [reply for reply in client.answer_to(novelty) if reply["reply"] != "token"]
    expected = [(request, "cancelled") for request in (endless, candidates, novelty)]
    assert [(reply["id"], reply["reply"]) for reply in last_words] == expected


def test_cancelling_what_is_finished_or_never_was_is_ignored(client: Client) -> None:
    finished = client.send("load", model="my-lstm")
    client.answer_to(finished)
    client.send("cancel", target=finished)
    client.send("cancel", target=10**6)
    request = client.send("load", model="my-lstm")
    assert [reply["id"] for reply in client.answer_to(request)] == [request]


@pytest.mark.parametrize(
    ("line", "expected_id"),
    [
        (b"garbage", 0),
        (b"\xff\xfe\x00", 0),
        (b"[" * 100_000, 0),
        (b"[1, 2]", 0),
        (b"null", 0),
        (b'{"op": "load"}', 0),
        (b'{"id": "seven", "op": "load"}', 0),
        (b'{"id": true, "op": "load"}', 0),
        (b'{"id": 900}', 900),
        (b'{"id": 901, "op": "dance"}', 901),
        (b'{"id": 902, "op": "cancel"}', 902),
        (b'{"id": 903, "op": "load", "model": 3}', 903),
        (b'{"id": 904, "op": "load", "model": "no-such-model"}', 904),
        (b'{"id": 905, "op": "compose", "model": "my-lstm", "config": []}', 905),
        (b'{"id": 906, "op": "compose", "model": "my-lstm", "config": {"mood": "sad"}}', 906),
        (b'{"id": 907, "op": "compose", "model": "my-lstm", "config": {"temperature": -1}}', 907),
        (b'{"id": 908, "op": "compose", "model": "my-lstm", "config": {"begin": "\\u9e53"}}', 908),
        (b'{"id": 909, "op": "compose", "model": "my-lstm", "config": {"begin": "\\ud800"}}', 909),
        (b'{"id": 910, "op": "compose", "model": "my-lstm", "n_alternatives": -1}', 910),
        (b'{"id": 911, "op": "compose", "model": "my-lstm", "n_alternatives": 1.5}', 911),
        (b'{"id": 912, "op": "load", "model": "' + b"x" * (1 << 20) + b'"}', 0),
    ],
)
def test_a_wrong_request_is_answered_with_an_error_and_the_service_lives(
    client: Client, line: bytes, expected_id: int
) -> None:
    client.send_bytes(line + b"\n")
    reply = client.receive()
    assert (reply["id"], reply["reply"]) == (expected_id, "error")
    assert reply["message"]
    request = client.send("load", model="my-lstm")
    assert client.answer_to(request)[-1]["reply"] == "loaded"


def test_empty_lines_are_nothing(client: Client) -> None:
    client.send_bytes(b"\n  \n")
    request = client.send("load", model="my-lstm")
    assert [reply["reply"] for reply in client.answer_to(request)] == ["loaded"]


def test_ctrl_c_in_the_terminal_does_not_reach_it(client: Client) -> None:
    client.process.send_signal(signal.SIGINT)
    request = client.send("load", model="my-lstm")
    assert client.answer_to(request)[-1]["reply"] == "loaded"


def test_it_ends_with_its_client_in_the_middle_of_a_poem(home: Path) -> None:
    client = Client(home)
    client.receive()
    client.send("compose", model="my-lstm", config={"begin": "日", "max_chars": 60_000, "temperature": 0})
    while client.receive()["reply"] != "token":
        pass
    assert client.end() == 0


def test_it_ends_when_told_before_anything_was_loaded(home: Path) -> None:
    client = Client(home)
    client.receive()
    client.send("shutdown")
    assert client.process.wait() == 0
    client.end()


def test_a_poem_is_composed_for_nobody_until_a_request_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    n_segments, comes_with_first = 0, b""

    def counted(*arguments: Any, on_progress: Any, **options: Any) -> Any:
        def count(*progress: int) -> None:
            nonlocal n_segments
            n_segments += 1
            service.read(io.BytesIO(comes_with_first))
            on_progress(*progress)

        return compose_many(*arguments, on_progress=count, **options)

    replies = io.BytesIO()
    service = Service(replies)
    monkeypatch.setattr(service, "_model", lambda _: rhyming_model())
    monkeypatch.setattr("engine.composing.composer.compose_many", counted)
    service.warm_up(None)
    n_of_whole_poem = n_segments
    assert n_of_whole_poem > 1
    comes_with_first = b'{"id": 1, "op": "load", "model": null}\n'
    service.warm_up(None)
    assert n_segments == n_of_whole_poem + 1
    service.warm_up(None)
    assert n_segments == n_of_whole_poem + 1
    assert replies.getvalue() == b""
