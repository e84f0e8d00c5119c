"""The commands, as they are typed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from engine.__main__ import main
from engine.model.checkpoint import load_model
from engine.runs import events
from engine.runs.event_log import from_line
from engine.runs.folder import EVENTS, read_config
from engine.system import paths
from engine.system.errors import RunError
from tests.children import child
from tests.engine.small_model import save_small_model
from tests.small_corpus import write_corpus

POEM_FIELDS = [
    *("begin", "text", "lines", "form", "order", "rhyme"),
    *("seed", "n_particles", "model", "logprob", "score", "sense", "parallelism", "verdicts", "finish", "novelty"),
]


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(save_small_model(tmp_path / "small"))


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    return str(write_corpus(tmp_path / "poems.txt", n_poems=120))


def lines_of(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_several_free_poems_without_a_seed_are_the_best_of_many_best_first(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", "日", "--form", "free", "--model", model, "-n", "3", "--json"]) == 0
    poems = lines_of(capsys.readouterr().out)
    scores = [float(str(poem["score"])) for poem in poems]
    assert scores == sorted(scores, reverse=True)
    seeds = [int(str(poem["seed"])) for poem in poems]
    assert len(set(seeds)) == 3
    again = ["compose", "日", "--form", "free", "--model", model, "--seed", str(seeds[0]), "--json"]
    assert main(again) == 0
    assert lines_of(capsys.readouterr().out)[0]["text"] == poems[0]["text"]


def test_compose_prints_a_json_object_a_poem(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "日", "春江", "--form", "free", "--model", model, "--seed", "7", "-n", "2", "--json"]) == 0
    poems = lines_of(capsys.readouterr().out)
    assert [(poem["begin"], poem["seed"]) for poem in poems] == [("日", 7), ("日", 8), ("春江", 7), ("春江", 8)]
    for poem in poems:
        assert list(poem) == POEM_FIELDS
        assert str(poem["text"]).startswith(str(poem["begin"]))


def test_the_seed_that_was_told_gives_the_poem_again(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compose", "日", "--form", "free", "--model", model, "--json"])
    (poem,) = lines_of(capsys.readouterr().out)
    main(["compose", "日", "--form", "free", "--model", model, "--seed", str(poem["seed"]), "--json"])
    assert lines_of(capsys.readouterr().out) == [poem]


def test_compose_lays_poems_out_with_a_blank_line_between(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", "日", "月", "--form", "free", "--model", model, "--seed", "7"]) == 0
    captured = capsys.readouterr()
    first, second = captured.out.strip().split("\n\n")
    assert (first[0], second[0]) == ("日", "月")
    assert captured.err.splitlines() == [line for line in captured.err.splitlines() if "small, seed 7" in line]


def test_an_unknown_begin_is_said_once_and_the_others_are_composed(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", "日", "鹓", "風", "--form", "free", "--model", model, "-n", "2", "--json"]) == 1
    captured = capsys.readouterr()
    assert [poem["begin"] for poem in lines_of(captured.out)] == ["日", "日", "風", "風"]
    assert captured.err.count("does not know 鹓") == 1


def test_compose_without_the_model_that_was_named_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    save_small_model(paths.models() / "mine")
    assert main(["compose", "日", "--model", "yours"]) == 1
    assert "'yours'" in (told := capsys.readouterr().err)
    assert "mine" in told


def test_evaluate_reads_one_poem_a_line(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "poems.txt"
    file.write_text(
        "日月山水风，花雪夜江湖。海君红春秋，人天地云雨。\n春秋人天地，云雨鹓红君。日月山水风，花雪夜江湖。\n",
        encoding="utf-8",
    )
    assert main(["evaluate", "--model", model, "--poems", str(file), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    contract = ["model", "n_poems", "n_han", "n_oov", "nats_per_han", "nats_per_han_text"]
    assert list(figures) == [*contract, "nats_per_han_with", "n_memorised"]
    assert (figures["model"], figures["n_poems"], figures["n_han"], figures["n_oov"]) == ("small", 2, 40, 1)
    assert figures["nats_per_han"] > figures["nats_per_han_text"] > 0


def test_evaluate_counts_a_poem_as_often_as_it_is_there(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "poems.txt"
    file.write_text("日月山水风，花雪夜江湖。海君红春秋，人天地云雨。\n" * 3, encoding="utf-8")
    main(["evaluate", "--model", model, "--poems", str(file), "--json"])
    assert json.loads(capsys.readouterr().out)["n_poems"] == 3


def test_neighbours_are_printed_by_cosine_nearest_first(model: str) -> None:
    line = [sys.executable, "-m", "poetry_tui", "neighbours", "日月", model, "--n", "3", "--json"]
    with child(line, stdout=subprocess.PIPE, text=True) as process:
        rows = lines_of(process.communicate()[0])
        assert process.returncode == 0
    assert [row["character"] for row in rows] == ["日", "月"]
    loaded = load_model(Path(model), torch.device("cpu"))
    table = loaded.model.embedding.weight
    for row in rows:
        found = cast(list[dict[str, Any]], row["neighbours"])
        assert len(found) == 3
        assert row["character"] not in [one["character"] for one in found]
        own, *others = loaded.vocabulary.encode(str(row["character"]) + "".join(one["character"] for one in found))
        expected = torch.nn.functional.cosine_similarity(table[own], table[others]).tolist()
        assert [one["cosine"] for one in found] == pytest.approx(expected, abs=1e-4)
        assert expected == sorted(expected, reverse=True)


@pytest.mark.parametrize("words", [["鹓"], ["日", "--n", "0"]])
def test_neighbours_refuses_an_unknown_character_and_a_number_below_one(
    model: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["neighbours", words[0], model, *words[1:]]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"no poem at all\n"])
def test_evaluate_says_what_is_wrong_with_a_file(
    model: str, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "poems.txt").write_bytes(content)
    assert main(["evaluate", "--model", model, "--poems", str(tmp_path / "poems.txt"), "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1


def test_train_leaves_a_run_and_prints_its_folder(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    words = ["train", "--preset", "tiny", "--corpus", corpus, "--max-steps", "3", "--cell", "gru", "--run", str(run)]
    assert main(words) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{run}\n"
    assert "3: completed" in captured.err
    assert read_config(run).model.cell == "gru"

    assert main(words) == 1
    assert f"--resume {run}" in capsys.readouterr().err

    assert main(["train", "--resume", str(run), "--cell", "lstm"]) == 2
    assert "keeps its own --cell" in capsys.readouterr().err

    assert main(["train", "--resume", str(run), "--max-steps", "5", "--json"]) == 0
    records = [from_line(line) for line in capsys.readouterr().out.splitlines()]
    assert isinstance(records[0].event, events.RunStarted)
    assert records[0].event.resumed_from_step == 3
    assert records[-1].event == events.RunFinished(step=5, reason="completed")

    # The model of a run can compose at once.
    assert main(["compose", "日", "--form", "free", "--model", str(run), "--json"]) == 0


def test_a_training_that_failed_before_it_began_can_be_started_again(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    command = ["train", "--preset", "tiny", "--run", str(run), "--max-steps", "3", "--corpus"]
    assert main([*command, "nowhere"]) == 1
    assert not run.exists()
    assert main([*command, corpus]) == 0
    names = [from_line(line).event.name for line in (run / EVENTS).read_text("utf-8").splitlines()]
    assert names[0] == "run_started"
    assert names[-1] == "run_finished"
    capsys.readouterr()
    assert main([*command, corpus]) == 1
    assert "already holds a run" in capsys.readouterr().err


def test_a_run_that_would_lie_where_a_file_lies_is_refused_in_one_sentence(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["train", "--preset", "tiny", "--corpus", corpus, "--run", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_run_without_a_name_goes_to_the_users_runs(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--preset", "tiny", "--corpus", corpus, "--max-steps", "1"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert folder.parent == paths.runs()
    assert folder.name.endswith("-tiny-lstm")


def test_a_corpus_file_is_remembered_by_its_whole_path(
    corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--preset", "tiny", "--corpus", "poems.txt", "--max-steps", "1", "--run", "run"]) == 0
    assert read_config(tmp_path / "run").corpus == corpus


def test_a_diverged_training_fails(
    corpus: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.training.loop.run_training", lambda *_, **__: "diverged")
    assert main(["train", "--preset", "tiny", "--corpus", corpus]) == 1
    assert "diverged" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", "[]", '{"colour": 3}', '{"model": {"cell": "x"}}'])
def test_a_config_file_that_is_none_is_refused(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.json").write_text(content)
    assert main(["train", "--config", str(tmp_path / "c.json")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_debug_shows_where_it_failed() -> None:
    with pytest.raises(RunError):
        main(["train", "--resume", "no-such-run", "--debug"])


def test_ctrl_c_saves_and_exits_130(corpus: str, tmp_path: Path, studio_home: Path) -> None:
    run = tmp_path / "run"
    words = ["train", "--preset", "tiny", "--corpus", corpus, "--n-epochs", "100000", "--run", str(run), "--json"]
    line = [sys.executable, "-m", "engine", *words]
    environment = {**os.environ, "POETRY_TUI_HOME": str(studio_home)}
    with child(
        line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env=environment
    ) as training:
        assert training.stdout is not None
        for line in training.stdout:
            if '"event":"step"' in line:
                training.send_signal(signal.SIGINT)
                break
        training.stdout.read()
    assert training.returncode == 130
    last = [from_line(line).event for line in (run / EVENTS).read_text(encoding="utf-8").splitlines()][-2:]
    assert isinstance(last[0], events.CheckpointSaved)
    assert isinstance(last[1], events.RunFinished)
    assert last[1].reason == "stopped"


def test_help_and_wrong_use_load_no_torch() -> None:
    script = "import sys; from engine.__main__ import main; main(['compose']); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", script], check=False, capture_output=True).returncode == 0
