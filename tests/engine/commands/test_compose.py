"""Composing in a form by the command line and by the service."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.__main__ import main
from engine.composing.composer import FREE_POOL, SMALL_REQUEST_POOL
from engine.composing.replies import Candidate, CandidatesDone, Progress, Reply
from engine.composing.requests import ComposeCandidates, ComposePoem, Request
from engine.composing.service.handlers import Call, CancelledError, candidates, compose
from engine.model.checkpoint import save_model
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.prosody.verse_judge import faults

Line = dict[str, Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    loaded = rhyming_model()
    folder: Path = tmp_path_factory.mktemp("models") / "rhyming"
    save_model(folder, loaded.model, loaded.vocabulary, {"name": "rhyming"})
    return str(folder)


def poems_of(out: str) -> list[Line]:
    return [json.loads(line) for line in out.splitlines()]


def test_candidates_are_printed_best_first(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "春", "日", "--form", "七绝", "--rhyme", "东", "-n", "3", "--json", "--model", model]) == 0
    poems = poems_of(capsys.readouterr().out)
    assert [poem["begin"] for poem in poems] == ["春"] * 3 + ["日"] * 3
    for poem in poems:
        assert faults(poem["text"], "qijue", "一东") == []
        assert (poem["form"], poem["rhyme"], poem["finish"]) == ("qijue", "一东", "end")
        assert poem["verdicts"] == {"form": True, "tones": True, "rhyme": True}
    scores = [poem["score"] for poem in poems]
    assert scores[:3] == sorted(scores[:3], reverse=True)


def test_without_a_form_a_poem_is_a_qijue_and_free_verse_is_asked_for(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", "春", "--json", "--model", model]) == 0
    (poem,) = poems_of(capsys.readouterr().out)
    assert poem["form"] == "qijue"
    assert faults(poem["text"], "qijue", poem["rhyme"]) == []
    assert main(["compose", "春", "--form", "free", "--seed", "1", "--json", "--model", model]) == 0
    assert poems_of(capsys.readouterr().out)[0]["form"] == "free"


def test_a_kept_text_without_a_form_gives_the_lengths_of_its_lines(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", "--keep", "□山□□，□月□。", "--seed", "1", "--json", "--model", model]) == 0
    (poem,) = poems_of(capsys.readouterr().out)
    assert (poem["form"], poem["text"][1], poem["text"][6]) == ("free", "山", "月")


def test_words_to_use_are_given_one_by_one(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "春", "--use", "山水", "月", "--json", "--model", model]) == 0
    (poem,) = poems_of(capsys.readouterr().out)
    assert "山水" in poem["text"]
    assert "月" in poem["text"]
    assert poem["form"] == "qijue"


def test_the_seed_of_a_candidate_gives_it_again(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compose", "--form", "wujue", "--model", model, "--json"]
    main(words)
    (poem,) = poems_of(capsys.readouterr().out)
    main([*words, "--seed", str(poem["seed"])])
    assert poems_of(capsys.readouterr().out)[0]["text"] == poem["text"]


def test_every_wish_has_a_flag(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--form", "五律", "--order", "aBbA", "--acrostic", "春□月", "--tail", "□东", "--rhyme", "东"]
    assert main(["compose", *flags, "--model", model, "--json"]) == 0
    (poem,) = poems_of(capsys.readouterr().out)
    assert poem["order"] == "aBbAaBbA"
    assert [line[0] for line in poem["lines"]][::2][:2] == ["春", "月"]
    assert poem["lines"][1][-2] == "东"
    kept = "".join("□" if character not in "，。春月" else character for character in poem["text"])
    assert main(["compose", "--form", "五律", "--keep", kept, "--model", model, "--json"]) == 0
    (again,) = poems_of(capsys.readouterr().out)
    assert again["lines"][0][0] == "春"


def test_a_poem_can_be_printed_in_columns(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "春", "--form", "五绝", "--vertical", "--model", model, "--seed", "3"]) == 0
    captured = capsys.readouterr()
    rows = captured.out.splitlines()
    assert len(rows) == 6
    assert rows[0][-1] == "春"
    assert "五绝" in captured.err


def test_without_any_wish_there_is_nothing_to_begin_with(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "--model", model]) == 2
    assert "no character to begin with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--form", "五绝", "--acrostic", "春江花月夜"], 1),
        (["春", "--form", "十绝"], 2),
        (["春", "--form", "free", "--rhyme", "东"], 1),
    ],
)
def test_wishes_that_contradict_each_other_are_refused_in_one_line(
    model: str, words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", *words, "--model", model, "--json"]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1


def test_a_begin_that_cannot_suit_the_form_is_said_and_the_others_are_composed(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compose", "春日", "东风", "夜月", "--form", "五绝", "--tone-pattern", "aBbA", "--model", model, "--json"]
    assert main(words) == 1
    captured = capsys.readouterr()
    assert [poem["begin"] for poem in poems_of(captured.out)] == ["春日", "夜月"]
    assert captured.err.startswith("东风: ")
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize(
    "wishes",
    [
        ["日", "--rhyme", "仄"],
        ["日", "--form", "五觉"],
        ["日", "--acrostic", "春江花月夜"],
        ["日", "--form", "free", "--rhyme", "东"],
        ["日", "--use", "一二三四五六七八九"],
        ["rain", "--form", "free"],
        ["rain", "moon"],
        ["日", "--poster", "no-such-folder/poem.png"],
    ],
)
def test_constraints_that_cannot_be_kept_are_refused_before_pytorch_is_loaded(
    wishes: list[str], model: str, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('PyTorch was loaded')\n", encoding="utf-8")
    command = [sys.executable, "-m", "engine", "compose", *wishes, "--model", model]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    assert "PyTorch was loaded" not in done.stderr
    assert done.returncode in (1, 2)
    assert done.stderr.strip()


def answers(
    handler: Callable[[Any, Call], None], request: Request, is_cancelled: Callable[[], bool] = lambda: False
) -> list[Any]:
    replies: list[Reply] = []
    handler(request, Call(replies.append, is_cancelled, lambda _: rhyming_model()))
    return replies


def test_the_service_sends_candidates_by_rank() -> None:
    request = ComposeCandidates({"form": "wujue", "acrostic": "春山"}, 4)
    *poems, done = (reply for reply in answers(candidates, request) if not isinstance(reply, Progress))
    assert done == CandidatesDone(4)
    assert [poem.rank for poem in poems] == [1, 2, 3, 4]
    assert all(isinstance(poem, Candidate) and poem.lines[1][0] == "山" for poem in poems)


@pytest.mark.parametrize("max_rows", [1024, 4])
def test_the_service_tells_how_far_the_pool_is_before_its_candidates(
    max_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.composing.constrained.MAX_ROWS", max_rows)
    replies = answers(candidates, ComposeCandidates({"form": "wujue"}, 2))
    progress = [reply for reply in replies if isinstance(reply, Progress)]
    assert replies[: len(progress)] == progress
    n_segments = progress[-1].n_segments
    assert progress == [Progress(n, n_segments, SMALL_REQUEST_POOL) for n in range(1, n_segments + 1)]
    assert progress[-1].share == 1.0


def test_of_free_verse_the_service_tells_tokens_of_the_greatest_possible_number() -> None:
    replies = answers(candidates, ComposeCandidates({"begin": "春", "max_chars": 9}, 2))
    progress = [reply for reply in replies if isinstance(reply, Progress)]
    assert progress == [Progress(n, 9, FREE_POOL) for n in range(len(progress))]
    assert 1 < len(progress) <= 9


def test_candidates_can_be_cancelled_while_they_are_written() -> None:
    asked = io.StringIO()

    def is_cancelled() -> bool:
        asked.write(".")
        return len(asked.getvalue()) > 3

    with pytest.raises(CancelledError):
        answers(candidates, ComposeCandidates({"form": "wujue"}), is_cancelled)


def test_the_service_tells_places_and_what_the_wishes_leave() -> None:
    request = ComposePoem({"form": "五绝", "begin": "春"}, n_alternatives=2)
    *tokens, poem = answers(compose, request)
    assert [(token.line, token.position) for token in tokens[:7]] == [
        *((1, n) for n in range(1, 6)),
        (1, 0),
        (2, 1),
    ]
    assert all(len(token.alternatives) == 2 for token in tokens)
    assert all(token.allowed_probability >= token.probability for token in tokens)
    assert poem.verdicts == {"form": True, "tones": True, "rhyme": True}
